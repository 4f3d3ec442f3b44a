"""The way from a body to an event."""

from hashlib import sha256
from typing import Any

from receiver.aom.event import Event
from receiver.aom.event_names import event_family, find_event_name
from receiver.aom.payload_schema import OrderChanged
from receiver.aom.recognition import RecognisedEvent, name_faults, recognise_event, shape_of
from receiver.aom.source_context import SourceContext
from receiver.aom.validation import drift
from receiver.aom.validation.errors import InvalidBody
from receiver.aom.validation.json_body import ParsedBody, parse_body
from receiver.aom.validation.schema_check import ValidatedBody, find_errors, validate_body
from receiver.aom.values.field_types import read_id
from receiver.facts import digest_order


def read_event(body: bytes, site: SourceContext, named: str | None) -> Event:
    """Recognises and checks one body; `named` is the event's name in the URL, None if it has none.

    Where a glance tells that all of it can be read, that is left for when it is asked for. Raises
    Invalid, with all faults at once, and nothing else, whatever the bytes.
    """
    named = named and (find_event_name(named) or named)
    parsed = _parse(body, named)
    raw = parsed.value
    found = _recognise(raw, named)
    glance = drift.survey_drift(raw, found.name)
    whole = None if glance.sure else _validate(raw, found)
    people = [learner.email for learner in whole.payload.people()] if whole else glance.people
    return Event(
        name=found.name,
        how=found.how,
        disagreement=found.disagreement,
        keys=tuple(dict.fromkeys(people)),
        unknown=drift.shown_paths(whole.unknown if whole else glance.unknown),
        digest=sha256(b"%b\n%b" % (found.name.encode(), parsed.canonical)).digest(),
        thing=_order(raw, whole) if event_family(found.name) == "order" else None,
        raw=raw,
        site=site,
        validated=whole,
        around=parsed.around,
    )


def _validate(raw: dict[str, Any], found: RecognisedEvent) -> ValidatedBody:
    try:
        return validate_body(raw, found.name)
    except InvalidBody as invalid:
        raise InvalidBody(invalid.faults, found.name, found.how) from None


def _order(raw: dict[str, Any], whole: ValidatedBody | None) -> bytes:
    """What tells an order from all others of its source, however its id is written."""
    order = whole.payload if whole else None
    id = order.id if isinstance(order, OrderChanged) else read_id(raw["id"])
    return digest_order(id)


def _parse(body: bytes, named: str | None) -> ParsedBody:
    wrong_name = name_faults(named)
    try:
        parsed = parse_body(body)
    except InvalidBody as invalid:
        if named is None or wrong_name:
            raise InvalidBody((*wrong_name, *invalid.faults)) from None
        raise InvalidBody(invalid.faults, named, "url") from None
    if wrong_name:
        raise InvalidBody(wrong_name)
    return parsed


def _recognise(raw: dict[str, Any], named: str | None) -> RecognisedEvent:
    try:
        return recognise_event(raw, named)
    except InvalidBody as unclear:
        others = find_errors(raw, "order.placed") if shape_of(raw) == "order" else ()
        raise InvalidBody(
            (*unclear.faults, *(fault for fault in others if fault.path != "status"))
        ) from None
