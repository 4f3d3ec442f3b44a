"""Names of an event that hold one of a few known values: what is compared with them, or looked up
of them in a map, must be one of these.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from jinja2 import nodes

from receiver.aom import EVENTS, LABELS
from receiver.aom.event_names import event_family
from receiver.aom.values.order_status import EVENTS_BY_STATUS, OFF, OFF_EVENT, read_status
from receiver.config_errors import nearest_name, suggest_name
from receiver.mapping.routes.map_pattern import ANYTHING, MapPattern

STATUSES: Final = (*EVENTS_BY_STATUS, *sorted(OFF))
_NEAR: Final = 0.8  # of difflib's measure: COMPLETD is near COMPLETED, VOID is not near PAID


@dataclass(frozen=True, slots=True)
class ClosedSet:
    """The values that a name can have; an `open` one can have others too, that a school made."""

    name: str
    what: str
    values: Collection[str]
    is_open: bool = False

    def fault_of(self, text: str, *, exact: bool) -> tuple[str, str, bool] | None:
        """What is wrong with a text that is compared with the name (`exact`, to the letter) or is
        a key of a map, what would be right, and whether that is only probable.
        """
        if text in self.values or (not exact and text.casefold() in map(str.casefold, self.values)):
            return None
        if not self.is_open:
            message = f"{self.name} is never {text!r}: there is no such {self.what}"
            return message, suggest_name(text, self.values, "there are"), False
        return self._fault_of_status(text, exact=exact)

    def _fault_of_status(self, text: str, *, exact: bool) -> tuple[str, str, bool] | None:
        """A status is written in one way, and one that is nearly known is probably a slip."""
        try:
            read = read_status(text)
        except ValueError as error:
            return f"{self.name} is never {text!r}", str(error), False
        if (read if exact else read.casefold()) != (text if exact else text.casefold()):
            return (
                f"{self.name} is never {text!r}: statuses are in capitals, words joined by hyphens",
                f"did you mean {read!r}?",
                False,
            )
        near = get_close_matches(read, self.values, n=1, cutoff=_NEAR)
        if not near or read in self.values:
            return None
        return f"{self.name}: no known {self.what} is {text!r}", f"did you mean {near[0]!r}?", True


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
        match owner, name:
            case "event", "name":
                return ClosedSet("event.name", "event", EVENTS)
            case "event", "label":
                return ClosedSet("event.label", "label", tuple(LABELS.values()))
            case "source", "name" if self.sources:
                return ClosedSet("source.name", "source", self.sources)
            case "order", "status" if event_family(self.event) == "order":
                return ClosedSet("order.status", "status", STATUSES, is_open=True)
            case "order", "paid" if event_family(self.event) == "order":
                return ClosedSet("order.paid", "value", ("true", "false"))
        return None


WrongKey = tuple[str, str, str, bool]
"""The key, what is wrong, what would be right, and whether that is only probable."""


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
            remedy = f"did you mean {near!r}?" if near else f"there are: {', '.join(known.values)}"
            yield key, f"{known.name} is never {key!r}: it fits no {known.what}", remedy, False
