"""Erasing a person: all that the store holds of theirs, and their address wherever else it stands.

What becomes of a row is worked out between two transactions, and written where the row is still the
one that was read: a payload may be a megabyte, and nobody waits for the store meanwhile.

Outside of its reach are backups, what a CRM holds, and a PostgreSQL server's own log and dead rows
until its vacuum.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, Select, Text, cast, delete, func, literal, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from receiver.inbox.db.errors import StoreUnavailable
from receiver.inbox.db.event_filter import events_of
from receiver.inbox.db.tables import (
    attempt,
    delivery,
    event,
    event_person,
    lane,
)
from receiver.inbox.db.transaction import Transaction, TransactionRunner
from receiver.inbox.events.erase_mentions import erase_mentions, scrub_column, text_holds
from receiver.inbox.events.erase_payload import payload_names, without_address, without_person
from receiver.inbox.events.erase_records import erase_remotes
from receiver.inbox.events.original_calls import originals_with, remove_originals
from receiver.inbox.events.retention import remove_events
from receiver.inbox.lanes.replay import lock_lanes
from receiver.inbox.people.addresses import PersonNames, find_names, forget_names
from receiver.inbox.profiles.stored_facts import erase_profiles
from receiver.inbox.profiles.uncounted_events import note_change
from receiver.text.known_address import address_forms

CHUNK: Final = 25  # rows that are read and written at once
_CHECKPOINTS = 6  # of five seconds each


@dataclass(frozen=True, slots=True)
class ErasedPerson:
    """What was removed: events of this person alone; shared events that go on without them; and
    what hung on their lanes.
    """

    events: int = 0
    shared: int = 0
    lanes: int = 0
    deliveries: int = 0
    attempts: int = 0
    remotes: int = 0
    mentions: int = 0  # other rows in which the address stood

    def __add__(self, other: ErasedPerson) -> ErasedPerson:
        return ErasedPerson(
            *(getattr(self, field.name) + getattr(other, field.name) for field in fields(self))
        )


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as it was read, and who is known to be in it."""

    row: Mapping[str, Any]
    people: Mapping[str, str]  # person key → address in the event

    @property
    def id(self) -> str:
        return str(self.row["id"])


@dataclass(frozen=True, slots=True)
class EventChange:
    """What becomes of an event. Without values it goes; with them the others stay in it."""

    before: StoredEvent
    values: Mapping[str, object] | None


async def erase_person(
    read: TransactionRunner, write: TransactionRunner, address: str
) -> ErasedPerson:
    """What comes of the person meanwhile goes as well, also by an address that is new."""
    total = ErasedPerson()
    names: PersonNames | None = await read(partial(find_names, given=address))
    while names:
        total += await _erase_names(read, write, names)
        names = await write(partial(forget_names, given=address, erased=names))
    return total


async def _erase_names(
    read: TransactionRunner, write: TransactionRunner, names: PersonNames
) -> ErasedPerson:
    """Some events at a time, the lanes last: they tell where the person is, so that a second run
    can finish what a crash cut short.
    """
    ids: set[str] = set()
    for one in names.addresses:
        ids.update(await read(partial(events_with, address=one)))
    total = ErasedPerson()
    last: ErasedPerson | None = None
    while last is None:
        ids.update(await read(partial(events_in, names=names)))
        total += await _erase_events(read, write, names, sorted(ids))
        ids, last = set(), await write(partial(erase_lanes, names=names))
    total += last
    for one in names.addresses:
        originals = await read(partial(originals_with, address=one))
        total += ErasedPerson(
            mentions=await write(partial(remove_originals, ids=originals)) if originals else 0
        )
        total += ErasedPerson(mentions=await erase_mentions(read, write, one))
    return total


async def _erase_events(
    read: TransactionRunner, write: TransactionRunner, names: PersonNames, ids: Sequence[str]
) -> ErasedPerson:
    """Those that somebody changes meanwhile are looked at again."""
    total = ErasedPerson()
    waiting = list(ids)
    while waiting:
        chunk, waiting = waiting[:CHUNK], waiting[CHUNK:]
        stored = await read(partial(stored_events, ids=chunk))
        changes = await asyncio.to_thread(event_changes, stored, names)
        if changes:
            done, changed = await write(partial(apply_changes, names=names, changes=changes))
            total += done
            waiting += changed
    return total


def empty_log(connection: Connection) -> None:
    """Empty SQLite's log, which holds pages as they were before. Waits for readers."""
    driver: Any = connection.connection.driver_connection
    for _ in range(_CHECKPOINTS):
        if not driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            return
    raise StoreUnavailable(
        "the person is erased, but readers kept SQLite's log from being emptied; erase them "
        "again to repeat that"
    )


def events_with(transaction: Transaction, address: str) -> list[str]:
    """The events that hold the address though the person is not known to be in them, and some that
    only may hold it.

    Reads every payload: slow in a large store.
    """
    where = or_(
        _in_body(transaction, address_forms(address)),
        # nobody knows whose these are: any escape in them may be one of the address
        (event.c.state != literal("accepted")) & _in_body(transaction, _ESCAPES),
        *(text_holds(column, address) for column in _EVENT_TEXTS),
    )
    return list(transaction.connection.scalars(select(event.c.id).where(where)))


def events_in(transaction: Transaction, names: PersonNames) -> list[str]:
    """Find the events that a person is in."""
    return list(transaction.connection.scalars(events_of(names.keys)))


def stored_events(transaction: Transaction, ids: Sequence[str]) -> list[StoredEvent]:
    """Those of these events that are there, as they are."""
    return _stored(transaction, select(event).where(event.c.id.in_(ids)).order_by(event.c.id))


def _stored(transaction: Transaction, found: Select[Any]) -> list[StoredEvent]:
    return [
        StoredEvent(dict(row), _people(transaction, row["id"]))
        for row in transaction.connection.execute(found).mappings().all()
    ]


def event_changes(stored: Iterable[StoredEvent], names: PersonNames) -> list[EventChange]:
    """What becomes of the events that the person is in, or is named in. Touches no store."""
    return [
        EventChange(one, _values_without(one, names))
        for one in stored
        # not another one's address that holds this one
        if not one.people.keys().isdisjoint(names.keys)
        or any(_is_named(one.row, address) for address in names.addresses)
    ]


def _values_without(one: StoredEvent, names: PersonNames) -> dict[str, object] | None:
    """Of a call in quarantine nobody knows whose it is: only what is plainly another one's
    stays.
    """
    row = one.row
    others = {key: address for key, address in one.people.items() if key not in names.keys}
    theirs = {one.people[key] for key in one.people.keys() - others.keys()}
    addresses = sorted({*names.addresses, *theirs} - set(others.values()))
    if one.people and not others:
        return None
    values: dict[str, Any] = dict(row)
    for address in addresses:
        remove = without_address if others else without_person
        if others or _is_named(values, address):
            values["body"] = remove(values["body"], address)
        if values["body"] is None:
            return None
        values |= {column.name: scrub_column(values, column, address) for column in _EVENT_TEXTS}
    changed = {name: values[name] for name in ("body", *(one.name for one in _EVENT_TEXTS))}
    changed["people"] = row["people"] - (len(one.people) - len(others))
    if row["person"] in addresses:
        changed["person"] = min(others.values(), default=None)
    return changed


def apply_changes(
    transaction: Transaction, names: PersonNames, changes: Sequence[EventChange]
) -> tuple[ErasedPerson, list[str]]:
    """Remove these events, or the person from those that are not theirs alone.

    Returns the ids of those that are no longer as read.
    """
    ids = [change.before.id for change in changes]
    # nobody gives them deliveries now
    these = select(event).where(event.c.id.in_(ids)).order_by(event.c.id).with_for_update()
    now = {one.id: one for one in _stored(transaction, these)}
    changed = [
        change.before.id
        for change in changes
        if change.before.id in now and now[change.before.id] != change.before
    ]
    ours = [change for change in changes if now.get(change.before.id) == change.before]
    lanes = _lanes(transaction, names)
    gone = [change.before.id for change in ours if change.values is None]
    deliveries = (
        transaction.connection.scalar(
            select(func.count()).select_from(delivery).where(delivery.c.event_id.in_(gone))
        )
        or 0
    )
    remove_events(transaction, gone)
    for change in ours:
        if change.values is not None:
            deliveries += _strip(transaction, change.before.id, change.values, names, lanes)
    return ErasedPerson(
        events=len(gone), shared=len(ours) - len(gone), deliveries=deliveries
    ), changed


def erase_lanes(transaction: Transaction, names: PersonNames) -> ErasedPerson | None:
    """Remove what is left when the events are gone.

    None where new ones came meanwhile, so that these have to go first.
    """
    connection = transaction.connection
    lanes = _lanes(transaction, names)
    if connection.scalar(events_of(names.keys).limit(1)) is not None:
        return None
    for key in names.keys:
        erase_profiles(transaction, key)
    return ErasedPerson(
        remotes=erase_remotes(transaction, names, lanes),
        attempts=connection.execute(delete(attempt).where(attempt.c.lane_id.in_(lanes))).rowcount,
        lanes=connection.execute(delete(lane).where(lane.c.id.in_(lanes))).rowcount,
    )


_ESCAPES: Final = ("\\u", "&", "%")  # of JSON, HTML and URLs
_EVENT_TEXTS: Final = (event.c.named, event.c.disagreement, event.c.unknown, event.c.faults)


def _lanes(transaction: Transaction, names: PersonNames) -> list[int]:
    lanes = list(
        transaction.connection.scalars(select(lane.c.id).where(lane.c.person_key.in_(names.keys)))
    )
    lock_lanes(transaction, lanes)
    return lanes


def _people(transaction: Transaction, id: str) -> dict[str, str]:
    routed = (
        select(lane.c.person_key, delivery.c.address)
        .join(delivery, delivery.c.lane_id == lane.c.id)
        .where(delivery.c.event_id == id)
    )
    others = select(event_person.c.person_key, event_person.c.address).where(
        event_person.c.event_id == id
    )
    return {
        key: address or key
        for found in (routed, others)
        for key, address in transaction.connection.execute(found)
    }


def _strip(
    transaction: Transaction,
    id: str,
    values: Mapping[str, object],
    names: PersonNames,
    lanes: Sequence[int],
) -> int:
    """Returns how many deliveries went."""
    connection = transaction.connection
    connection.execute(update(event).where(event.c.id == id).values(values))
    note_change(transaction, id)
    connection.execute(
        delete(event_person).where(
            event_person.c.event_id == id, event_person.c.person_key.in_(names.keys)
        )
    )
    return connection.execute(
        delete(delivery).where(delivery.c.event_id == id, delivery.c.lane_id.in_(lanes))
    ).rowcount


def _is_named(row: Mapping[str, Any], address: str) -> bool:
    return payload_names(row["body"], address) or any(
        scrub_column(row, column, address) != row[column.name] for column in _EVENT_TEXTS
    )


def _in_body(transaction: Transaction, texts: Collection[str]) -> ColumnElement[bool]:
    """Whether one of the texts stands in the payload, in whatever case; what is found so may yet be
    another one's address.
    """
    if transaction.connection.dialect.name == "postgresql":
        body = func.lower(func.encode(event.c.body, "escape"))
        return or_(
            *(
                func.strpos(body, func.lower(func.encode(text.encode(), "escape"))) > 0
                for text in sorted(texts)
            )
        )
    body = func.lower(cast(event.c.body, Text))
    return or_(*(func.instr(body, text) > 0 for text in sorted(texts)))
