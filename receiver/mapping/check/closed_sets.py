"""Names of an event that hold one of a few known values: what is compared with them, or looked up
of them in a map, must be one of these.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Final

from jinja2 import nodes

from receiver.aom import EVENTS, LABELS
from receiver.aom.event_names import event_family
from receiver.aom.values.currency import currency_codes
from receiver.aom.values.order_status import EVENTS_BY_STATUS, OFF, OFF_EVENT, read_status
from receiver.config_errors import nearest_name, suggest_name
from receiver.mapping.check.filter_arguments import USE_A_CODE
from receiver.mapping.routes.map_pattern import ANYTHING, MapPattern

STATUSES: Final = (*EVENTS_BY_STATUS, *sorted(OFF))
_NEAR: Final = 0.8  # of difflib's measure: COMPLETD is near COMPLETED, VOID is not near PAID


@dataclass(frozen=True, slots=True)
class ClosedSet:
    """The values that a name can have; an `open` one can have others too, that a school made.

    `remedy` stands for a list of the values where there are too many.
    """

    name: str
    what: str
    values: Collection[str]
    is_open: bool = False
    remedy: str = ""

    def fault_of(self, text: str, *, exact: bool) -> tuple[str, str] | None:
        """What is wrong with a text that is compared with the name (`exact`, to the letter) or is
        a key of a map, and what would be right.
        """
        if text in self.values or (not exact and text.casefold() in _folded(tuple(self.values))):
            return None
        if not self.is_open:
            message = f"{self.name} is never {text!r}: there is no such {self.what}"
            return message, self._nearest(text)
        return self._fault_of_status(text, exact=exact)

    def _nearest(self, text: str) -> str:
        if not self.remedy:
            return suggest_name(text, self.values, "there are")
        return f"did you mean {text.upper()!r}?" if text.upper() in self.values else self.remedy

    def _fault_of_status(self, text: str, *, exact: bool) -> tuple[str, str] | None:
        """A status is written in one way, and one that is nearly known is a slip, unless it is
        written so that nobody does it by accident.
        """
        try:
            read = read_status(text)
        except ValueError as error:
            return f"{self.name} is never {text!r}", str(error)
        if (read if exact else read.casefold()) != (text if exact else text.casefold()):
            return (
                f"{self.name} is never {text!r}: statuses are in capitals, words joined by hyphens",
                f"did you mean {read!r}?",
            )
        near = get_close_matches(read, self.values, n=1, cutoff=_NEAR)
        if not near or read in self.values:
            return None
        meant = f"{self.name}.startswith({text!r})" if exact else f"{text}{ANYTHING}"
        return (
            f"{self.name}: no known {self.what} is {text!r}",
            f"did you mean {near[0]!r}? One of the school's own is written {meant}",
        )


@cache
def _folded(values: tuple[str, ...]) -> frozenset[str]:
    return frozenset(value.casefold() for value in values)


@dataclass(frozen=True, slots=True)
class KnownValues:
    """The closed sets of one event at a gateway with these sources."""

    event: str
    sources: Collection[str] = ()

    def of(self, node: nodes.Node) -> ClosedSet | None:
        """The set of a name like `event.name`; None where a node is no such name."""
        match node:
            case nodes.Getattr(node=nodes.Name(name=owner), attr=name):
                return self._of_path(owner, name)
            case nodes.Getitem(node=nodes.Name(name=owner), arg=nodes.Const(value=str(name))):
                return self._of_path(owner, name)
        return None

    def of_result(self, node: nodes.Node) -> ClosedSet | None:
        """The set of what an expression can come to, where all of its branches are known."""
        match node:
            case nodes.Const(value=str(text)):
                return ClosedSet("it", "value", (text,))
            case nodes.CondExpr(expr1=one, expr2=other) if other is not None:
                first, second = self.of_result(one), self.of_result(other)
                if first is None or second is None or first.is_open or second.is_open:
                    return None
                named = first if isinstance(other, nodes.Const) else second
                return ClosedSet(named.name, named.what, (*first.values, *second.values))
        return self.of(node)

    def _of_path(self, owner: str, name: str) -> ClosedSet | None:
        path = f"{owner}.{name}"
        if path == "source.name" and self.sources:
            return ClosedSet(path, "source", self.sources)
        if event_family(self.event) == "order" and path in _OF_ORDERS:
            return _OF_ORDERS[path]
        return _OF_ALL.get(path)


def _by_name(*sets: ClosedSet) -> Mapping[str, ClosedSet]:
    return {one.name: one for one in sets}


_CURRENCIES: Final = tuple(sorted(currency_codes()))
_OF_ALL: Final = _by_name(
    ClosedSet("event.name", "event", EVENTS),
    ClosedSet("event.label", "label", tuple(LABELS.values())),
    ClosedSet("source.currency", "currency", _CURRENCIES, remedy=USE_A_CODE),
)
_OF_ORDERS: Final = _by_name(
    ClosedSet("order.currency", "currency", _CURRENCIES, remedy=USE_A_CODE),
    ClosedSet("order.paid", "value", ("true", "false")),
    ClosedSet("order.status", "status", STATUSES, is_open=True),
)

WrongKey = tuple[str, str, str]
"""The key, what is wrong, and what would be right."""


def status_can_be(status: str, event: str) -> bool:
    """Whether an order of this event can have a status as read: a known one decides the event."""
    event_of_status = OFF_EVENT if status in OFF else EVENTS_BY_STATUS.get(status, event)
    return event_of_status == event


def find_wrong_keys(known: ClosedSet, entries: Mapping[str, object]) -> Iterator[WrongKey]:
    """Keys of a map that the value never has."""
    for key in entries:
        if ANYTHING not in key:
            if (fault := known.fault_of(key, exact=False)) is not None:
                yield key, *fault
        elif not known.is_open and not any(
            MapPattern(key).matches(value.casefold()) for value in known.values
        ):
            near = nearest_name(key.replace(ANYTHING, ""), known.values)
            there = known.remedy or f"there are: {', '.join(known.values)}"
            remedy = f"did you mean {near!r}?" if near else there
            yield key, f"{known.name} is never {key!r}: it fits no {known.what}", remedy
