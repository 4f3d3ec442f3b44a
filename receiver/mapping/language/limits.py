"""How large the values of an expression may be, so that none can hold up or exhaust the gateway.

An expression has no loops and no variables, so what it does grows with what it goes through: that
is counted, over all expressions that one event has evaluated for one person at one connector. The
rest is a matter of sizes. Both depend on the payload alone, never on the machine: the same event
always comes to the same end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from connectors.base import Append
from receiver.mapping.language.value_text import UnusableValue

WORK: Final = 1_000_000  # items gone through, and tens of characters; a microsecond each at most
ITEMS: Final = 20_000  # of a list that an expression names or makes
READ: Final = 1_000_000  # characters of a text that an expression names
LONGEST: Final = 100_000  # characters that it makes or gives; the longest text of a CRM has 65,536
ARGUMENT: Final = 1_000  # characters of a text that a method or filter is given to look for
RECORDS: Final = 1_000  # that one event writes for one person at one connector
WRITTEN: Final = 2_000_000  # characters of all fields of these records

_CHARACTERS = 10  # that cost as much as one item
_LISTS = frozenset({list, tuple, dict, type({}.keys()), type({}.values()), type({}.items()), set})

_PLAIN = frozenset({int, float, bool, type(None)})  # that cost nothing beside their place in a list


class EventLimits:
    """What one event may still do for one person at one connector."""

    __slots__ = ("_characters", "_records", "_work")

    def __init__(self) -> None:
        self._work = WORK
        self._records = RECORDS
        self._characters = WRITTEN

    def count(self, value: Any) -> None:
        """For going through a list, or looking through a text, once."""
        if isinstance(value, str):
            self.spend(1 + len(value) // _CHARACTERS)
        elif type(value) in _LISTS:
            self.spend(len(value))

    def count_deep(self, value: Any) -> None:
        """For comparing with a value, which may look through all that is in it."""
        if type(value) not in _LISTS:
            self.count(value)
            return
        self.spend(len(value))
        for item in value.values() if isinstance(value, dict) else value:
            if type(item) not in _PLAIN:
                self.count_deep(item)

    def counted(self, value: Any) -> Any:
        """What a filter is about to go through, counted now, or as it comes from another filter."""
        if type(value) not in _LISTS and isinstance(value, Iterator):
            return self.as_they_come(value)
        self.count(value)
        return value

    def as_they_come(self, items: Iterable[Any]) -> Iterator[Any]:
        """The same items, each counted with its size when its turn comes."""
        for item in items:
            self.spend(1)
            self.count(item)
            yield item

    def spend(self, work: int) -> None:
        """Raises UnusableValue where that is more than is left."""
        self._work -= work
        if self._work < 0:
            raise UnusableValue(
                f"is where the event takes more than {WORK:,} steps; go through fewer items "
                "or shorter texts"
            )

    def record(self) -> None:
        """For one more record. Raises UnusableValue where it is one too many."""
        self._records -= 1
        if self._records < 0:
            raise UnusableValue(
                f"is where the event writes more than {RECORDS:,} records for one person; "
                "add a `when`, or use a shorter `each`"
            )

    def written(self, fields: Mapping[str, Any]) -> None:
        """For the fields of one record. Raises UnusableValue where they are too long together."""
        size = 0
        for value in fields.values():
            if isinstance(value, str):
                size += len(value)
            elif isinstance(value, Append):
                size += sum(map(len, value.values))
        self._characters -= size
        if self._characters < 0:
            raise UnusableValue(
                f"is where the event writes more than {WRITTEN:,} characters for one person; "
                "shorten them with | truncate"
            )


def bounded_text(length: int) -> None:
    """Raises UnusableValue for a text that would be longer than an expression may make."""
    if length > LONGEST:
        raise UnusableValue(f"gives more than {LONGEST:,} characters")


def bounded_list(length: int) -> None:
    """Raises UnusableValue for a list of more items than an expression may go through."""
    if length > ITEMS:
        raise UnusableValue(f"has a list of more than {ITEMS:,} items")


def bounded_read(value: Any) -> Any:
    """A value of the payload that an expression names.

    Raises UnusableValue where it is too large.
    """
    if isinstance(value, str):
        if len(value) > READ:
            raise UnusableValue(f"reads a text of more than {READ:,} characters")
    elif isinstance(value, list):
        bounded_list(len(value))
    return value


def short_argument(value: Any, what: str) -> None:
    """Refuse a text to look for that is so long that it is found in quadratic time.

    Raises UnusableValue.
    """
    if isinstance(value, str) and len(value) > ARGUMENT:
        raise UnusableValue(
            f"{what} takes texts of at most {ARGUMENT:,} characters to look for or to put in"
        )
