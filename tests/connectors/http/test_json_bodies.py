"""JSON as it is sent and as it comes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from connectors.base import Append, BatchRefused, Unavailable
from connectors.http import read_json, value_at, write_json


def test_values_keep_their_types_and_places() -> None:
    """A Decimal is a number with all its places, not a float's neighbour."""
    values = {
        "amount": Decimal("0.10"),
        "long": Decimal("123456789012345678901234567890.123456789"),
        "small": Decimal("1E-7"),
        "flag": True,
        "day": date(2026, 12, 1),
        "at": datetime(2026, 12, 1, 9, tzinfo=UTC),
        "text": "Łódź 🎓",
    }
    assert write_json(values).decode() == (
        '{"amount":0.10,"long":123456789012345678901234567890.123456789,"small":0.0000001,'
        '"flag":true,"day":"2026-12-01","at":"2026-12-01T09:00:00+00:00","text":"Łódź 🎓"}'
    )


@pytest.mark.parametrize("value", [Append(("a",)), 2**64, "\ud800", Decimal("NaN"), object()])
def test_what_json_cannot_hold_is_refused(value: Any) -> None:
    """It is the record's fault, and no other's."""
    with pytest.raises(BatchRefused, match="cannot be written as JSON"):
        write_json({"x": value})


def test_what_is_no_json_is_none() -> None:
    """An edge's page, a part of an answer, other bytes, brackets without end."""
    for body in (b"", b"<html>", b'{"a": 1', b"\xff\xfe\xfa", b"[" * 100_000):
        assert read_json(body) is None
    assert read_json(b'{"id": 12345678901234567890}') == {"id": 12345678901234567890}


def test_a_value_is_found_or_its_absence_is_told() -> None:
    """An answer that is not as it should be is no usable one."""
    answer = {"data": {"id": 7, "list": [{"name": "Ada"}], "flag": True}}
    assert value_at(answer, "data", "id", type_=int) == 7
    assert value_at(answer, "data", "list", 0, "name", type_=str) == "Ada"
    for path in [("data", "no"), ("data", "list", 1), ("data", "id", "x"), ("no",)]:
        with pytest.raises(Unavailable, match="the answer has no"):
            value_at(answer, *path, type_=str)
    for path in [("data", "flag"), ("data", "list")]:
        with pytest.raises(Unavailable, match=r"of the answer is of the type (bool|list), not int"):
            value_at(answer, *path, type_=int)
