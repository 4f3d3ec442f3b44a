"""A good configuration, and what a mistake in it is."""

from __future__ import annotations

from dataclasses import dataclass

GOOD = """\
[server]
port = 8080
admin_token = "admin-token-0123456789"

[store]
url = "sqlite:///aom-gateway.db"

[sources.springfield]
tokens = ["springfield-token-0123456789"]
timezone = "America/New_York"
currency = "USD"

[connectors.hubspot]
type = "hubspot"
access_token = "pat-na1-0123456789"
mapping = "standard"

[connectors.box]
type = "sandbox"

[[routes]]
name = "sales"
sources = ["springfield"]
events = ["order.placed", "order.failed"]
connector = "box"
when = "{{ order.total }}"

[[routes.upsert]]
object = "contact"
fields.firstname = "{{ person.first_name | title }}"
fields.last_order_at = "{{ order.date_created }}"

[[routes.upsert]]
object = "deal"
key = "{{ source.name }}:{{ order.id }}"
links = ["contact"]
fields.dealname = "Order {{ order.id }}"
fields.amount = "{{ order.total }}"
fields.stage = { value = "{{ order.status }}", map = { COMPLETED = "won" }, default = "open" }

[[routes]]
name = "learners"
events = ["course.enrolled"]
connector = "box"

[[routes.upsert]]
object = "enrollment"
key_field = "aom_key"
each = "course in courses"
key = "{{ source.name }}:{{ person.key }}:{{ course.id }}"
fields.course = "{{ course.name }}"
"""

DEAL = "routes[0].upsert[1]"


@dataclass(frozen=True, slots=True)
class Mistake:
    """`right` becomes `wrong`; the fault is told at `where`, on the line that holds `on`."""

    name: str
    right: str
    wrong: str
    where: str
    on: str
    says: tuple[str, ...]
    warning: bool = False
