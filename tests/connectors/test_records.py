"""Records and links, as the gateway hands them to a connector."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from connectors.base import Append, Record, Ref


def test_a_record_is_named_by_object_and_key() -> None:
    """Whatever its fields: the name finds it among others."""
    one, other = (
        Record("deal", "springfield:19", {"amount": 1}),
        Record("deal", "springfield:19", {}),
    )
    assert one.ref == other.ref == Ref("deal", "springfield:19")
    assert {one.ref: "known"}[Ref("deal", "springfield:19")] == "known"


def test_records_do_not_change() -> None:
    """A connector that changes what it was given would change what is sent again."""
    record = Record("contact", "ada@example.test", {"courses": Append(("Algebra",))})
    with pytest.raises(FrozenInstanceError):
        record.key = "bob@example.test"  # type: ignore[misc]
