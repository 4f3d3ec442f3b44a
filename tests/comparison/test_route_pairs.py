"""Which events are looked at for two mappings, and what of their records."""

from __future__ import annotations

import pytest

from receiver.comparison.route_pairs import RoutePairs, Touched
from tests.comparison.compared import ACCOUNTS, ORDERS, mapping

MANY = ACCOUNTS.replace("accounts", "quizzes").replace("account.created", "quiz.submitted")
QUIZZES = MANY.replace("phase", "last").replace("{{ account.id }}", "{{ quiz.id }}")


def touched(before: str, after: str, *both: str) -> Touched:
    return RoutePairs(mapping(before, *both), mapping(after, *both)).touched["box"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("Order {{", "No {{", {"deal": {"name"}}),
        ('"buyer"', '"customer"', {"contact": {"phase"}}),
        ("fields.name", "fields.title", {"deal": {"name", "title"}}),
        ("{{ source.name }}:", "", {"deal": None}),
        ('links = ["contact"]\n', "", {"deal": None}),
        ('"order.*"', '"order.placed"', {"contact": None, "deal": None}),
        ('object = "contact"', 'object = "contact"\nwhen = true', {"contact": None, "deal": None}),
        ('"orders"', '"sales"', {}),
    ],
)
def test_what_can_differ(old: str, new: str, expected: Touched) -> None:
    """The fields that are said otherwise; the whole record where it may not be the same one; and
    what is linked to that.
    """
    assert touched(ORDERS, ORDERS.replace(old, new), ACCOUNTS) == expected


def test_the_order_of_routes_that_write_the_same_record_counts() -> None:
    """Of one event the last value wins."""
    more = ORDERS.replace('"orders"', '"more"').replace("buyer", "more")
    assert touched(ORDERS + more, more + ORDERS) == {"contact": None, "deal": None}


def test_events_that_write_nothing_that_differs_are_not_looked_at() -> None:
    """Those of routes that are the same in both are, where they write the same fields: once."""
    changed = ORDERS.replace('"buyer"', '"customer"')
    pairs = RoutePairs(mapping(ORDERS, ACCOUNTS, QUIZZES), mapping(changed, ACCOUNTS, QUIZZES))
    (orders,) = pairs.find("springfield", "order.placed")
    (accounts,) = pairs.find("shelbyville", "account.created")
    assert pairs.find("springfield", "quiz.submitted") == ()
    assert pairs.find("elsewhere", "order.placed") == ()
    assert not orders.same
    assert accounts.same
    assert accounts.before[0] is accounts.after[0]


def test_a_source_that_is_read_otherwise_shares_no_route() -> None:
    """Its time zone says when, its currency how much."""
    moved = mapping(ORDERS).to_toml().replace("America/New_York", "UTC")
    pairs = RoutePairs(mapping(ORDERS), mapping(school=moved))
    assert pairs.touched["box"] == {"contact": None, "deal": None}
    (there,), (here,) = (
        pairs.find(name, "order.placed") for name in ("springfield", "shelbyville")
    )
    assert (there.same, here.same) == (False, True)
