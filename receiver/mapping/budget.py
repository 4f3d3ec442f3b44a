"""What rendering may cost, so that no expression can hold up or exhaust the gateway, whatever the payload.

Cost is counted in steps, of well under a microsecond each: one for every part of an expression, again for each item that a
loop or a filter goes through, and one for every ten characters of text that is made or looked through. One expression has
2,000,000 of them, enough to hold each of 1,000 users against each of 50 courses with 40 parts between them. One event has
6,000,000 for one person at one connector, and may write 1,000 records and 2,000,000 characters.

The count depends on the payload alone, never on the machine: the same event always comes to the same end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sized
from dataclasses import is_dataclass
from decimal import Decimal
from typing import Any, Final

from jinja2.runtime import Undefined
from pydantic import BaseModel

from connectors.base import Append
from receiver.mapping.text import Unusable

STEPS: Final = 2_000_000  # of one expression
EVENT_STEPS: Final = 6_000_000  # of all expressions that one event has evaluated for one person at one connector
RECORDS: Final = 1_000
WRITTEN: Final = 2_000_000  # characters of all fields of these records
LONGEST: Final = 100_000  # characters that one expression may give; the longest text of a CRM has 65,536

_CHARACTERS = 10  # for one step
_PLAIN = frozenset({bool, int, float, Decimal, type(None)})


class Spent(Unusable):
    """The budget is used up."""


class Budget:
    """What one event has left to spend for one person at one connector."""

    __slots__ = ("_floor", "_left", "_records", "_written")

    def __init__(self, steps: int = EVENT_STEPS) -> None:
        self._left = steps
        self._floor = 0
        self._records = RECORDS
        self._written = WRITTEN

    def start(self, steps: int) -> None:
        """The next expression, which has so many parts outside its loops."""
        self._floor = max(self._left - STEPS, 0)
        self.spend(steps)

    def spend(self, steps: int) -> None:
        """Raises Spent where that is more than is left."""
        self._left -= steps
        if self._left < self._floor:
            self._refuse()

    def _refuse(self) -> None:
        if self._floor:
            raise Spent(f"takes more than {STEPS:,} steps; go through fewer items, and avoid loops inside loops")
        raise Spent(f"is where the event takes more than {EVENT_STEPS:,} steps in all; go through fewer items, and write fewer records")

    def characters(self, length: int) -> None:
        """For a text that is made or looked through."""
        self.spend(1 + length // _CHARACTERS)

    def record(self) -> None:
        """For one more record."""
        self._records -= 1
        if self._records < 0:
            raise Spent(f"is where the event writes more than {RECORDS:,} records for one person; add a `when`, or use a shorter `each`")

    def written(self, value: Any) -> None:
        """For what a field gets."""
        texts = value.values if isinstance(value, Append) else (value,)
        self._written -= sum(len(text) if isinstance(text, str) else 1 for text in texts)
        if self._written < 0:
            raise Spent(f"is where the event writes more than {WRITTEN:,} characters for one person; shorten them with | truncate")

    def items(self, items: Iterable[Any], each: int = 1) -> Iterable[Any]:
        """The same items, paid for: at once where their number is known, else as they come."""
        if isinstance(items, Sized):
            self.spend(1 + len(items) * each)
            return items
        return self._as_they_come(items, each)

    def _as_they_come(self, items: Iterable[Any], each: int) -> Iterator[Any]:
        for item in items:
            self.spend(each)
            yield item

    def weigh(self, *values: Any, times: int = 1) -> None:
        """For comparing, hashing or looking through values as deep as they go."""
        waiting: list[Any] = list(values)
        while waiting:
            value = waiting.pop()
            self.spend(times)
            if type(value) in _PLAIN:
                continue
            if isinstance(value, str):
                self.spend(len(value) // _CHARACTERS * times)
            elif (inside := _inside(value)) is not None:
                self.spend(len(inside) * times)
                waiting.extend(inside)


def _inside(value: Any) -> Collection[Any] | None:
    """What a value holds; None where it holds nothing that costs."""
    match value:
        case list() | tuple() | set() | frozenset():
            return value
        case Mapping():
            return [*value.keys(), *value.values()]
        case BaseModel():
            return list(vars(value).values())
        case Sized() if isinstance(value, Iterable) and not isinstance(value, Undefined):  # the views of a dict
            return list(value)
        case _ if is_dataclass(value):
            return [getattr(value, name) for name in value.__dataclass_fields__]
    return None
