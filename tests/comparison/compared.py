"""A small school with stored events, two mappings of it, and what differs, for tests."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from receiver.comparison import Comparison, ComparisonJob, compare_mappings
from receiver.inbox import Inbox
from receiver.ingest.validation import build_validator
from receiver.mapping import RouteTable
from receiver.settings.mapping_document import MappingDocument, read_mapping

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)

SCHOOL = """
[sources.springfield]
timezone = "America/New_York"
currency = "USD"

[sources.shelbyville]
timezone = "UTC"
currency = "EUR"

[connectors.box]
type = "sandbox"
mapping = []

[connectors.chest]
type = "sandbox"
mapping = []
batch_size = 2
"""

ORDERS = """
[[routes]]
name = "orders"
events = ["order.*"]
connector = "box"

[[routes.upsert]]
object = "contact"
fields.phase = "buyer"

[[routes.upsert]]
object = "deal"
key = "{{ source.name }}:{{ order.id }}"
links = ["contact"]
fields.name = "Order {{ order.id }}"
fields.amount = "{{ order.total }}"
fields.stage = { value = "{{ order.status }}", map = { COMPLETED = "won" }, default = "open" }
"""

ACCOUNTS = """
[[routes]]
name = "accounts"
events = ["account.created"]
connector = "box"

[[routes.upsert]]
object = "contact"
fields.phase = "learner"
fields.aom_id = "{{ account.id }}"
"""

Call = tuple[str, dict[str, Any]]


def mapping(*routes: str, school: str = SCHOOL) -> MappingDocument:
    return read_mapping("\n".join((school, *routes)))


def order(number: int, who: str = "ann", **other: Any) -> Call:
    """An order that is paid, of ann@example.edu unless said otherwise."""
    customer = {"email": f"{who}@example.edu", "first_name": who.title(), "id": 1}
    values = {"id": number, "status": "COMPLETED", "order_total": 10, "customer": customer}
    return "order.placed", {"date_created": "Aug 11, 2020 07:45 PM", **values, **other}


def account(number: int, who: str = "ann") -> Call:
    return "account.created", {
        "id": number,
        "first_name": who.title(),
        "last_name": "Lee",
        "email": f"{who}@example.edu",
        "date_registered": "Mar 1, 2026 02:30 PM",
    }


async def keep(
    url: str, mapped: MappingDocument, calls: Iterable[Call], source: str = "springfield"
) -> list[str]:
    """Accept the calls a second apart, as the gateway would; returns their ids."""
    inbox = await Inbox.open(url, dedup_hours=0)
    try:
        validate = build_validator(mapped.sources, RouteTable.compile(mapped))
        return [
            (
                await inbox.accept(
                    validate(
                        source, name, json.dumps(body).encode(), NOW + timedelta(seconds=number)
                    )
                )
            ).id
            for number, (name, body) in enumerate(calls)
        ]
    finally:
        await inbox.aclose()


def stored(url: str, *calls: Call) -> list[str]:
    """The ids of events that are stored."""
    return asyncio.run(keep(url, mapping(), calls))


def compared(url: str, before: MappingDocument, after: MappingDocument, **job: Any) -> Comparison:
    return compare_mappings(ComparisonJob(url, before, after, **job), lambda _done, _total: None)


def told(found: Comparison) -> list[tuple[str, str | None, str | None, int]]:
    """Of each value that changes: "object part", before, after, and how many."""
    return [
        (f"{one.object} {part.part}", change.before, change.after, change.records)
        for one in found.objects
        for part in one.parts
        for change in part.changes
    ]
