"""Rules travel with a record, and leave it as it is."""

from __future__ import annotations

from dataclasses import replace

from connectors.base import Record, Ref
from receiver.mapping import RuledRecord, overwrite_of, ranks_of
from receiver.mapping.routes.ruled_record import with_rules

PLAIN = Record(
    "contact",
    "a",
    {"name": "Ada"},
    "email",
    (Ref("company", "b"),),
    "7",
    doubtful=True,
    on_create={"source": "AOM"},
    creates=False,
)


def test_a_record_without_rules_is_a_plain_one() -> None:
    """Nothing is made anew for it."""
    assert with_rules(PLAIN, {}, {}) is PLAIN
    assert ranks_of(PLAIN) == overwrite_of(PLAIN) == {}


def test_rules_are_added_to_all_that_a_record_has() -> None:
    """Also to what later versions of the interface may add."""
    ruled = with_rules(PLAIN, {"name": "1"}, {"name": "never"})
    assert all(getattr(ruled, name) == getattr(PLAIN, name) for name in Record.__slots__)
    assert (ranks_of(ruled), overwrite_of(ruled)) == ({"name": "1"}, {"name": "never"})


def test_rules_stay_where_a_record_is_changed() -> None:
    """As delivery does, before it is written."""
    changed = replace(with_rules(PLAIN, {}, {"name": "if_empty"}), id="8")
    assert isinstance(changed, RuledRecord)
    assert overwrite_of(changed) == {"name": "if_empty"}
