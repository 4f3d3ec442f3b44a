"""By which keys a person is found: events and lanes keep the one that the person had then."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Text, bindparam, exists, func, literal, select, union

from receiver.inbox.db.tables import delivery, event_person, lane, person_address


def lane_keys_of(given: str) -> Any:
    """The query for the keys of the lanes of the person whose address or key this is."""
    owner = (
        select(person_address.c.person_key)
        .where(person_address.c.address == given)
        .scalar_subquery()
    )
    key = func.coalesce(owner, literal(given, Text()))
    joined = select(person_address.c.address).where(
        person_address.c.person_key == key,
        # it may have become the key of another one, who came first
        ~exists().where(_OTHERS.c.person_key == person_address.c.address),
    )
    return union(select(key.label("person_key")), joined)


def keys_of_people(connection: Connection, persons: Collection[str]) -> dict[str, frozenset[str]]:
    """Each key of a person → all keys that the person has had.

    A key that nobody goes by any more is whose address it is now; any other is a person, though it
    may be the address of somebody else.
    """
    owners = connection.execute(_OWNERS_OF_FORMER, {"given": sorted(persons)})
    now = dict.fromkeys(persons) | {row.address: row.person_key for row in owners}
    keys = {person or one: {person or one} for one, person in now.items()}
    for row in connection.execute(_JOINED, {"persons": sorted(keys)}):
        keys[row.person_key].add(row.address)
    return {one: frozenset(keys[person or one]) for one, person in now.items()}


def keys_in_events(connection: Connection, ids: Collection[str]) -> dict[str, dict[str, str]]:
    """Event id → address in the event → key of the person whom it is of, where that is another."""
    found: dict[str, dict[str, str]] = {}
    for query in (_ROUTED_AS, _KNOWN_AS):
        for row in connection.execute(query, {"ids": list(ids)}):
            found.setdefault(row.event_id, {})[row.address] = row.person_key
    return found


_OTHERS = person_address.alias("others")
_OWNERS_OF_FORMER = select(person_address.c.address, person_address.c.person_key).where(
    person_address.c.address.in_(bindparam("given", expanding=True)),
    ~exists().where(_OTHERS.c.person_key == person_address.c.address),
)
_JOINED = select(person_address.c.address, person_address.c.person_key).where(
    person_address.c.person_key.in_(bindparam("persons", expanding=True)),
    ~exists().where(_OTHERS.c.person_key == person_address.c.address),
)
_ROUTED_AS = (
    select(delivery.c.event_id, delivery.c.address, lane.c.person_key)
    .join(lane, lane.c.id == delivery.c.lane_id)
    .where(
        delivery.c.event_id.in_(bindparam("ids", expanding=True)), delivery.c.address.is_not(None)
    )
)
_KNOWN_AS = select(
    event_person.c.event_id, event_person.c.address, event_person.c.person_key
).where(
    event_person.c.event_id.in_(bindparam("ids", expanding=True)),
    event_person.c.address.is_not(None),
)
