"""Rules travel with a record, and leave it as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from connectors.base import Record, Ref
from receiver.mapping import RuledRecord, overwrite_of, ranks_of
from receiver.mapping.routes.ruled_record import make_record

CONTENT: Mapping[str, Any] = {
    "object": "contact",
    "key": "a",
    "fields": {"name": "Ada"},
    "key_field": "email",
    "links": (Ref("company", "b"),),
    "id": "7",
    "doubtful": True,
    "on_create": {"source": "AOM"},
    "creates": False,
}


def test_a_record_without_rules_is_a_plain_one() -> None:
    """Connectors need not know of rules."""
    plain = make_record({}, {}, **CONTENT)
    assert type(plain) is Record
    assert all(getattr(plain, name) == value for name, value in CONTENT.items())
    assert ranks_of(plain) == overwrite_of(plain) == {}


def test_rules_stand_beside_all_that_a_record_has() -> None:
    """In whatever order it is given."""
    ruled = make_record({"name": "1"}, {"name": "never"}, "contact", "a", {"name": "Ada"}, id="7")
    plain = Record("contact", "a", {"name": "Ada"}, id="7")
    assert all(getattr(ruled, name) == getattr(plain, name) for name in Record.__slots__)
    assert (ranks_of(ruled), overwrite_of(ruled)) == ({"name": "1"}, {"name": "never"})


def test_rules_stay_where_a_record_is_changed() -> None:
    """As delivery does, before it is written."""
    changed = replace(make_record({}, {"name": "if_empty"}, **CONTENT), id="8")
    assert isinstance(changed, RuledRecord)
    assert overwrite_of(changed) == {"name": "if_empty"}
