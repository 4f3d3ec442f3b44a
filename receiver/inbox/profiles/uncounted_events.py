"""Events whose facts are still to be added to profiles.

What comes in is marked as it is accepted. What was accepted while nobody asked for profiles is
marked when a gateway starts that does: that is known for each source.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy import BigInteger, and_, bindparam, delete, func, or_, select, update

from receiver.inbox.db.bulk_statements import UNCOUNTED, insert_statement
from receiver.inbox.db.event_ids import CAME_AT, IN_TIME, VERSION_AT, first_id, first_late_tail
from receiver.inbox.db.person_keys import keys_in_events
from receiver.inbox.db.tables import (
    event,
    literal,
    profile_start,
    uncounted,
)
from receiver.inbox.db.timestamps import from_micros, to_micros
from receiver.inbox.db.transaction import Transaction, TransactionRunner

MOST: Final = 256  # events that are counted together
MOST_BYTES: Final = 8 * 1024 * 1024  # of their bodies
SETTLING: Final = timedelta(days=1)
"""For so long after the first gateway has started to count, another one on the same store may still
run that does not."""
SETTLING_ALONE: Final = timedelta(hours=2)
"""On SQLite there is no other one: what was being accepted when it started to is all that can have
been missed."""

_CHUNK: Final = 2000
_AHEAD: Final = timedelta(hours=1)  # what the clocks of two machines may differ by, and far more


@dataclass(frozen=True, slots=True)
class UncountedEvent:
    """An event as it is to be counted. Where `version` has grown since, it has changed.

    `people`: address in the event → person key, where that is another.
    """

    event_id: str
    version: int
    source: str
    name: str
    named: str | None
    body: bytes
    received_at: datetime
    people: Mapping[str, str]


async def start_counting(
    read: TransactionRunner, write: TransactionRunner, *, sources: Collection[str], now: datetime
) -> None:
    """Mark every event of these sources that came in while nobody counted theirs; those that could
    not be read are tried again. An event that is counted twice counts once.
    """
    new = set(sources) - (await read(find_starts)).keys()
    for source in sorted(new):
        await _mark_from(write, source, None)
    await mark_missed(read, write, now=now)
    await write(partial(keep_starts, sources=new, now=now))


async def mark_missed(
    read: TransactionRunner,
    write: TransactionRunner,
    *,
    now: datetime,
    looked_at: datetime | None = None,
) -> None:
    """Mark what another gateway has accepted that does not count yet: until a day after the first
    one began to, whatever has come in since the last look, or since then. Where nobody says that
    they count, nothing.
    """
    for source, started_at in sorted((await read(partial(find_unsettled, now=now))).items()):
        last = started_at if looked_at is None else max(started_at, looked_at)
        await _mark_from(write, source, last - _AHEAD)


async def _mark_from(write: TransactionRunner, source: str, since: datetime | None) -> None:
    after: str | None = ""
    while after is not None:
        after = await write(partial(mark_events, source=source, since=since, after=after))


async def stop_counting(
    read: TransactionRunner, write: TransactionRunner, *, but: Collection[str]
) -> None:
    """Remember that events come in that nobody counts, from all sources but these."""
    if stopped := (await read(find_starts)).keys() - set(but):
        await write(partial(forget_starts, sources=stopped))


def find_starts(transaction: Transaction) -> dict[str, datetime]:
    """Source → since when every event of it is counted; no others are there."""
    rows = transaction.connection.execute(select(profile_start))
    return {row.source: from_micros(row.started_at) for row in rows}


def find_unsettled(transaction: Transaction, *, now: datetime) -> dict[str, datetime]:
    """The same, of those where an event that came in later may not have been marked."""
    alone = transaction.connection.dialect.name == "sqlite"
    settling = SETTLING_ALONE if alone else SETTLING
    return {source: at for source, at in find_starts(transaction).items() if now - at < settling}


def keep_starts(transaction: Transaction, *, sources: Collection[str], now: datetime) -> None:
    new = insert_statement(transaction.connection.dialect, profile_start)
    given = [{"source": one, "started_at": to_micros(now)} for one in sorted(sources)]
    if given:
        inserted = new.on_conflict_do_nothing(index_elements=["source"])
        transaction.connection.execute(inserted, given)
    transaction.connection.execute(_TRY_AGAIN)


def forget_starts(transaction: Transaction, *, sources: Collection[str]) -> None:
    gone = profile_start.c.source.in_(sorted(sources))
    transaction.connection.execute(delete(profile_start).where(gone))


def mark_events(
    transaction: Transaction, *, source: str, since: datetime | None, after: str
) -> str | None:
    """Mark the next accepted events of a source that have come since then, or all. Returns the last
    id that was looked at, None at the end.
    """
    given = {
        "source": source,
        "after": after,
        "since": "" if since is None else first_id(since),
        "late_since": "" if since is None else first_late_tail(since),
        "most": _CHUNK,
    }
    window = list(transaction.connection.scalars(_WINDOW, given))
    aside = set(transaction.connection.scalars(_NOT_ACCEPTED, {"ids": window})) if window else set()
    UNCOUNTED.execute(transaction.connection, [(id,) for id in window if id not in aside])
    return window[-1] if len(window) == _CHUNK else None


def find_newest(transaction: Transaction) -> str | None:
    """The highest id of an event that is to be counted; None where all are counted."""
    newest: str | None = transaction.connection.scalar(_NEWEST)
    return newest


def list_uncounted(
    transaction: Transaction, *, after: str = "", upto: str | None = None
) -> list[UncountedEvent]:
    """The next events to count between these ids, not with `after` and with `upto`, oldest first:
    as many as fit into memory together; none where all are counted.
    """
    upto = find_newest(transaction) if upto is None else upto
    rows = transaction.connection.execute(_SIZES, {"after": after, "upto": upto}).all()
    ids: list[str] = []
    size = 0
    for row in rows:
        size += row.size
        if ids and size > MOST_BYTES:
            break
        ids.append(row.event_id)
    if not ids:
        return []
    people = keys_in_events(transaction.connection, ids)
    return [
        UncountedEvent(
            row.event_id,
            row.version,
            row.source,
            row.name or "",
            row.named,
            row.body,
            from_micros(row.received_at),
            people.get(row.event_id, {}),
        )
        for row in transaction.connection.execute(_EVENTS, {"ids": ids})
    ]


def claim_events(transaction: Transaction, events: Iterable[UncountedEvent]) -> set[str]:
    """Take the marks of these events away. Returns the ids of those that were marked still, and
    have not changed since they were read.
    """
    versions = {one.event_id: one.version for one in events}
    found = transaction.connection.execute(_CLAIM, {"ids": sorted(versions)})
    ours = [row.event_id for row in found if versions[row.event_id] == row.version]
    if ours:
        transaction.connection.execute(_UNMARK, {"ids": ours})
    return set(ours)


def set_aside(transaction: Transaction, ids: Iterable[str]) -> None:
    """Leave events that cannot be read alone until a gateway starts."""
    transaction.connection.execute(_SET_ASIDE, {"ids": sorted(ids)})


def note_change(transaction: Transaction, id: str) -> None:
    """Let an event that has changed be read anew before it is counted."""
    transaction.connection.execute(_NOTE_CHANGE, {"of": id})


_THESE = uncounted.c.event_id.in_(bindparam("ids", expanding=True))
_WINDOW = (
    select(event.c.id)
    .where(
        event.c.source == bindparam("source"),
        event.c.id > bindparam("after"),
        or_(
            event.c.id >= bindparam("since"),
            and_(
                func.substr(event.c.id, VERSION_AT, 1) != literal(IN_TIME),
                func.substr(event.c.id, CAME_AT) >= bindparam("late_since"),
            ),
        ),
    )
    .order_by(event.c.id)
    .limit(bindparam("most", type_=BigInteger))
)
_NOT_ACCEPTED = select(event.c.id).where(
    event.c.id.in_(bindparam("ids", expanding=True)), event.c.state != literal("accepted")
)
_NEWEST = select(func.max(uncounted.c.event_id))
_SIZES = (
    select(uncounted.c.event_id, func.length(event.c.body).label("size"))
    .join(event, event.c.id == uncounted.c.event_id)
    .where(
        uncounted.c.aside == 0,
        uncounted.c.event_id > bindparam("after"),
        uncounted.c.event_id <= bindparam("upto"),
    )
    .order_by(uncounted.c.event_id)
    .limit(MOST)
)
_EVENTS = (
    select(
        uncounted.c.event_id,
        uncounted.c.version,
        event.c.source,
        event.c.name,
        event.c.named,
        event.c.body,
        event.c.received_at,
    )
    .join(event, event.c.id == uncounted.c.event_id)
    .where(_THESE)
    .order_by(uncounted.c.event_id)
)
# locked in one order, so that two processes that count the same do not wait in a circle
_CLAIM = (
    select(uncounted.c.event_id, uncounted.c.version)
    .where(_THESE)
    .order_by(uncounted.c.event_id)
    .with_for_update()
)
_UNMARK = delete(uncounted).where(_THESE)
_SET_ASIDE = update(uncounted).where(_THESE).values(aside=1)
_TRY_AGAIN = update(uncounted).where(uncounted.c.aside == 1).values(aside=0)
_NOTE_CHANGE = (
    update(uncounted)
    .where(uncounted.c.event_id == bindparam("of"))
    .values(version=uncounted.c.version + 1)
)
