"""The names of AOM's events."""

import pytest

from receiver.aom import EVENTS, LABELS, MENU
from receiver.aom.event_names import event_family, find_event_name


def test_there_are_thirteen_events_and_each_has_a_label() -> None:
    """Every name of the contract is there once, with AOM's words for it."""
    assert len(EVENTS) == len(set(EVENTS)) == 13
    assert tuple(LABELS) == EVENTS
    assert all(LABELS.values())


def test_the_menu_has_aoms_twelve_entries() -> None:
    """Each entry of AOM's menu has one name for its URL; refunds come by the URL of "Order
    Refused".
    """
    assert len(MENU) == 12
    assert len({LABELS[name] for name in MENU}) == 12
    assert set(EVENTS) - set(MENU) == {"order.refunded"}


def test_orders_and_assignments_are_families() -> None:
    """Events that look alike are of one family; all others are a family of their own."""
    assert {event_family(name) for name in EVENTS if name.startswith("order.")} == {"order"}
    assert {event_family(name) for name in EVENTS if name.startswith("assignment.")} == {
        "assignment"
    }
    assert event_family("quiz.submitted") == "quiz.submitted"


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("account.created", "account.created"),
        ("account_created", "account.created"),
        ("Account.Created", "account.created"),
        ("account-created", "account.created"),
        (" account.created ", "account.created"),
        ("account.created\n", "account.created"),
        ("account.created\u200b", "account.created"),
        ("accountCreated", "account.created"),
        ("ORDER_PLACED", "order.placed"),
        ("order placed", "order.placed"),
        ("\ufefforder.refunded\u00a0", "order.refunded"),
        ("acount.created", None),
        ("account", None),
        ("", None),
        ("account.created.", "account.created"),
        ("order.placed.order.failed", None),
        ("_" * 1_000_000, None),
    ],
)
def test_a_name_is_known_however_it_is_typed(typed: str, name: str | None) -> None:
    """Case, separators and what nobody sees make no difference; a letter does."""
    assert find_event_name(typed) == name
