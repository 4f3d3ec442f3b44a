"""From a claimed lane to records: what each pending delivery writes, or why it cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from connectors.base import Record
from receiver.aom import Event, Invalid, Site, read
from receiver.inbox import Pending
from receiver.mapping import Mapping as Routes
from receiver.mapping import MappingFault


@dataclass(frozen=True, slots=True)
class Rendered:
    """One delivery and the records that it wants written; none where no route wants it after all."""

    delivery: Pending
    records: tuple[Record, ...]
    event: str  # as it is recognised now
    unreadable: int  # so many of its values count as absent


@dataclass(frozen=True, slots=True)
class Unrenderable:
    """A delivery that cannot become records as the mapping stands; replaying it after a fix is the remedy."""

    delivery: Pending
    reason: str


class NobodyHere(Exception):
    """An event, read anew, is not about the lane's person."""


Reading = dict[str, Event | Invalid]
"""What was read of a batch's events, by their ids: an event for many people is read once."""


class Renderer:
    """Renders for one connector. Events are read anew from their bytes, so that a mended schema or mapping counts."""

    def __init__(self, connector: str, sites: Mapping[str, Site], routes: Routes) -> None:
        self._connector = connector
        self._sites = sites
        self._routes = routes

    def render(self, delivery: Pending, person: str, reading: Reading) -> Rendered | Unrenderable:
        """The records of a delivery in the lane of a person. Raises nothing: a defect of ours is that delivery's alone."""
        site = self._sites.get(delivery.source)
        if site is None:
            return Unrenderable(delivery, f"the source {delivery.source!r} is no longer configured")
        try:
            event = _read(delivery, site, reading)
            return Rendered(delivery, self._records(event, delivery, person), event.name, len(event.unreadable))
        except Invalid as invalid:
            return Unrenderable(delivery, "; ".join(f"{fault.path}: {fault.message}" for fault in invalid.faults))
        except (MappingFault, NobodyHere) as fault:
            return Unrenderable(delivery, str(fault))
        except Exception as defect:  # noqa: BLE001 - one event must not hold up the others
            structlog.get_logger().exception("render.defect", delivery=delivery.delivery_id, connector=self._connector)
            return Unrenderable(delivery, f"a defect of the gateway ({type(defect).__name__}); its log says where")

    def _records(self, event: Event, delivery: Pending, person: str) -> tuple[Record, ...]:
        if person not in event.keys:
            raise NobodyHere(f"read anew, the event is not about {person} any more")
        context = event.context(person, id=delivery.event_id, received_at=delivery.received_at)
        return self._routes.render(self._connector, delivery.source, event.name, context)


def _read(delivery: Pending, site: Site, reading: Reading) -> Event:
    known = reading.get(delivery.event_id)
    if known is None:
        try:
            known = read(delivery.body, site, delivery.named)
        except Invalid as invalid:
            known = invalid
        reading[delivery.event_id] = known
    if isinstance(known, Invalid):
        raise known
    return known
