"""The records of one `upsert` in several calls."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from connectors.base import (
    AuthFailed,
    BatchRefused,
    ConnectorError,
    Misconfigured,
    Outcome,
    Record,
    Refused,
    Saved,
    Throttled,
    TimedOut,
    Unavailable,
)
from connectors.http import read_outcomes, write_in_parts
from connectors.http.record_calls import read_each


def records(count: int) -> list[Record]:
    return [Record("contact", str(number), {}) for number in range(count)]


def saved(part: Sequence[Record]) -> list[Outcome]:
    return [Saved(record.key) for record in part]


def raised(faults: dict[str, Exception], *, size: int = 1, at_once: int = 1) -> ConnectorError:
    """What nine records come to where the call of one of these fails so."""

    async def write(part: Sequence[Record]) -> Sequence[Outcome]:
        await asyncio.sleep(0)
        for record in part:
            if record.key in faults:
                raise faults[record.key]
        return saved(part)

    with pytest.raises(ConnectorError) as caught:
        asyncio.run(write_in_parts(records(9), write, size=size, at_once=at_once))
    return caught.value


@pytest.mark.parametrize("at_once", [1, 3, 50])
@pytest.mark.parametrize("size", [1, 4, 100])
def test_outcomes_come_in_order(size: int, at_once: int) -> None:
    """Whichever call ends first, and none is made for nothing."""
    sizes: list[int] = []

    async def write(part: Sequence[Record]) -> Sequence[Outcome]:
        sizes.append(len(part))
        for _ in range(10 - int(part[0].key)):
            await asyncio.sleep(0)
        return saved(part)

    made = asyncio.run(write_in_parts(records(9), write, size=size, at_once=at_once))
    assert made == saved(records(9))
    assert (sum(sizes), max(sizes)) == (9, min(size, 9))
    assert asyncio.run(write_in_parts([], write, size=size, at_once=at_once)) == []


def test_what_goes_together_is_alike() -> None:
    """New records and known ones, each in calls of their own."""
    calls: list[list[str]] = []

    async def write(part: Sequence[Record]) -> Sequence[Outcome]:
        calls.append([record.key for record in part])
        return saved(part)

    made = asyncio.run(
        write_in_parts(records(7), write, size=3, at_once=1, by=lambda record: int(record.key) % 2)
    )
    assert made == saved(records(7))
    assert calls == [["0", "2", "4"], ["6"], ["1", "3", "5"]]


def test_what_was_through_before_a_fault_is_told_with_it() -> None:
    """Those under way are awaited, and no further call is made."""
    fault = raised({"4": Throttled("slow down", 7)}, at_once=3)
    assert [one is not None for one in fault.outcomes] == [True] * 4 + [False] + [True] * 2 + [
        False
    ] * 2
    assert [one is not None for one in raised({"4": Unavailable("503")}, size=3).outcomes] == [
        True
    ] * 3 + [False] * 6


def test_the_gravest_fault_is_told() -> None:
    """What may be written still goes before all; then what people must mend."""
    late, refused, slow = TimedOut("late"), AuthFailed("no"), Throttled("slow")
    assert raised({"0": slow, "1": refused, "2": late}, at_once=3) is late
    assert raised({"0": slow, "1": refused, "2": Unavailable("503")}, at_once=3) is refused


def test_a_refusal_is_the_records_own_where_it_was_alone() -> None:
    """In a call of several it speaks of all, and the gateway splits them."""

    async def write(part: Sequence[Record]) -> Sequence[Outcome]:
        if any(record.key == "1" for record in part):
            raise BatchRefused("BAD", "no address")
        return saved(part)

    alone = asyncio.run(write_in_parts(records(3), write, size=1, at_once=1))
    assert alone == [Saved("0"), Refused("BAD", "no address"), Saved("2")]
    fault = raised({"1": BatchRefused("BAD", "no address")}, size=3)
    assert isinstance(fault, BatchRefused)
    assert list(fault.outcomes) == [None] * 9


def test_a_defect_stays_one() -> None:
    """Too few outcomes, or an error that is none of the interface's."""

    async def short(part: Sequence[Record]) -> Sequence[Outcome]:
        return saved(part)[1:]

    async def broken(_part: Sequence[Record]) -> Sequence[Outcome]:
        raise KeyError("id")

    with pytest.raises(ValueError, match="zip"):
        asyncio.run(write_in_parts(records(3), short, size=3, at_once=1))
    with pytest.raises(KeyError):
        asyncio.run(write_in_parts(records(3), broken, size=1, at_once=2))


def test_reading_comes_in_order_or_not_at_all() -> None:
    """One answer for each record."""

    async def read(record: Record) -> str | None:
        if record.key == "8":
            raise Unavailable("503")
        return None if record.key == "1" else record.key

    assert asyncio.run(read_each(records(3), read, at_once=2)) == ["0", None, "2"]
    with pytest.raises(Unavailable) as caught:
        asyncio.run(read_each(records(9), read, at_once=2))
    assert caught.value.outcomes == ()


def test_what_a_call_says_of_some_and_of_all_is_kept_apart() -> None:
    """One record of a call shows that set-up is missing: the others have their outcomes, also in a
    batch of several calls.
    """

    def read(item: str) -> Outcome:
        if item == "4":
            raise Misconfigured("no such field")
        return Saved(item)

    async def write(part: Sequence[Record]) -> Sequence[Outcome]:
        return read_outcomes([record.key for record in part], read)

    assert read_outcomes(["1", "2"], read) == [Saved("1"), Saved("2")]
    with pytest.raises(Misconfigured) as caught:
        asyncio.run(write_in_parts(records(9), write, size=3, at_once=1))
    assert caught.value.outcomes == [*saved(records(9))[:4], None, Saved("5"), None, None, None]
