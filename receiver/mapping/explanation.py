"""What a payload would write: recognised, read and rendered as a delivery would be, without a store
or a CRM.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from types import MappingProxyType
from typing import Any

from connectors.base import Append, Record, Ref, Value
from receiver.aom import Event, Person, Profile, SourceContext, profile_of_event, read_event
from receiver.mapping import (
    MappingFault,
    RouteTable,
    find_origins,
    fold_records,
    overwrite_of,
)

OVERWRITE_WORDS: Mapping[str, str] = {
    "if_empty": "only where the CRM's is empty",
    "never": "only with a new record",
}
ONLY_UPDATES = "only where the CRM has it"
"""What people read of `overwrite`, and of `mode = "update"`."""

ProfileLookup = Callable[[str], Profile | None]
"""From a person's key to what is known of them; None where that is only what the event tells."""

KnownAs = tuple[str, str]
"""The key by which a person is known, and the address that they have now."""

_ID = "0" * 32


@dataclass(frozen=True, slots=True)
class PlannedRecord:
    """A record that would be written, with the place in the configuration that each field comes
    from: of several the one that counts.
    """

    record: Record
    places: Mapping[str, str]

    def plain(self) -> dict[str, Any]:
        """As JSON would have it."""
        return {**_record_as_json(self.record), "places": dict(self.places)}


@dataclass(frozen=True, slots=True)
class PlannedDelivery:
    """What one person's delivery to one connector would write, or the fault that it would die
    of.

    `person` is the key that they are known by, `records` are as the upserts give them, `places` the
    place of each field of each.
    """

    connector: str
    person: str
    routes: tuple[str, ...]
    records: tuple[Record, ...] = ()
    places: tuple[Mapping[str, str], ...] = ()
    fault: str | None = None

    @property
    def planned(self) -> tuple[PlannedRecord, ...]:
        """One record for each key, as a delivery would send it."""
        numbered = [(str(index), [record]) for index, record in enumerate(self.records)]
        counting = find_origins(numbered)
        anywhere: dict[Ref, dict[str, str]] = {}
        for record, places in zip(self.records, self.places, strict=True):
            anywhere.setdefault(record.ref, {}).update(places)
        return tuple(
            PlannedRecord(
                record,
                {
                    name: self.places[int(counting[record.ref][name])][name]
                    if name in counting[record.ref]
                    else anywhere[record.ref][name]
                    for name in record.fields
                },
            )
            for record in fold_records([self.records])
        )

    def plain(self) -> dict[str, Any]:
        """As JSON would have it."""
        written = (
            {"fault": self.fault}
            if self.fault is not None
            else {"records": [one.plain() for one in self.planned]}
        )
        return {
            "connector": self.connector,
            "person": self.person,
            "routes": list(self.routes),
            **written,
        }


@dataclass(frozen=True, slots=True)
class Explanation:
    """`left_out` counts the deliveries that were not looked at."""

    event: Event
    deliveries: tuple[PlannedDelivery, ...]
    left_out: int = 0

    @property
    def faulty(self) -> bool:
        return any(one.fault is not None for one in self.deliveries)

    def plain(self) -> dict[str, Any]:
        """As JSON would have it."""
        return {
            "event": self.event.name,
            "recognised_by": self.event.how,
            "disagreement": self.event.disagreement,
            "unknown_keys": list(self.event.unknown),
            "unreadable": list(self.event.unreadable),
            "left_out": [
                {"path": fault.path, "message": fault.message} for fault in self.event.left_out
            ],
            "normal": self.event.normal(),
            "deliveries": [one.plain() for one in self.deliveries],
        }


def _nobody_is_known(person_key: str) -> None: ...


def when_written(record: Record, name: str) -> str:
    """When a field of a record is written, in words; nothing where that is always."""
    return OVERWRITE_WORDS.get(overwrite_of(record).get(name, ""), "")


def explain_body(
    body: bytes,
    site: SourceContext,
    named: str | None,
    mapping: RouteTable,
    *,
    now: datetime,
    most: int | None = None,
    profile_of: ProfileLookup = _nobody_is_known,
    known_as: Mapping[str, KnownAs] = MappingProxyType({}),
) -> Explanation:
    """Look at up to `most` deliveries. `known_as` tells of the addresses in the payload whose they
    are, where that is not the address itself.

    Raises InvalidBody where the payload would go into quarantine.
    """
    event = read_event(body, site, named)
    connectors = mapping.connectors(site.name, event.name)
    every = _deliveries(event, connectors, mapping, now, profile_of, known_as)
    deliveries = tuple(islice(every, most))
    return Explanation(event, deliveries, len(connectors) * len(event.people) - len(deliveries))


def _deliveries(
    event: Event,
    connectors: Sequence[str],
    mapping: RouteTable,
    now: datetime,
    profile_of: ProfileLookup,
    known_as: Mapping[str, KnownAs],
) -> Iterator[PlannedDelivery]:
    for connector in connectors:
        for person in event.people:
            known = known_as.get(person.key, (person.key, person.key))
            profile = profile_of(known[0])
            yield _delivery(event, person, known, connector, mapping, now, profile)


def _delivery(
    event: Event,
    person: Person,
    known: KnownAs,
    connector: str,
    mapping: RouteTable,
    now: datetime,
    profile: Profile | None,
) -> PlannedDelivery:
    source = event.site.name
    routes = tuple(route.name for route in mapping.routes(connector, source, event.name))
    if profile is None:
        profile = profile_of_event(event, person.key, id=_ID, received_at=now)
    key, current = known
    context = event.context(
        person.key, id=_ID, received_at=now, person_key=key, current=current, profile=profile
    )
    try:
        written = mapping.render_with_places(connector, source, event.name, context)
        return PlannedDelivery(
            connector,
            key,
            routes,
            records=tuple([record for record, _ in written]),
            places=tuple([places for _, places in written]),
        )
    except MappingFault as fault:
        return PlannedDelivery(connector, key, routes, fault=str(fault))


def _record_as_json(record: Record) -> dict[str, Any]:
    return {
        "object": record.object,
        "key_field": record.key_field,
        "key": record.key,
        "fields": {name: _plain_value(value) for name, value in record.fields.items()},
        "links": [f"{link.object} {link.key}" for link in record.links],
        "overwrite": dict(overwrite_of(record)),
        "creates": record.creates,
    }


def _plain_value(value: Value) -> Any:
    """Options to append as a list."""
    return list(value.values) if isinstance(value, Append) else value
