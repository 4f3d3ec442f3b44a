"""From a lane to records: what each pending delivery writes, or why it cannot."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import structlog

from connectors.base import Record
from receiver.aom import Event, InvalidBody, SourceContext, read_event
from receiver.delivery.loop_share import LoopShare
from receiver.inbox import PendingDelivery
from receiver.mapping import MappingFault, RouteTable

T = TypeVar("T")

LARGE = 16 * 1024  # bytes of a body that is read in the event loop
KEPT_BYTES = 64 * 1024 * 1024  # of memory, about, for events kept for whoever else is in them
OBJECT_BYTES = 300  # of memory for a list or an object in a body, of which two bytes may be enough
KEPT = 2048  # events


@dataclass(frozen=True, slots=True)
class RenderedDelivery:
    """One delivery and the records that it wants written; none where no route wants it after
    all.
    """

    delivery: PendingDelivery
    records: tuple[Record, ...]
    event: str  # as it is recognised now


@dataclass(frozen=True, slots=True)
class UnrenderableDelivery:
    """A delivery that cannot become records as the mapping stands; replaying it after a fix is the
    remedy.
    """

    delivery: PendingDelivery
    reason: str
    code: str
    place: str = ""  # with the code all that a log may hold: reasons can quote the payload


class NobodyHere(Exception):
    """An event, read anew, is not about the lane's person."""


class EventReader:
    """Reads stored events for all connectors: one that is about many people, or goes to several
    connectors, is read once.

    Events are read anew from their bytes, so that a mended schema counts. What is done with large
    ones is done on a thread of their own: they would hold up what comes in meanwhile.
    """

    def __init__(self, sites: Mapping[str, SourceContext]) -> None:
        self.sites = sites
        self._known: OrderedDict[str, tuple[Event | InvalidBody, bytes]] = OrderedDict()
        self._bytes = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="large-events")

    async def read(self, delivery: PendingDelivery, site: SourceContext) -> Event:
        """Read the event of a delivery. Raises InvalidBody."""
        known = self._known.get(delivery.event_id)
        # it may have been amended, or a person erased from it
        if known is not None and known[1] == delivery.body:
            event = known[0]
        else:
            large = len(delivery.body) > LARGE
            event = (
                await self.beside(partial(_read, delivery, site))
                if large
                else _read(delivery, site)
            )
            self._keep(delivery, event)
        if isinstance(event, InvalidBody):
            raise event
        return event

    async def beside(self, work: Callable[[], T]) -> T:
        """Run a function on a thread beside the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def close(self) -> None:
        self._thread.shutdown(wait=False)

    def _keep(self, delivery: PendingDelivery, event: Event | InvalidBody) -> None:
        if before := self._known.get(delivery.event_id):
            self._bytes -= _memory(before[1])
        self._known[delivery.event_id] = event, delivery.body
        self._bytes += _memory(delivery.body)
        while len(self._known) > KEPT or (self._bytes > KEPT_BYTES and len(self._known) > 1):
            _, (_, body) = self._known.popitem(last=False)
            self._bytes -= _memory(body)


class LaneRenderer:
    """Renders for one connector, by the mapping as it stands."""

    def __init__(
        self,
        connector: str,
        reader: EventReader,
        routes: RouteTable,
        share: LoopShare | None = None,
    ) -> None:
        self._connector = connector
        self._reader = reader
        self._routes = routes
        self.share = share or LoopShare()

    async def render(
        self, delivery: PendingDelivery, person: str
    ) -> RenderedDelivery | UnrenderableDelivery:
        """The records of a delivery in the lane of a person.

        Raises nothing: a defect of ours is that delivery's alone.
        """
        await self.share.give_way()
        site = self._reader.sites.get(delivery.source)
        if site is None:
            return UnrenderableDelivery(
                delivery,
                f"the source {delivery.source!r} is no longer configured",
                "source",
                delivery.source,
            )
        try:
            event = await self._reader.read(delivery, site)
            if len(delivery.body) > LARGE:
                records = await self._reader.beside(partial(self._records, event, delivery, person))
            else:
                records = self._records(event, delivery, person)
            return RenderedDelivery(delivery, records, event.name)
        except InvalidBody as invalid:
            reason = "; ".join(f"{fault.path}: {fault.message}" for fault in invalid.faults)
            return UnrenderableDelivery(
                delivery, reason, "schema", ", ".join(fault.path for fault in invalid.faults)
            )
        except MappingFault as fault:
            return UnrenderableDelivery(delivery, str(fault), "mapping", fault.where)
        except NobodyHere as fault:
            return UnrenderableDelivery(delivery, str(fault), "person")
        except Exception as defect:  # noqa: BLE001 - one event must not hold up the others
            name = type(defect).__name__
            structlog.get_logger().exception(
                "render.defect", delivery=delivery.delivery_id, connector=self._connector
            )
            return UnrenderableDelivery(
                delivery, f"a defect of the gateway ({name}); its log says where", "defect", name
            )

    def _records(self, event: Event, delivery: PendingDelivery, person: str) -> tuple[Record, ...]:
        if person not in event.keys:
            raise NobodyHere("read anew, the event is not about this person any more")
        context = event.context(person, id=delivery.event_id, received_at=delivery.received_at)
        return self._routes.render(self._connector, delivery.source, event.name, context)


def _memory(body: bytes) -> int:
    """What an event of this body takes, about; brackets in its texts count as well."""
    return len(body) + OBJECT_BYTES * (body.count(b"{") + body.count(b"["))


def _read(delivery: PendingDelivery, site: SourceContext) -> Event | InvalidBody:
    try:
        return read_event(delivery.body, site, delivery.named)
    except InvalidBody as invalid:
        return invalid
