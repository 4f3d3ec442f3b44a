"""Which event a body is: by its URL, cross-checked by its shape; an order by its status; an
assignment by hints too.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

from receiver.aom import assignment_hints
from receiver.aom.event_names import EVENTS, event_family
from receiver.aom.validation.errors import (
    BodyError,
    InvalidBody,
    RecognisedBy,
    printable_text,
    quoted_value,
)
from receiver.aom.values import order_status

_SHAPES: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"line_items"}), "order"),
    (frozenset({"customer", "status"}), "order"),
    (frozenset({"userList", "enrolled_courses_list"}), "course.enrolled"),
    (frozenset({"quiz"}), "quiz.submitted"),
    (frozenset({"assignment"}), "assignment"),
    (frozenset({"discussion"}), "discussion.submitted"),
    (frozenset({"receivers"}), "announcement.created"),
    (frozenset({"date_registered"}), "account.created"),
)
"""The keys that tell a family of events, the most telling first."""

_PEOPLE: Mapping[str, str] = {
    "order": "customer",
    "course.enrolled": "userList",
    "announcement.created": "receivers",
}
"""Where a family keeps its people; the others have one, by `email`."""

# the menu says "refused" where the sample is of a refund
_SAME_ENTRY = {"order.refused", "order.refunded"}


class RecognisedEvent(NamedTuple):
    name: str
    how: RecognisedBy
    disagreement: str | None = None  # a sentence, where URL and body say different things


def recognise_event(raw: Mapping[str, Any], named: str | None) -> RecognisedEvent:
    """`named` is the event's name in the URL, one of `EVENTS`.

    Raises InvalidBody where nothing says what the body is.

    The URL's name holds, with two exceptions: the status of an order decides over it, where it is
    known or says that the order is off; and so does the shape of another event where the body has
    nobody in the place where the URL's event has its people.
    """
    shape = shape_of(raw)
    by_body = _recognise_by_body(raw, shape)
    if (
        shape == "order"
        and named
        and event_family(named) == "order"
        and order_status.is_off(raw.get("status"))
    ):
        by_body = RecognisedEvent(order_status.OFF_EVENT, "status")
    if by_body and named:
        return _weighed(raw, named, by_body)
    if by_body:
        return by_body
    if named and (shape != "order" or event_family(named) == "order" or _has_people(raw, named)):
        return RecognisedEvent(named, "url")
    raise InvalidBody([_status_fault(raw) if shape == "order" else _shape_fault(raw)])


def name_faults(named: str | None) -> tuple[BodyError, ...]:
    """What is wrong with the name in the URL, if anything."""
    if named is None or named in EVENTS:
        return ()
    near = get_close_matches(named[:100].lower(), EVENTS, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return (BodyError("url", f"{quoted_value(named)} is no event of AOM{hint}"),)


def shape_of(raw: Mapping[str, Any]) -> str | None:
    """The family of events that the body looks like, see `names.family`."""
    for telling, named in _SHAPES:
        if None not in map(raw.get, telling):
            return named
    return None


def _recognise_by_body(raw: Mapping[str, Any], shape: str | None) -> RecognisedEvent | None:
    """What the body says of itself."""
    if shape == "order":
        by_status = order_status.event_of_status(raw.get("status"))
        return RecognisedEvent(by_status, "status") if by_status else None
    if shape == "assignment":
        by_hint = assignment_hints.event_by_hints(raw)
        return (
            RecognisedEvent(by_hint, "hint")
            if by_hint
            else RecognisedEvent("assignment.submitted", "shape")
        )
    return RecognisedEvent(shape, "shape") if shape else None


def _weighed(raw: Mapping[str, Any], named: str, by_body: RecognisedEvent) -> RecognisedEvent:
    if by_body.name == named or (
        by_body.how == "shape" and event_family(by_body.name) == event_family(named)
    ):
        return RecognisedEvent(named, "url")  # the shape of an assignment says only that it is one
    if by_body.how == "status":
        said = f"the status {quoted_value(raw['status'])} says {by_body.name}"
        return RecognisedEvent(
            by_body.name,
            "status",
            None if {named, by_body.name} == _SAME_ENTRY else f"the URL says {named}, {said}",
        )
    sentence = f"the URL says {named}, the body looks like {by_body.name}"
    return (
        RecognisedEvent(named, "url", sentence)
        if _has_people(raw, named)
        else RecognisedEvent(by_body.name, by_body.how, sentence)
    )


def _has_people(raw: Mapping[str, Any], named: str) -> bool:
    return raw.get(_PEOPLE.get(event_family(named), "email")) is not None


def _status_fault(raw: Mapping[str, Any]) -> BodyError:
    known = ", ".join(order_status.EVENTS_BY_STATUS)
    said = (
        f"{quoted_value(raw['status'])} is none that tells the event"
        if "status" in raw
        else "is needed and missing"
    )
    return BodyError(
        "status",
        f"{said} ({known}); an order with another status needs a URL of its own, like "
        "…/order.placed",
    )


def _shape_fault(raw: Mapping[str, Any]) -> BodyError:
    telling = "; ".join(" and ".join(sorted(keys)) for keys, _ in _SHAPES)
    found = printable_text(", ".join(list(raw)[:10])[:200]) or "nothing"
    return BodyError(
        "",
        f"is none of AOM's events: it needs the keys of one of them ({telling}) or the "
        f"event's name in the URL; it has {found}",
    )
