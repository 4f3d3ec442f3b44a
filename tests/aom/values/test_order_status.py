"""The status of an order."""

import pytest

from receiver.aom import EVENTS
from receiver.aom.values import order_status


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("COMPLETED", "COMPLETED"),
        (" completed ", "COMPLETED"),
        ("wc-on-hold", "ON-HOLD"),
        ("Pending payment", "PENDING-PAYMENT"),
        ("SHIPPED", "SHIPPED"),
        ("wc-cancelled&nbsp;", "CANCELLED"),
        ("On&nbsp;hold", "ON-HOLD"),
        (["COMPLETED"], "COMPLETED"),
        (["wc-on&nbsp;hold "], "ON-HOLD"),
    ],
)
def test_a_status_has_one_spelling(sent: object, read: str) -> None:
    """Upper case and hyphens, so that a mapping can name it."""
    assert order_status.read_status(sent) == read


def test_an_order_that_is_off_is_off_however_it_is_escaped() -> None:
    """What HTML or a copied blank adds to the word makes no sale of it."""
    assert all(
        map(
            order_status.is_off,
            [
                "cancelled&nbsp;",
                "&#8203;Trash",
                "checkout&#45;draft",
                "\ufeffvoided\xa0",
                ["wc-trash"],
            ],
        )
    )


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "wc-",
        "x" * 101,
        "&nbsp;" * 1000,
        1,
        None,
        True,
        [],
        {},
        [1],
        [None],
        ["COMPLETED", "COMPLETED"],
        [["COMPLETED"]],
    ],
)
def test_what_is_no_status_is_refused(value: object) -> None:
    """It is needed, and it is a short text."""
    with pytest.raises(ValueError, match="must be a status like COMPLETED"):
        order_status.read_status(value)


def test_every_known_status_stands_for_an_event_of_orders() -> None:
    """The table names events that there are, in its own spelling."""
    for sent, event in order_status.EVENTS_BY_STATUS.items():
        assert event in EVENTS
        assert event.startswith("order.")
        assert order_status.read_status(sent) == sent


def test_values_of_other_types_stand_for_nothing() -> None:
    """A status of a strange type is no known one."""
    strange: list[object] = [1, None, [], {}, ""]
    assert [order_status.event_of_status(value) for value in strange] == [None] * 5
