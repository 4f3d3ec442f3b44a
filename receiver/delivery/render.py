"""From a claimed lane to records: what each pending delivery writes, or why it cannot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Unrenderable:
    """A delivery that cannot become records as the mapping stands; replaying it after a fix is the remedy."""

    delivery: Pending
    reason: str


class NobodyHere(Exception):
    """An event, read anew, is not about the lane's person."""


Renderer = Callable[[Pending, str], Rendered | Unrenderable]
"""Takes a delivery and the key of its lane's person."""


def renderer(connector: str, sites: Mapping[str, Site], routes: Routes) -> Renderer:
    """A renderer for one connector. Events are read anew from their bytes, so that a mended schema or mapping counts."""

    def render(delivery: Pending, person: str) -> Rendered | Unrenderable:
        site = sites.get(delivery.source)
        if site is None:
            return Unrenderable(delivery, f"the source {delivery.source!r} is no longer configured")
        try:
            event = read(delivery.body, site, delivery.named)
            return Rendered(delivery, _records(event, delivery, person))
        except Invalid as invalid:
            return Unrenderable(delivery, "; ".join(f"{fault.path}: {fault.message}" for fault in invalid.faults))
        except (MappingFault, NobodyHere) as fault:
            return Unrenderable(delivery, str(fault))

    def _records(event: Event, delivery: Pending, person: str) -> tuple[Record, ...]:
        if all(known.key != person for known in event.people):
            raise NobodyHere(f"read anew, the event is not about {person} any more")
        context = event.context(person, id=delivery.event_id, received_at=delivery.received_at)
        return routes.render(connector, delivery.source, event.name, context)

    return render
