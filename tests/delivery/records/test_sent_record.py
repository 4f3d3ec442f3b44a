"""What is kept of a record that was sent."""

from __future__ import annotations

from decimal import Decimal

from connectors.base import Append, Record, Ref, Refused, Saved, Value
from receiver.delivery.merge import MergedRecord
from receiver.delivery.records.record_result import RecordResult
from receiver.delivery.records.sent_record import (
    LONGEST_SHOWN,
    MOST_OPTIONS,
    MOST_SHOWN,
    describe_sent,
    plain_fields,
)


def _result(
    record: Record, verdict: Saved | Refused, left_out: frozenset[str] = frozenset()
) -> RecordResult:
    return RecordResult(MergedRecord(record.ref, record, {}, {1}, ""), verdict, left_out=left_out)


def test_values_are_such_as_json_holds() -> None:
    """Numbers and switches stay, lists of options become lists, all else becomes text."""
    fields: dict[str, Value] = {
        "name": "Ann",
        "age": 7,
        "paid": True,
        "total": Decimal("1.50"),
        "tags": Append(("a",)),
    }
    assert plain_fields(Record("contact", "ann", fields)) == {
        "name": "Ann",
        "age": 7,
        "paid": True,
        "total": "1.50",
        "tags": ["a"],
    }


def test_a_saved_record_is_told_whole() -> None:
    """A short record is kept as it was sent, with what came of it and for which deliveries."""
    record = Record("deal", "7", {"amount": 3, "stage": "won"}, links=(Ref("contact", "ann"),))
    saved = _result(record, Saved("id-7", created=True), left_out=frozenset({"stage"}))
    shown = describe_sent(record, saved, [4, 5])
    assert shown == {
        "object": "deal",
        "key": "7",
        "fields": {"amount": 3},
        "links": ["contact/ann"],
        "result": "saved",
        "id": "id-7",
        "created": True,
        "of": [4, 5],
    }


def test_long_values_are_cut() -> None:
    """No value is kept in its length, and no record grows past what people read of it."""
    fields: dict[str, Value] = {f"f{number}": "x" * 10_000 for number in range(50)}
    fields["options"] = Append(tuple(str(number) for number in range(500)))
    record = Record("contact", "ann", fields)
    shown = describe_sent(record, _result(record, Refused("X", "no")), [])["fields"]
    assert shown["f0"] == "x" * LONGEST_SHOWN + "… (10000 characters)"
    assert len(shown["options"]) == MOST_OPTIONS
    assert sum(value.count("x") for value in shown.values() if isinstance(value, str)) <= MOST_SHOWN
