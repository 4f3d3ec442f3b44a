"""From the bytes of a call to what the inbox keeps: an event with its lanes, or a call in
quarantine with its faults.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime

import structlog

from receiver.aom import PROFILED_EVENTS, BodyError, Event, InvalidBody, SourceContext, read_event
from receiver.inbox import NewEvent
from receiver.mapping import RouteTable

Validator = Callable[[str, str | None, bytes, datetime], NewEvent]
"""Takes the source, the name in the URL, the body and the time of its arrival."""


def build_validator(sites: Mapping[str, SourceContext], routes: RouteTable) -> Validator:
    """A validator for these sources and routes.

    It never raises: what a defect of ours cannot validate is in quarantine until it is mended.
    """

    def decide(source: str, named: str | None, body: bytes, received_at: datetime) -> NewEvent:
        try:
            event = read_event(body, sites[source], named)
            return _recognised(sites[source], named, body, received_at, event, routes)
        except InvalidBody as invalid:
            return _quarantined(source, named, body, received_at, invalid)
        except Exception as defect:  # noqa: BLE001 - the sender may never send it again
            structlog.get_logger().exception("validation.defect", source=source)
            fault = BodyError(
                "", f"met a defect of the gateway ({type(defect).__name__}); its log says where"
            )
            return _quarantined(source, named, body, received_at, InvalidBody((fault,)))

    return decide


def _recognised(
    site: SourceContext,
    named: str | None,
    body: bytes,
    received_at: datetime,
    event: Event,
    routes: RouteTable,
) -> NewEvent:
    connectors = routes.connectors(site.name, event.name)
    return NewEvent(
        source=site.name,
        name=event.name,
        how=event.how,
        disagreement=event.disagreement,
        named=named,
        body=body,
        digest=event.digest,
        received_at=received_at,
        lanes=tuple([(connector, one) for connector in connectors for one in event.keys]),
        people=event.keys,
        unknown=event.unknown,
        unreadable=event.unreadable,
        thing=event.thing,
        to_count=site.name in routes.profiled_sources and event.name in PROFILED_EVENTS,
        account_ids=event.account_ids if site.identity == "aom_id" else None,
        tells_addresses=event.tells_addresses,
    )


def _quarantined(
    source: str, named: str | None, body: bytes, received_at: datetime, invalid: InvalidBody
) -> NewEvent:
    return NewEvent(
        source=source,
        name=invalid.event,
        how=invalid.how,
        disagreement=None,
        named=named,
        body=body,
        digest=hashlib.sha256(f"quarantine {named}\n".encode() + body).digest(),
        received_at=received_at,
        lanes=(),
        people=(),
        faults=tuple((fault.path, fault.message) for fault in invalid.faults),
    )
