"""Keys that no schema knows."""

from receiver.aom import EVENTS
from receiver.aom.validation.drift import MORE, MOST
from receiver.aom.validation.errors import LONGEST
from receiver.aom.validation.known_keys import known_keys
from tests.aom.bodies import changed, reading


def test_unknown_keys_are_reported_with_their_paths() -> None:
    """At any depth that a schema describes, once for all items of a list, sorted."""
    customer = {
        "email": "a@example.edu",
        "vip": True,
        "billing_address": {"city": "X", "planet": "Y"},
    }
    items = [{"total": 1, "sku": "a"}, {"total": 1, "sku": "b", "tax": 1}]
    event = reading(changed("order.placed", coupon_total=1, customer=customer, line_items=items))
    assert event.unknown == (
        "coupon_total",
        "customer.billing_address.planet",
        "customer.vip",
        "line_items[].sku",
        "line_items[].tax",
    )


def test_what_is_inside_an_unknown_key_or_a_free_list_is_not_searched() -> None:
    """Coupons and notes may hold anything; an unknown key is named once."""
    event = reading(
        changed(
            "order.placed",
            coupons=[{"code": "X"}],
            notes=["hello", {"by": 1}],
            extra={"a": {"b": 1}},
        )
    )
    assert event.unknown == ("extra",)


def test_every_known_spelling_is_known() -> None:
    """AOM may mend its spelling at any time."""
    wrong = reading(changed("announcement.created"))
    right = reading(
        changed(
            "announcement.created", annoucement_date=..., announcement_date="Aug 11, 2020 02:23 PM"
        )
    )
    assert wrong.unknown == right.unknown == wrong.unreadable == right.unreadable == ()
    assert wrong.normal() == right.normal()


def test_the_list_is_short_and_printable() -> None:
    """Twenty paths of two hundred characters are enough to see that something changed; that there
    are more is said.
    """
    event = reading(
        changed("quiz.submitted", **{f"k{i:03}": 1 for i in range(50)}, **{"\u202e" + "x" * 500: 1})
    )
    assert len(event.unknown) == MOST + 1
    assert event.unknown[0].startswith("\\u202exxx")
    assert event.unknown[-1] == MORE
    assert all(len(path) <= LONGEST and path.isprintable() for path in event.unknown)


def test_the_keys_of_every_event_are_known() -> None:
    """The tree of known keys is built for every schema."""
    assert all(known_keys(event).keys for event in EVENTS)
    assert (
        known_keys("order.placed").nested["customer"].nested["billing_address"].path
        == "customer.billing_address."
    )
