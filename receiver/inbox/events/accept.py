"""Keeps events: all that wait together in one transaction, each with its own outcome."""

from __future__ import annotations

from asyncio import Future
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Final

from sqlalchemy import select, update

from receiver.inbox.db.bulk_sql import Row
from receiver.inbox.db.bulk_statements import DELIVERIES, EVENTS, LANES, PEOPLE, UNCOUNTED
from receiver.inbox.db.errors import StoreUnavailable
from receiver.inbox.db.event_ids import EventIds
from receiver.inbox.db.storable_text import json_or_none, storable_text_or_none
from receiver.inbox.db.tables import LanePriority, event
from receiver.inbox.db.timestamps import to_micros
from receiver.inbox.db.transaction import Transaction
from receiver.inbox.events.dedup import Deduplicator
from receiver.inbox.events.drift_counts import DriftCounter
from receiver.inbox.lanes.reorder import put_in_order
from receiver.inbox.people.accounts import identify_people

_ROUNDS = 5  # each ends one race with another process for the same content


@dataclass(slots=True)  # not frozen, though nobody changes it: that would cost 3 µs of each event
class NewEvent:
    """One authenticated call, validated.

    With faults it is kept in quarantine and gets no deliveries, whatever `lanes` says.
    """

    source: str
    name: str | None
    how: str | None
    disagreement: str | None
    named: str | None  # the name in the URL
    body: bytes
    digest: bytes  # of what it says
    received_at: datetime
    lanes: tuple[tuple[str, str], ...]  # (connector, address)
    people: tuple[str, ...]  # the address of every person in it, also where no route wants it
    unknown: tuple[str, ...] = ()  # paths of keys that no schema knows
    unreadable: tuple[str, ...] = ()  # paths of what counts as absent, with why
    # digest of what it is about, where that has several states; else it is a thing of its own
    thing: bytes | None = None
    faults: tuple[tuple[str, str], ...] = ()  # (path, message)
    # address → AOM's id of the account; None where people are known by their addresses alone
    account_ids: Mapping[str, str] | None = None
    tells_addresses: bool = False  # they are the accounts' own
    # it comes only now, and belongs before all that was received since `received_at`
    late_at: datetime | None = None
    to_count: bool = False  # what it tells of people is to be added to their profiles


@dataclass(frozen=True, slots=True)
class AcceptedEvent:
    """Where it is kept. A duplicate has the id of the first one, and makes no deliveries."""

    id: str
    duplicate: bool
    deliveries: int


MANY: Final = 20  # people in one event


class AcceptEntry:
    """An event on its way into the store; `outcome` is set by the writer and given to `future` on
    the event loop.
    """

    __slots__ = (
        "addresses",
        "at",
        "content",
        "due",
        "event",
        "future",
        "id",
        "is_late",
        "lanes",
        "newest",
        "outcome",
        "people",
        "priority",
        "routed",
        "thing",
        "to_count",
        "unrouted",
    )

    def __init__(self, new: NewEvent, future: Future[AcceptedEvent] | None = None) -> None:
        self.event = new
        self.future = future
        self.at = to_micros(new.received_at)
        self.due = to_micros(new.late_at) if new.late_at else self.at
        self.is_late = new.late_at is not None
        self.thing = (new.thing or new.digest, new.source)
        self.content = new.digest
        self.newest = True
        self.lanes = () if new.faults else tuple(dict.fromkeys(new.lanes))
        self.to_count = new.to_count and not new.faults
        self.people = _without_lane(new.people, self.lanes)
        # the same by the keys of the persons; person key → address in the event, where that differs
        self.routed, self.unrouted = self.lanes, self.people
        self.addresses: Mapping[str, str] = {}
        self.priority = _priority(new, self.lanes)
        self.id = ""
        self.outcome: AcceptedEvent | Exception | None = None

    def know_people(self, keys: Mapping[str, str]) -> None:
        """Take whose its addresses are: address → person key, where that is another."""
        first: dict[str, str] = {}
        for address in self.event.people:
            first.setdefault(keys.get(address, address), address)
        self.addresses = {key: address for key, address in first.items() if key != address}
        routed = [(connector, keys.get(one, one)) for connector, one in self.lanes]
        self.routed = tuple(dict.fromkeys(routed))
        self.unrouted = tuple(dict.fromkeys([keys.get(one, one) for one in self.people]))


class EventAcceptor:
    """Writes groups of entries. Used by one thread."""

    def __init__(self, *, dedup_hours: float, ids: EventIds) -> None:
        self.dedup_hours = dedup_hours  # any thread may change it, for the groups to come
        self._dedup = _deduplicator(dedup_hours)
        self._ids = ids
        self._drift = DriftCounter()

    def accept(
        self, transaction: Transaction, entries: Sequence[AcceptEntry], *, again: bool = False
    ) -> None:
        """Store what is new and set every entry's outcome.

        `again`: an earlier commit of them may have succeeded unseen.
        """
        self._dedup = _deduplicator(self.dedup_hours)
        left = self._absent(transaction, entries) if again else list(entries)
        for entry in left:
            entry.id = entry.id or self._ids.make(
                entry.at, came_at=entry.due if entry.is_late else None
            )
            entry.newest = bool(self._dedup)
        while left:
            fresh, repeated, left = self._dedup.split(left)
            self._store(transaction, fresh)
            for entry, first in repeated:
                known = first.outcome.id if isinstance(first.outcome, AcceptedEvent) else first.id
                entry.outcome = AcceptedEvent(known, duplicate=True, deliveries=0)
        self._route(transaction, [entry for entry in entries if entry.outcome is None])

    def replace(
        self, transaction: Transaction, id: str, new: NewEvent, *, amended: bool = False
    ) -> AcceptedEvent | None:
        """Give the stored event `id` a new judgement, and where it was `amended` a new body.

        None where it has faults still.
        """
        entry = AcceptEntry(new)
        entry.id = id
        if not new.faults:
            self._unknown(transaction, [entry])
        values: dict[str, object] = {"state": "discarded"}
        if not entry.outcome:
            unchanged = {
                "id",
                "source",
                "received_at",
                *(() if amended else ("body",)),
                *(("thing", "digest", "newest") if new.faults else ()),
            }
            values = {
                name: value
                for name, value in zip(event.c.keys(), self._row(entry), strict=True)
                if name not in unchanged
            }
        transaction.connection.execute(update(event).where(event.c.id == id).values(values))
        if not new.faults and not entry.outcome:
            self._route(transaction, [entry])
        return entry.outcome if isinstance(entry.outcome, AcceptedEvent) else None

    def _absent(
        self, transaction: Transaction, entries: Sequence[AcceptEntry]
    ) -> list[AcceptEntry]:
        ids = [entry.id for entry in entries if entry.id]
        there = (
            set(transaction.connection.scalars(select(event.c.id).where(event.c.id.in_(ids))))
            if ids
            else set()
        )
        for entry in entries:
            if entry.id in there:
                entry.outcome = AcceptedEvent(
                    entry.id, duplicate=False, deliveries=len(entry.routed)
                )
        return [entry for entry in entries if entry.id not in there]

    def _store(self, transaction: Transaction, fresh: list[AcceptEntry]) -> None:
        """Insert the events in the order of their keys, so that two processes cannot block each
        other. Sets the outcome of duplicates.
        """
        missing = fresh
        for _ in range(_ROUNDS):
            missing = sorted(missing, key=attrgetter("thing")) if len(missing) > 1 else missing
            if EVENTS.execute(
                transaction.connection, [self._row(entry) for entry in missing]
            ) == len(missing):
                return
            missing = self._unknown(transaction, missing)
        raise StoreUnavailable("other processes keep changing the same events")

    def _unknown(self, transaction: Transaction, entries: list[AcceptEntry]) -> list[AcceptEntry]:
        missing, repeated = self._dedup.unknown(transaction, entries)
        for entry, known in repeated:
            entry.outcome = AcceptedEvent(known, duplicate=True, deliveries=0)
        return missing

    def _row(self, entry: AcceptEntry) -> Row:
        new = entry.event
        return (
            entry.id,
            new.source,
            new.name,
            new.how,
            storable_text_or_none(new.named),
            storable_text_or_none(new.disagreement),
            "quarantined" if new.faults else "accepted",
            entry.at,
            entry.thing[0] if self._dedup else None,
            entry.content if self._dedup else None,
            1 if entry.newest else None,
            json_or_none(new.unknown),
            json_or_none(new.faults),
            new.people[0] if new.people else None,
            len(new.people),
            new.body,
        )

    def _route(self, transaction: Transaction, accepted: list[AcceptEntry]) -> None:
        """People, lanes and deliveries of the events that were kept.

        Drift last: other processes wait for the same few rows.
        """
        connection = transaction.connection
        calls = [entry for entry in accepted if entry.event.account_ids is not None]
        people = identify_people(transaction, [(entry.id, entry.event) for entry in calls])
        for entry, keys in zip(calls, people, strict=True):
            if keys or entry.addresses:
                entry.know_people(keys)
        PEOPLE.execute(
            connection,
            [
                (entry.id, person, entry.addresses.get(person))
                for entry in accepted
                for person in entry.unrouted
            ],
        )
        UNCOUNTED.execute(connection, [(entry.id,) for entry in accepted if entry.to_count])
        lanes = _lanes(accepted)
        LANES.execute(connection, [(*lane, *new.row()) for lane, new in sorted(lanes.items())])
        DELIVERIES.execute(connection, _deliveries(accepted, lanes))
        transaction.woken.update(connector for _, connector in lanes)
        for entry in accepted:
            entry.outcome = AcceptedEvent(entry.id, duplicate=False, deliveries=len(entry.routed))
        for entry in accepted:
            if entry.event.late_at and entry.routed:
                put_in_order(transaction, entry.id, now=entry.event.late_at)
        strange = [
            (new.source, new.name, paths, entry.due)
            for entry in accepted
            if (paths := (new := entry.event).unknown + new.unreadable)
        ]
        self._drift.count(connection, strange)


def _deduplicator(hours: float) -> Deduplicator:
    return Deduplicator(round(hours * 3_600_000_000))


def _priority(new: NewEvent, lanes: Collection[object]) -> LanePriority:
    if new.late_at:
        return LanePriority.BULK
    return LanePriority.MANY if len(lanes) > MANY else LanePriority.LIVE


def _without_lane(people: tuple[str, ...], lanes: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    if len(people) == 1 == len(lanes) and people[0] == lanes[0][1]:
        return ()
    routed = {person for _, person in lanes}
    return tuple(person for person in people if person not in routed)


@dataclass(slots=True)
class _NewDeliveries:
    """What one lane gets of a group of events.

    The first that goes before the others says how it is queued.
    """

    source: str
    due: int
    priority: int
    count: int = 0

    def add(self, entry: AcceptEntry) -> None:
        self.count += 1
        if entry.priority < self.priority:
            self.priority, self.source = entry.priority, entry.event.source

    def row(self) -> tuple[str, int, int, int]:
        return self.source, self.due, self.count, self.priority


def _lanes(accepted: Iterable[AcceptEntry]) -> dict[tuple[str, str], _NewDeliveries]:
    """(person key, connector) → what comes for it."""
    lanes: dict[tuple[str, str], _NewDeliveries] = {}
    for entry in accepted:
        for connector, person in entry.routed:
            lane = lanes.get((person, connector))
            if lane is None:
                lane = _NewDeliveries(entry.event.source, entry.due, entry.priority)
                lanes[person, connector] = lane
            lane.add(entry)
    return lanes


def _deliveries(
    accepted: Iterable[AcceptEntry], lanes: dict[tuple[str, str], _NewDeliveries]
) -> list[Row]:
    """The last delivery of a lane in this group gets the lane's new version as its number, the ones
    before it those below.
    """
    rows = []
    left = {lane: new.count for lane, new in lanes.items()}
    for entry in accepted:
        for connector, person in entry.routed:
            left[person, connector] -= 1
            address = entry.addresses.get(person)
            rows.append((person, connector, entry.id, left[person, connector], address))
    return rows
