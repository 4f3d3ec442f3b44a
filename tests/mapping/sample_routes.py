"""Mappings and events for tests."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from connectors.base import Record, Value
from receiver.aom import SourceContext, profile_of_event, read_sample
from receiver.aom import read_event as read
from receiver.config_errors import ConfigFault
from receiver.mapping import RouteTable
from tests.settings.configs import SANDBOX, faults_of, loaded

SITE = SourceContext("springfield", ZoneInfo("America/New_York"), "USD")

RECEIVED_AT = datetime(2026, 5, 1, 12, tzinfo=UTC)


def context(event: str, body: bytes | None = None) -> dict[str, Any]:
    """What expressions see of AOM's sample of an event, or of another body."""
    sent = body if body is not None else read_sample(event)
    assert sent is not None
    read_event = read(sent, SITE, event)
    person, id = read_event.people[0].key, "0" * 32
    profile = profile_of_event(read_event, person, id=id, received_at=RECEIVED_AT)
    return read_event.context(person, id=id, received_at=RECEIVED_AT, profile=profile)


def mapping(directory: Path, routes: str) -> RouteTable:
    """The mapping of routes to the connector `box`."""
    return RouteTable.compile(loaded(directory, SANDBOX + routes))


def route(events: str, upserts: str) -> str:
    """One route with its upserts."""
    return f'\n[[routes]]\nevents = ["{events}"]\nconnector = "box"\n{upserts}\n'


def contact(fields: str) -> str:
    """An upsert of a contact."""
    return f'\n[[routes.upsert]]\nobject = "contact"\n{fields}\n'


def rendered(
    directory: Path, event: str, routes: str, body: bytes | None = None
) -> tuple[Record, ...]:
    """What the sample of an event, or another body, writes."""
    return mapping(directory, routes).render("box", "springfield", event, context(event, body))


def value(
    directory: Path, expression: str, event: str = "order.placed", body: bytes | None = None
) -> Value | None:
    """What one field gets; None where it is not sent. The expression is TOML, quotes included."""
    (record,) = rendered(directory, event, route(event, contact(f"fields.x = {expression}")), body)
    return record.fields.get("x")


def mapping_faults(directory: Path, routes: str) -> dict[str, ConfigFault]:
    """The faults of routes to the connector `box`, by their places."""
    return faults_of(directory, SANDBOX + routes)


def field_fault(
    directory: Path, expression: str, events: str = "order.placed"
) -> ConfigFault | None:
    """The fault of one field's expression, None where it is right.

    The expression is TOML, quotes included.
    """
    faults = mapping_faults(directory, route(events, contact(f"fields.x = {expression}")))
    assert set(faults) <= {"routes[0].upsert[0].fields.x"}
    return next(iter(faults.values()), None)
