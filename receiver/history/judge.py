"""What the gateway would say of a line, found out beforehand, so that what is faulty does not fill its quarantine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from receiver.aom import Event, Fault, Invalid, Site, read
from receiver.history.lines import Line


@dataclass(frozen=True, slots=True)
class Judged:
    """A line with its event, or with its faults."""

    line: Line
    event: Event | None
    faults: tuple[Fault, ...]

    @property
    def people(self) -> tuple[str, ...]:
        return self.event.keys if self.event else ()


def judged(line: Line, site: Site, named: str | None, places: Mapping[str, str]) -> Judged:
    """`places` tells what a path of the payload is called in the file."""
    if line.body is None:
        return Judged(line, None, (Fault("", line.fault),))
    try:
        return Judged(line, read(line.body, site, named), ())
    except Invalid as invalid:
        return Judged(line, None, tuple(Fault(places.get(fault.path, fault.path), fault.message) for fault in invalid.faults))
