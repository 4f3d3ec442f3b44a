"""What of two records differs, and how that is counted."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from connectors.base import Append, Record, Ref, Value
from receiver.comparison.differences import (
    MOST_CHANGES,
    MOST_MESSAGES,
    OTHER_FAULTS,
    FaultTally,
    ObjectTally,
    differing_parts,
)
from receiver.mapping.routes.ruled_record import make_record


def record(fields: dict[str, Value], **other: object) -> Record:
    return Record("deal", "1", fields, **other)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("won", "closed", ('"won"', '"closed"')),
        ("1", 1, ('"1"', "1")),
        (1, True, ("1", "true")),
        (None, "", (None, '""')),
        (Decimal("10.50"), Decimal("10.49"), ("10.50", "10.49")),
        (Append(("a",)), Append(("a", "b")), ('["a"]', '["a", "b"]')),
        (date(2026, 5, 1), None, ("2026-05-01", None)),
        ("x" * 100, "y", ('"' + "x" * 79 + "…", '"y"')),
    ],
)
def test_values_that_differ(
    before: Value | None, after: Value | None, shown: tuple[str | None, str | None]
) -> None:
    """As people read them, long ones cut."""
    old, new = (record({} if value is None else {"f": value}) for value in (before, after))
    assert list(differing_parts(old, new)) == [("fields.f", "f", *shown)]


@pytest.mark.parametrize(
    "value", ["a", 1, Decimal("1.0"), datetime(2026, 5, 1, tzinfo=UTC), Append(("a",))]
)
def test_values_that_are_the_same(value: Value) -> None:
    """Two of the same worth are one."""
    assert not list(differing_parts(record({"f": value}), record({"f": value})))


def test_what_is_no_value() -> None:
    """Links, which field holds the key, whether it may be created, and when a field is written."""
    old = make_record({}, {"f": "never"}, "deal", "1", {"f": 1}, links=(Ref("contact", "a"),))
    new = record({"f": 1}, key_field="k", creates=False)
    assert {(one.part, one.before, one.after) for one in differing_parts(old, new)} == {
        ("links", "contact a", None),
        ("key_field", None, "k"),
        ("mode", "upsert", "update"),
        ("fields.f.overwrite", "never", "always"),
    }


def test_records_are_counted_once() -> None:
    """However many of their parts differ; those that come or go by their keys."""
    tally = ObjectTally()
    old, new = record({"a": 1, "b": 1}), record({"a": 2, "c": 2})
    assert tally.add("1", old, new) == {"a", "c"}
    assert tally.add("2", None, new) == {"", "a", "c"}
    assert tally.add("3", old, None) == set()
    assert tally.add("4", old, old) is None
    told = tally.result("box", "deal")
    assert (told.changed, told.new.examples, told.gone.examples) == (1, ["2"], ["3"])
    assert [part.part for part in told.parts] == ["fields.a", "fields.b", "fields.c"]


def test_values_without_end_are_bounded() -> None:
    """Of a field that is another for each record so many are told apart; no record is left out."""
    tally = ObjectTally()
    for number in range(MOST_CHANGES + 50):
        tally.add(str(number), record({"f": number}), record({"f": -1 - number}))
    tally.add("again", record({"f": 3}), record({"f": -4}))
    (part,) = tally.result("box", "deal").parts
    assert (part.records, len(part.changes), part.others) == (MOST_CHANGES + 51, MOST_CHANGES, 50)
    assert (part.changes[0].before, part.changes[0].records) == ("3", 2)
    assert part.changes[0].examples == ("3", "again")


def test_where_each_record_has_its_own_value_a_few_tell() -> None:
    """Up to eight are all shown, of more three; all are counted."""
    for number, shown in ((8, 8), (9, 3)):
        tally = ObjectTally()
        for key in range(number):
            tally.add(str(key), record({"f": key}), record({"f": -1 - key}))
        (part,) = tally.result("box", "deal").parts
        assert (len(part.changes), part.others, part.records) == (shown, number - shown, number)


def test_faults_that_quote_values_are_bounded() -> None:
    """A place where each event has words of its own; each delivery is counted once all the same."""
    tally = FaultTally()
    for number in range(1000):
        tally.add("box", "fields.amount", f"'{number}' is no number", f"e{number}")
    tally.add("box", "fields.stage", "is missing", "e1")
    found = tally.result()
    assert len(found) == MOST_MESSAGES + 2
    assert sum(one.deliveries for one in found) == 1001
    most = found[0]
    assert (most.message, most.deliveries) == (OTHER_FAULTS, 1000 - MOST_MESSAGES)
    assert most.examples == ("e20", "e21", "e22")
