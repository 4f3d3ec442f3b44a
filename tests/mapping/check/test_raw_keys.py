"""Keys of `raw` that are nearly those which AOM sends are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from receiver.aom import EVENTS
from receiver.mapping import RouteTable
from receiver.mapping.check.raw_keys import raw_keys
from tests.mapping.sample_routes import contact, route
from tests.settings.configs import SANDBOX, loaded


def warnings(directory: Path, expression: str) -> list[str]:
    """What is told of one field of an order."""
    routes = route("order.placed", contact(f'fields.x = "{expression}"'))
    found = RouteTable.compile(loaded(directory, SANDBOX + routes)).warnings
    return [str(one) for one in found if "no route takes" not in one.message]


@pytest.mark.parametrize(
    ("expression", "path", "near"),
    [
        ("{{ raw.custmer | default('') }}", "raw.custmer", "customer"),
        ("{{ raw['order_totl'] | default(0) }}", "raw.order_totl", "order_total"),
        ("{{ raw.get('order_totl') }}", "raw.order_totl", "order_total"),
        ("{{ raw.customer.emial | default('') }}", "raw.customer.emial", "email"),
        ("{{ raw.line_items[0].product_nmae | default('') }}", "", "product_name"),
        ("{{ raw.custmer is defined }}", "raw.custmer", "customer"),
    ],
)
def test_a_key_that_is_nearly_known_is_a_warning(
    tmp_path: Path, expression: str, path: str, near: str
) -> None:
    """Also behind a guard, which would hide it for ever; AOM may send keys that nobody knows, so
    that it stops nothing.
    """
    (told,) = warnings(tmp_path, expression)
    assert path in told
    assert f"did you mean {near!r}?" in told


@pytest.mark.parametrize(
    "expression",
    [
        "{{ raw.vip | default('no') }}",
        "{{ raw.customer.email }}",
        "{{ raw.line_items[1].product_name }}",
        "{{ raw.annoucement_date | default('') }}",
        "{{ raw.keys() | join }}",
        "{{ raw.get('customer').get('email') }}",
        "{{ raw.anything.at[0]['all'] | default('') }}",
    ],
)
def test_other_keys_are_let_through(tmp_path: Path, expression: str) -> None:
    """What is known, and what is like nothing that is known."""
    assert warnings(tmp_path, expression) == []


@pytest.mark.parametrize("event", EVENTS)
def test_the_keys_of_every_event_are_known(event: str) -> None:
    """By the schema, and by AOM's sample where there is one."""
    known = raw_keys(event)
    assert known[""]
    people = {"order": "customer", "course": "userList[]", "announcement": "receivers[]"}
    assert "email" in known[people.get(event.partition(".")[0], "")]
