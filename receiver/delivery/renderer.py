"""From a lane to records: what each pending delivery writes, or why it cannot."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import structlog

from connectors.base import Record
from receiver.aom import Event, InvalidBody, Profile
from receiver.delivery.rendering.event_reader import LARGE, EventReader
from receiver.delivery.rendering.profile_counter import ProfileCounter, Profiles
from receiver.inbox import PendingDelivery, ReadyLane
from receiver.mapping import MappingFault, RouteTable

NO_PROFILE = Profile()


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


class LaneRenderer:
    """Renders for one connector, by the mapping as it stands."""

    def __init__(
        self,
        connector: str,
        reader: EventReader,
        routes: RouteTable,
        profiles: ProfileCounter | None = None,
    ) -> None:
        self._connector = connector
        self._reader = reader
        self._routes = routes
        self._profiles = profiles

    async def find_profiles(self, lanes: Iterable[ReadyLane]) -> Profiles:
        """The profiles that rendering these lanes asks for, as they are now."""
        people = {
            (delivery.source, lane.person_key)
            for lane in lanes
            for delivery in lane.deliveries
            if self._routes.asks_for_profile(self._connector, delivery.source)
        }
        return await self._profiles.find(people) if people and self._profiles else {}

    async def render(
        self, delivery: PendingDelivery, lane: ReadyLane, profiles: Profiles = MappingProxyType({})
    ) -> RenderedDelivery | UnrenderableDelivery:
        """The records of a delivery of a lane, by the address that its person has now.

        Raises nothing: a defect of ours is that delivery's alone.
        """
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
            profile = profiles.get((delivery.source, lane.person_key), NO_PROFILE)
            work = partial(self._records, event, delivery, lane, profile)
            large = len(delivery.body) > LARGE
            records = await self._reader.beside(work) if large else work()
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

    def _records(
        self, event: Event, delivery: PendingDelivery, lane: ReadyLane, profile: Profile
    ) -> tuple[Record, ...]:
        address = delivery.address or lane.person_key
        if address not in event.keys:
            raise NobodyHere("read anew, the event is not about this person any more")
        context = event.context(
            address,
            id=delivery.event_id,
            received_at=delivery.received_at,
            person_key=lane.person_key,
            current=lane.address,
            profile=profile,
        )
        return self._routes.render(self._connector, delivery.source, event.name, context)
