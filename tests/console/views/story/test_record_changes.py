"""What an attempt changed of a record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from receiver.console.views.record_links import SentRecord, read_sent_record
from receiver.console.views.story.record_changes import RecordChanges, find_changes
from receiver.inbox import SavedRecord

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def sent(*, created: bool = False, result: str = "saved", **fields: Any) -> SentRecord:
    stored = {"object": "contact", "key": "ada", "result": result, "fields": fields}
    return read_sent_record({**stored, "created": created}, lambda _object, _id: None)


def saved(attempt: int, place: int = 0, **fields: Any) -> SavedRecord:
    return SavedRecord(attempt, place, NOW + timedelta(minutes=attempt), fields)


def changed(found: RecordChanges) -> dict[str, tuple[str | None, str]]:
    return {one.name: (one.before, one.value) for one in found.changed}


def test_it_is_compared_with_the_last_that_was_saved_before() -> None:
    """Neither with an older one nor with what came later; a place in the same attempt counts."""
    history = [saved(1, last="A"), saved(3, 0, last="B"), saved(3, 1, last="C"), saved(5, last="E")]
    found = find_changes(sent(last="D"), (4, 0), history)
    assert (changed(found), found.since) == ({"last": ("C", "D")}, NOW + timedelta(minutes=3))
    assert changed(find_changes(sent(last="C"), (3, 1), history)) == {"last": ("B", "C")}


def test_fields_that_are_new_and_fields_that_are_the_same() -> None:
    """What was sent before and is not sent now is left as it is, and no change."""
    found = find_changes(sent(first="Ada", last="B"), (2, 0), [saved(1, first="Ada", gone="x")])
    assert changed(found) == {"last": (None, "B")}
    assert [one.name for one in found.same] == ["first"]
    assert found.summarise("saved") == "1 of 2 fields changed"
    assert found.summarise("refused") == "1 of 2 fields would change"


def test_nothing_changed() -> None:
    """Is said so."""
    found = find_changes(
        sent(first="Ada", tags=["a", "b"]), (2, 0), [saved(1, first="Ada", tags=["a", "b"])]
    )
    assert found.summarise("saved") == "no field changed"


def test_a_new_record() -> None:
    """All of it is new, whatever was sent to one that is gone."""
    found = find_changes(sent(created=True, first="Ada"), (2, 0), [saved(1, first="Ben")])
    assert (found.summarise("saved"), found.changed) == ("new record", ())


def test_nothing_to_compare_with() -> None:
    """Where nothing older is kept, no field is said to have changed."""
    found = find_changes(sent(first="Ada"), (2, 0), [saved(2, first="Ada"), saved(3, first="Ben")])
    assert (found.since, found.changed, found.summarise("saved")) == (None, (), "")


@pytest.mark.parametrize(
    ("before", "now", "same"),
    [
        ("x" * 200 + "… (300 characters)", "x" * 200 + "… (300 characters)", True),
        ("x" * 300, "x" * 200 + "… (300 characters)", True),
        ("x" * 200 + "… (300 characters)", "x" * 120 + "… (300 characters)", True),
        ("x" * 200 + "… (300 characters)", "x" * 200 + "… (301 characters)", False),
        ("y" + "x" * 299, "x" * 200 + "… (300 characters)", False),
    ],
)
def test_long_values_are_compared_as_far_as_they_are_kept(
    before: str, now: str, same: bool
) -> None:
    """By their beginning and their length."""
    found = find_changes(sent(essay=now), (2, 0), [saved(1, essay=before)])
    assert bool(found.changed) is not same
