"""Finds an event, an order, a record or a person by whatever somebody knows of it.

Each question is a look-up in an index: the time for it does not depend on how much is stored.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, Select, bindparam, func, select
from sqlalchemy.sql.elements import ColumnElement

from receiver.facts import digest_order
from receiver.inbox.db.storable_text import from_json
from receiver.inbox.db.tables import (
    attempt,
    delivery,
    event,
    event_person,
    lane,
    person_address,
    remote,
)
from receiver.inbox.db.timestamps import from_micros
from receiver.inbox.db.transaction import Transaction
from receiver.inbox.reads.event_detail import RemoteRecord

MOST_FOUND: Final = 20  # of each kind
MOST_EVENTS: Final = 1_000  # of one key
_MOST_ATTEMPTS: Final = 500  # of the lanes of a key's records, the newest
_SHORTEST_ID: Final = 8  # characters of the beginning of an event's id
_SHORTEST_ADDRESS: Final = 2
_LAST: Final = "\U0010ffff"  # behind all that begins alike


@dataclass(frozen=True, slots=True)
class FoundOrder:
    """An order that events of a source tell of."""

    source: str
    id: str
    events: int


@dataclass(frozen=True, slots=True)
class FoundRecord:
    """A record in a CRM, and the key of the person in whose lane it is written."""

    record: RemoteRecord
    person: str
    lane_id: int


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What was found, up to 20 of each kind.

    `exact_people` go by this very address; `people` by one that begins so.
    """

    event_ids: tuple[str, ...] = ()
    orders: tuple[FoundOrder, ...] = ()
    records: tuple[FoundRecord, ...] = ()
    exact_people: tuple[str, ...] = ()
    people: tuple[str, ...] = ()


def find_matches(transaction: Transaction, text: str, *, sources: Sequence[str]) -> SearchResult:
    """What this text is: the id of an event or its beginning, an order's id, a record's key or its
    id in the CRM, an address or its beginning. `sources`: those whose orders may be keyed by them.
    """
    address = text.lower()
    people = _find_people(transaction, address)
    keys = [text, *(f"{source}:{text}" for source in sources)]
    by_id = [_found_record(row) for row in transaction.connection.execute(_BY_ID, {"id": text})]
    records = dict.fromkeys([*find_records(transaction, keys), *by_id])
    return SearchResult(
        _find_event_ids(transaction, address),
        _find_orders(transaction, text),
        tuple(records)[:MOST_FOUND],
        tuple(one for one in people if one == address),
        tuple(one for one in people if one != address),
    )


def find_records(transaction: Transaction, keys: Sequence[str]) -> list[FoundRecord]:
    """The records with one of these keys, at whatever connector."""
    return [
        _found_record(row)
        for kind in _kinds_of_records(transaction)
        for row in transaction.connection.execute(_BY_KEY, {**kind, "keys": list(keys)})
    ]


def find_key_events(transaction: Transaction, key: str) -> tuple[str, ...]:
    """The ids of the events that wrote a record of this key, or tell of the order with this id
    (`7301`, or `springfield:7301`); up to 1,000, the newest.
    """
    found = _writers(transaction, key, find_records(transaction, [key]))
    for source, id in _orders_of(key):
        rows = transaction.connection.execute(_OF_ORDER, {"thing": digest_order(id)})
        found.update(row.id for row in rows if source in {None, row.source})
    return tuple(sorted(found)[-MOST_EVENTS:])


def find_record_events(
    transaction: Transaction, connector: str, object: str, key: str
) -> tuple[str, ...]:
    """The ids of the events that wrote this very record; up to 1,000, the newest."""
    given = {"connector": connector, "object": object, "keys": [key]}
    records = [_found_record(row) for row in transaction.connection.execute(_BY_KEY, given)]
    return tuple(sorted(_writers(transaction, key, records))[-MOST_EVENTS:])


def _orders_of(key: str) -> list[tuple[str | None, str]]:
    """(source, id) of the orders that may be meant: a source's name has no colon."""
    source, colon, id = key.partition(":")
    return [(None, key), *([(source, id)] if colon else [])]


def _writers(transaction: Transaction, key: str, records: Sequence[FoundRecord]) -> set[str]:
    """The ids of the events that wrote one of these records, all of this key."""
    found = {one.record.event_id for one in records}
    if deliveries := sorted(_deliveries_of(transaction, key, records))[-MOST_EVENTS:]:
        found.update(transaction.connection.scalars(_EVENTS_OF, {"ids": deliveries}))
    return found


def _deliveries_of(transaction: Transaction, key: str, records: Sequence[FoundRecord]) -> set[int]:
    """Those that wrote one of these records, by what the attempts sent."""
    lanes, found = sorted({one.lane_id for one in records}), set[int]()
    objects = {one.record.object for one in records}
    for row in transaction.connection.execute(_ATTEMPTS, {"lanes": lanes}):
        for sent in from_json(row.sent):
            if sent.get("key") == key and sent.get("object") in objects:
                found.update(sent.get("of") or json.loads(row.deliveries))
    return found


def _find_event_ids(transaction: Transaction, text: str) -> tuple[str, ...]:
    if len(text) < _SHORTEST_ID:
        return ()
    return tuple(transaction.connection.scalars(_EVENT_IDS, {"from": text, "to": text + _LAST}))


def _find_orders(transaction: Transaction, text: str) -> tuple[FoundOrder, ...]:
    return tuple(
        FoundOrder(row.source, id, row.number)
        for source, id in _orders_of(text)
        for row in transaction.connection.execute(_ORDERS, {"thing": digest_order(id)})
        if source in {None, row.source}
    )


def _find_people(transaction: Transaction, address: str) -> tuple[str, ...]:
    if len(address) < _SHORTEST_ADDRESS:
        return ()
    found: set[str] = set()
    for query in _PEOPLE:
        given = {"from": address, "to": address + _LAST}
        found.update(transaction.connection.scalars(query, given))
    return tuple(sorted(found)[:MOST_FOUND])


def _kinds_of_records(transaction: Transaction) -> Iterator[dict[str, str]]:
    """Each connector and object that has records: a step or two in the index for each of them."""
    kind = {"connector": "", "object": ""}
    while row := _next_kind(transaction, kind):
        kind = {"connector": row.connector, "object": row.object}
        yield kind


def _next_kind(transaction: Transaction, kind: Mapping[str, str]) -> Row[str, str] | None:
    """Asked for in two, since SQLite reads all of a kind to compare pairs."""
    same_connector = transaction.connection.execute(_NEXT_OBJECT, kind).one_or_none()
    return same_connector or transaction.connection.execute(_NEXT_CONNECTOR, kind).one_or_none()


def _found_record(row: Row[Any]) -> FoundRecord:
    written_at = from_micros(row.written_at)
    record = RemoteRecord(row.connector, row.object, row.key, row.id, row.event_id, written_at)
    return FoundRecord(record, row.person_key or "", row.lane_id)


def _begins(column: ColumnElement[str]) -> Select[str]:
    return (
        select(column)
        .where(column >= bindparam("from"), column <= bindparam("to"))
        .distinct()
        .order_by(column)
        .limit(MOST_FOUND)
    )


_PEOPLE = tuple(
    _begins(column)
    for column in (lane.c.person_key, event_person.c.person_key, person_address.c.address)
)
_EVENT_IDS = _begins(event.c.id)
_OF_ORDER = select(event.c.id, event.c.source).where(event.c.thing == bindparam("thing"))
_ORDERS = (
    select(event.c.source, func.count().label("number"))
    .where(event.c.thing == bindparam("thing"))
    .group_by(event.c.source)
    .order_by(event.c.source)
)
_RECORDS = select(remote, lane.c.person_key).outerjoin(lane, lane.c.id == remote.c.lane_id)
_BY_ID = _RECORDS.where(remote.c.id == bindparam("id")).limit(MOST_FOUND)
_BY_KEY = _RECORDS.where(
    remote.c.connector == bindparam("connector"),
    remote.c.object == bindparam("object"),
    remote.c.key.in_(bindparam("keys", expanding=True)),
)
_NEXT = select(remote.c.connector, remote.c.object).limit(1)
_NEXT_OBJECT = _NEXT.where(
    remote.c.connector == bindparam("connector"), remote.c.object > bindparam("object")
).order_by(remote.c.object)
_NEXT_CONNECTOR = _NEXT.where(remote.c.connector > bindparam("connector")).order_by(
    remote.c.connector, remote.c.object
)
_ATTEMPTS = (
    select(attempt.c.sent, attempt.c.deliveries)
    .where(attempt.c.lane_id.in_(bindparam("lanes", expanding=True)))
    .order_by(attempt.c.id.desc())
    .limit(_MOST_ATTEMPTS)
)
_EVENTS_OF = select(delivery.c.event_id).where(delivery.c.id.in_(bindparam("ids", expanding=True)))
