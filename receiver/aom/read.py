"""The way from a body to an event."""

from hashlib import sha256
from typing import Any

from receiver.aom import drift, needed
from receiver.aom.body import parse
from receiver.aom.event import Event
from receiver.aom.faults import Invalid
from receiver.aom.recognise import Recognised, name_faults, recognise, shape_of
from receiver.aom.site import Site
from receiver.aom.validate import MOST, faults


def read(body: bytes, site: Site, named: str | None) -> Event:
    """Recognises and checks one body; `named` is the event's name in the URL, None if it has none.

    What an event can do without is read when it is asked for. Raises Invalid, with all faults at once, and nothing else, whatever
    the bytes.
    """
    raw, canonical = _parse(body, named)
    found = _recognise(raw, named)
    try:
        people = needed.people(raw, found.name, closely=body.count(b",") >= MOST)  # so many values need so many commas
    except Invalid as invalid:
        raise Invalid(invalid.faults, found.name, found.how) from None
    return Event(
        name=found.name,
        how=found.how,
        disagreement=found.disagreement,
        keys=tuple(dict.fromkeys(people)),
        unknown=drift.shown(drift.unknown(raw, found.name)),
        digest=sha256(b"%b\n%b" % (found.name.encode(), canonical)).digest(),
        raw=raw,
        site=site,
    )


def _parse(body: bytes, named: str | None) -> tuple[dict[str, Any], bytes]:
    wrong_name = name_faults(named)
    try:
        parsed = parse(body)
    except Invalid as invalid:
        if named is None or wrong_name:
            raise Invalid((*wrong_name, *invalid.faults)) from None
        raise Invalid(invalid.faults, named, "url") from None
    if wrong_name:
        raise Invalid(wrong_name)
    return parsed


def _recognise(raw: dict[str, Any], named: str | None) -> Recognised:
    try:
        return recognise(raw, named)
    except Invalid as unclear:
        others = faults(raw, "order.placed") if shape_of(raw) == "order" else ()
        raise Invalid((*unclear.faults, *(fault for fault in others if fault.path != "status"))) from None
