"""The parts of an address that events are posted to."""

from __future__ import annotations

import pytest

from receiver.server.event_address import name_from_address, strip_copied


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("order.placed", "order.placed"),
        ("Order_Placed", "order.placed"),
        ("order-placed/", "order.placed"),
        ("\u200border.placed\u00a0", "order.placed"),
        ("order\u200b.placed", "order.placed"),
        ("ordr.placed", "ordr.placed"),
        ("a\0b", "a\N{REPLACEMENT CHARACTER}b"),
        ("\ud800", "?"),
        ("x" * 1000, "x" * 100),
        ("/", None),
        ("", None),
    ],
)
def test_a_name_is_read_or_kept_as_it_is(given: str, name: str | None) -> None:
    """A known event is found in whatever way it is written; an unknown one stays, and can be
    stored.
    """
    assert name_from_address(given) == name


def test_nothing_unseen_is_part_of_a_token() -> None:
    """What a copied address brings along at its ends is no part of a token; what is within is."""
    assert strip_copied("\ufeff to\u200bken\u2060\n") == "to\u200bken"
