"""Erasing a person: all that the store holds of theirs, and their address wherever else it stands.

Outside of its reach are backups, what a CRM holds, and a PostgreSQL server's own log and dead rows until its vacuum.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import Any, Final

from sqlalchemy import Column, Connection, RowMapping, Table, Text, and_, cast, delete, func, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from receiver.inbox.errors import StoreUnavailable
from receiver.inbox.filters import events_of
from receiver.inbox.redact import forms, names, names_others, scrubbed, without
from receiver.inbox.replay import lock
from receiver.inbox.retention import remove
from receiver.inbox.stamps import Stamp, decode
from receiver.inbox.tables import attempt, connector_state, delivery, drift, event, event_person, lane, remote, remote_link
from receiver.inbox.transaction import Run, Transaction

CHUNK: Final = 100
_CHECKPOINTS = 6  # of five seconds each


@dataclass(frozen=True, slots=True)
class Erased:
    """What was removed: events of this person alone; shared events that go on without them; and what hung on their lanes."""

    events: int = 0
    shared: int = 0
    lanes: int = 0
    deliveries: int = 0
    attempts: int = 0
    remotes: int = 0
    mentions: int = 0  # other rows in which the address stood

    def __add__(self, other: Erased) -> Erased:
        return Erased(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))


@dataclass(frozen=True, slots=True)
class Mention:
    """A row outside of the events that holds the address."""

    table: Table
    key: tuple[Any, ...]


async def erase(read: Run, write: Run, address: str) -> Erased:
    """Some events at a time, the lanes last: they tell where the person is, so that a second run can finish what a crash cut short."""
    ids = await read(partial(events_with, address=address))
    total = Erased()
    last: Erased | None = None
    while last is None:
        ids = sorted({*ids, *await read(partial(events_in, address=address))})
        for start in range(0, len(ids), CHUNK):
            total += await write(partial(erase_events, address=address, ids=ids[start : start + CHUNK]))
        ids, last = [], await write(partial(erase_lanes, address=address))
    total += last
    found = await read(partial(mentions, address=address))
    for start in range(0, len(found), CHUNK):
        total += await write(partial(scrub, address=address, found=found[start : start + CHUNK]))
    return total


def checkpoint(connection: Connection) -> None:
    """Empty SQLite's log, which holds pages as they were before. Waits for readers."""
    driver: Any = connection.connection.driver_connection
    for _ in range(_CHECKPOINTS):
        if not driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            return
    raise StoreUnavailable("the person is erased, but readers kept SQLite's log from being emptied; erase them again to repeat that")


def events_with(transaction: Transaction, address: str) -> list[str]:
    """The events that hold the address though the person is not known to be in them. Reads every payload: slow in a large store."""
    where = or_(_in_body(transaction, address), *(_in_text(column, address) for column in _EVENT_TEXTS))
    return list(transaction.connection.scalars(select(event.c.id).where(where)))


def events_in(transaction: Transaction, address: str) -> list[str]:
    """The events that the person is in."""
    return list(transaction.connection.scalars(events_of(address)))


def mentions(transaction: Transaction, address: str) -> list[Mention]:
    """Rows of other people, and of none, that hold the address. Reads the tables as a whole."""
    return [
        Mention(table, tuple(row))
        for table, columns in _PLACES.items()
        for row in transaction.connection.execute(select(*table.primary_key).where(or_(*(_in_text(column, address) for column in columns))))
    ]


def erase_events(transaction: Transaction, address: str, ids: Sequence[str]) -> Erased:
    """Remove these events, or the person from those that are not theirs alone."""
    gone, shared, deliveries = [], 0, 0
    these = select(event).where(event.c.id.in_(ids)).order_by(event.c.id).with_for_update()  # nobody gives them deliveries now
    found = transaction.connection.execute(these).mappings().all()
    lanes = _lanes(transaction, address)
    for row in found:
        people = _people(transaction, row["id"])
        if address not in people and not _is_named(row, address):
            continue  # another one's address that holds this one
        if people - {address} or (not people and names_others(row["body"], address)):
            deliveries += _strip(transaction, row, address, people, lanes)
            shared += 1
        else:
            gone.append(row["id"])
    deliveries += transaction.connection.scalar(select(func.count()).select_from(delivery).where(delivery.c.event_id.in_(gone))) or 0
    remove(transaction, gone)
    return Erased(events=len(gone), shared=shared, deliveries=deliveries)


def erase_lanes(transaction: Transaction, address: str) -> Erased | None:
    """Remove what is left when the events are gone. None where new ones came meanwhile, so that these have to go first."""
    connection = transaction.connection
    lanes = _lanes(transaction, address)
    if connection.scalar(events_of(address).limit(1)) is not None:
        return None
    return Erased(
        remotes=_erase_remotes(transaction, address, lanes),
        attempts=connection.execute(delete(attempt).where(attempt.c.lane_id.in_(lanes))).rowcount,
        lanes=connection.execute(delete(lane).where(lane.c.id.in_(lanes))).rowcount,
    )


def _erase_remotes(transaction: Transaction, address: str, lanes: Sequence[int]) -> int:
    """Returns how many. A record that others have written, too, stays: what it tells of them is what no older event may write over."""
    theirs = or_(remote.c.lane_id.in_(lanes), _in_text(remote.c.key, address))
    count = 0
    for row in transaction.connection.execute(select(remote).where(theirs).order_by(*_REMOTE_KEY).with_for_update()).mappings().all():
        where = {column.name: row[column.name] for column in _REMOTE_KEY}
        if scrubbed(row["key"], address) == row["key"]:
            if row["lane_id"] not in lanes:
                continue  # another one's address that holds this one
            if other := _other(transaction, row["stamps"], lanes):
                transaction.connection.execute(update(remote).where(_is(remote, where)).values(other._asdict()))
                continue
        count += 1
        transaction.connection.execute(delete(remote_link).where(_is(remote_link, where)))
        transaction.connection.execute(delete(remote).where(_is(remote, where)))
    return count


def _other(transaction: Transaction, stamps: str | None, lanes: Sequence[int]) -> Stamp | None:
    """The newest write of the record by somebody else."""
    others = {stamp.lane_id: stamp for stamp in sorted(decode(stamps or "[]").values()) if stamp.lane_id not in lanes}
    there = transaction.connection.scalars(select(lane.c.id).where(lane.c.id.in_(list(others))))
    return max((others[id] for id in there), default=None)


def scrub(transaction: Transaction, address: str, found: Iterable[Mention]) -> Erased:
    """Replace the address in these rows. A link to the person goes as a whole."""
    count = 0
    for mention in found:
        where = _is(mention.table, dict(zip(mention.table.primary_key.columns.keys(), mention.key, strict=True)))
        row = transaction.connection.execute(select(mention.table).where(where)).mappings().one_or_none()
        if row is None:
            continue
        texts = {column.name: _scrubbed(row, column, address) for column in _PLACES[mention.table]}
        if all(row[name] == text for name, text in texts.items()):
            continue  # another one's address that holds this one
        count += 1
        if mention.table in (remote_link, drift):
            transaction.connection.execute(delete(mention.table).where(where))
        else:
            transaction.connection.execute(update(mention.table).where(where).values(texts))
    return Erased(mentions=count)


_REMOTE_KEY: Final = tuple(remote.primary_key)  # in this order everybody locks them
_EVENT_TEXTS: Final = (event.c.named, event.c.disagreement, event.c.unknown, event.c.faults)
_PATHS: Final = frozenset({event.c.unknown, event.c.faults, attempt.c.field, drift.c.path})
_PLACES: Final[dict[Table, tuple[Column[Any], ...]]] = {
    attempt: (attempt.c.code, attempt.c.message, attempt.c.field, attempt.c.sent, attempt.c.notes),
    delivery: (delivery.c.reason,),
    remote_link: (remote_link.c.link,),
    connector_state: (connector_state.c.reason, connector_state.c.note),
    drift: (drift.c.path,),
}


def _lanes(transaction: Transaction, address: str) -> list[int]:
    lanes = list(transaction.connection.scalars(select(lane.c.id).where(lane.c.person_key == address)))
    lock(transaction, lanes)
    return lanes


def _people(transaction: Transaction, id: str) -> set[str]:
    routed = select(lane.c.person_key).join(delivery, delivery.c.lane_id == lane.c.id).where(delivery.c.event_id == id)
    others = select(event_person.c.person_key).where(event_person.c.event_id == id)
    return {*transaction.connection.scalars(routed), *transaction.connection.scalars(others)}


def _strip(transaction: Transaction, row: RowMapping, address: str, people: set[str], lanes: Sequence[int]) -> int:
    """Returns how many deliveries went."""
    others = people - {address}
    values: dict[str, object] = {column.name: _scrubbed(row, column, address) for column in _EVENT_TEXTS}
    values |= {"body": without(row["body"], address), "people": row["people"] - len(people - others)}
    if row["person"] == address:
        values["person"] = min(others, default=None)
    connection = transaction.connection
    connection.execute(update(event).where(event.c.id == row["id"]).values(values))
    connection.execute(delete(event_person).where(event_person.c.event_id == row["id"], event_person.c.person_key == address))
    return connection.execute(delete(delivery).where(delivery.c.event_id == row["id"], delivery.c.lane_id.in_(lanes))).rowcount


def _is_named(row: RowMapping, address: str) -> bool:
    return names(row["body"], address) or any(_scrubbed(row, column, address) != row[column.name] for column in _EVENT_TEXTS)


def _scrubbed(row: RowMapping, column: Column[Any], address: str) -> str | None:
    text: str | None = row[column.name]
    return None if text is None else scrubbed(text, address, in_path=column in _PATHS)


def _is(table: Table, values: RowMapping | dict[str, Any]) -> ColumnElement[bool]:
    return and_(*(table.c[name] == values[name] for name in values))


def _in_text(column: ColumnElement[Any], address: str) -> ColumnElement[bool]:
    return or_(*(func.lower(column).contains(form, autoescape=True) for form in sorted(forms(address))))


def _in_body(transaction: Transaction, address: str) -> ColumnElement[bool]:
    """As it may be written; what is found so may yet be another one's."""
    if transaction.connection.dialect.name == "postgresql":
        body = func.lower(func.encode(event.c.body, "escape"))
        return or_(*(func.strpos(body, func.lower(func.encode(form.encode(), "escape"))) > 0 for form in sorted(forms(address))))
    body = func.lower(cast(event.c.body, Text))
    return or_(*(func.instr(body, form) > 0 for form in sorted(forms(address))))
