"""From a claimed lane to records: what each pending delivery writes, or why it cannot."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import structlog

from connectors.base import Record
from receiver.aom import Event, Invalid, Site, read
from receiver.inbox import Pending
from receiver.mapping import EVENT_STEPS, MappingFault
from receiver.mapping import Mapping as Routes

AT_ONCE = 16 * 1024  # bytes of a body that is read in the event loop
STEPS_AT_ONCE = 20_000  # of the budget: what is rendered there takes no more


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
    code: str
    place: str = ""  # with the code all that a log may hold: reasons can quote the payload


class NobodyHere(Exception):
    """An event, read anew, is not about the lane's person."""


class _Lengthy(Exception):
    """Rendering takes too long for the event loop."""


Reading = dict[str, Event | Invalid]
"""What was read of a batch's events, by their ids: an event for many people is read once."""


class Renderer:
    """Renders for one connector. Events are read anew from their bytes, so that a mended schema or mapping counts."""

    def __init__(self, connector: str, sites: Mapping[str, Site], routes: Routes) -> None:
        self._connector = connector
        self._sites = sites
        self._routes = routes

    async def render(self, delivery: Pending, person: str, reading: Reading) -> Rendered | Unrenderable:
        """The records of a delivery in the lane of a person. Raises nothing: a defect of ours is that delivery's alone.

        What would hold the event loop for more than some milliseconds is done in a thread.
        """
        if len(delivery.body) <= AT_ONCE:
            with suppress(_Lengthy):
                return self._render(delivery, person, reading, STEPS_AT_ONCE)
        return await asyncio.to_thread(self._render, delivery, person, reading, EVENT_STEPS)

    def _render(self, delivery: Pending, person: str, reading: Reading, steps: int) -> Rendered | Unrenderable:
        site = self._sites.get(delivery.source)
        if site is None:
            return Unrenderable(delivery, f"the source {delivery.source!r} is no longer configured", "source", delivery.source)
        try:
            event = _read(delivery, site, reading)
            return Rendered(delivery, self._records(event, delivery, person, steps), event.name, len(event.unreadable))
        except Invalid as invalid:
            return Unrenderable(
                delivery, "; ".join(f"{fault.path}: {fault.message}" for fault in invalid.faults), "schema", _paths(invalid)
            )
        except MappingFault as fault:
            if fault.spent and steps < EVENT_STEPS:
                raise _Lengthy from None
            return Unrenderable(delivery, str(fault), "mapping", fault.where)
        except NobodyHere as fault:
            return Unrenderable(delivery, str(fault), "person")
        except Exception as defect:  # noqa: BLE001 - one event must not hold up the others
            structlog.get_logger().exception("render.defect", delivery=delivery.delivery_id, connector=self._connector)
            return Unrenderable(
                delivery, f"a defect of the gateway ({type(defect).__name__}); its log says where", "defect", type(defect).__name__
            )

    def _records(self, event: Event, delivery: Pending, person: str, steps: int) -> tuple[Record, ...]:
        if person not in event.keys:
            raise NobodyHere("read anew, the event is not about this person any more")
        context = event.context(person, id=delivery.event_id, received_at=delivery.received_at)
        return self._routes.render(self._connector, delivery.source, event.name, context, steps)


def _paths(invalid: Invalid) -> str:
    return ", ".join(fault.path for fault in invalid.faults)


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
