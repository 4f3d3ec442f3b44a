"""The statements that write many rows, each with the columns that it takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Dialect,
    Table,
    Text,
    and_,
    case,
    column,
    insert,
    literal_column,
    or_,
    select,
    values,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.expression import CTE, ClauseElement

from receiver.inbox.db.bulk_sql import BulkStatement, Row
from receiver.inbox.db.tables import (
    account,
    attempt,
    delivery,
    drift,
    event,
    event_person,
    former_address,
    lane,
    literal,
    person_address,
    remote,
    remote_link,
    uncounted,
)

_ZERO: Final = literal_column("0", BigInteger())
_TRUE: Final = literal_column("true", Boolean())


def insert_statement(dialect: Dialect, table: Table) -> Any:
    """An INSERT that can say ON CONFLICT: SQLAlchemy has one class for each database."""
    return postgresql.insert(table) if dialect.name == "postgresql" else sqlite.insert(table)


def _given_rows(rows: Sequence[Row], **columns: type[Text | BigInteger]) -> CTE:
    return (
        values(*(column(name, type_) for name, type_ in columns.items()))
        .data(list(rows))
        .cte("given")
    )


def _unless_there(table: Table) -> Any:
    return lambda dialect, rows: (
        insert_statement(dialect, table).values(list(rows)).on_conflict_do_nothing()
    )


def _lanes(dialect: Dialect, rows: Sequence[Row]) -> ClauseElement:
    given = _given_rows(
        rows,
        person_key=Text,
        connector=Text,
        source=Text,
        due_at=BigInteger,
        version=BigInteger,
        priority=BigInteger,
    )
    fixed = (literal("ready"), _ZERO, _ZERO, _ZERO)
    # without a WHERE, SQLite takes ON CONFLICT for a join
    chosen = select(*given.c, *fixed).where(_TRUE)
    names = [*given.c.keys(), "state", "wait", "attempts", "replayed"]
    new = insert_statement(dialect, lane).from_select(names, chosen)
    # The conflict locks the lane's row until the commit, so that two processes number what they
    # accept one after the other.
    idle = lane.c.state == literal("idle")
    # one that waits for a retry keeps its time: a new event must not cut the back-off short
    late = and_(lane.c.wait == _ZERO, lane.c.due_at > new.excluded.due_at)
    first = or_(idle, new.excluded.priority < lane.c.priority)
    return new.on_conflict_do_update(  # type: ignore[no-any-return]
        index_elements=["person_key", "connector"],
        set_={
            "version": lane.c.version + new.excluded.version,
            "state": literal("ready"),
            "due_at": case((or_(idle, late), new.excluded.due_at), else_=lane.c.due_at),
            "wait": case((or_(idle, late), _ZERO), else_=lane.c.wait),
            "priority": case((first, new.excluded.priority), else_=lane.c.priority),
            "source": case((first, new.excluded.source), else_=lane.c.source),
        },
    )


def _known_people(_dialect: Dialect, rows: Sequence[Row]) -> ClauseElement:
    given = _given_rows(rows, source=Text, aom_id=Text, address=Text)
    holder, former = account.alias("holder"), person_address.alias("former")
    mine = and_(account.c.source == given.c.source, account.c.aom_id == given.c.aom_id)
    same_address = and_(holder.c.source == given.c.source, holder.c.address == given.c.address)
    found = given.outerjoin(account, mine).outerjoin(holder, same_address)
    found = found.outerjoin(person_address, person_address.c.address == given.c.address)
    found = found.outerjoin(former, former.c.address == account.c.address)
    owners = [
        column.label(f"{name}_{column.name}")
        for name, table in (("now", person_address), ("former", former))
        for column in (table.c.person_key, table.c.since, table.c.left_at)
    ]
    has = (account.c.address.label("has"), account.c.since.label("has_since"))
    return select(*given.c, *has, holder.c.aom_id.label("holder"), *owners).select_from(found)


def _deliveries(_dialect: Dialect, rows: Sequence[Row]) -> ClauseElement:
    given = _given_rows(
        rows, person_key=Text, connector=Text, event_id=Text, after=BigInteger, address=Text
    )
    mine = and_(lane.c.person_key == given.c.person_key, lane.c.connector == given.c.connector)
    chosen = select(
        lane.c.id,
        given.c.event_id,
        lane.c.connector,
        # the upsert has added all events of this commit; `after` are those of this lane behind it
        lane.c.version - given.c.after,
        literal("pending"),
        given.c.address,
    )
    return insert(delivery).from_select(
        ["lane_id", "event_id", "connector", "seq", "state", "address"],
        chosen.select_from(given.join(lane, mine)),
    )


def _drift(dialect: Dialect, rows: Sequence[Row]) -> ClauseElement:
    new = insert_statement(dialect, drift).values(list(rows))
    return new.on_conflict_do_update(  # type: ignore[no-any-return]
        index_elements=["source", "name", "path"],
        set_={"count": drift.c.count + new.excluded.count, "last_at": new.excluded.last_at},
    )


def _remotes(dialect: Dialect, rows: Sequence[Row]) -> ClauseElement:
    new = insert_statement(dialect, remote).values(list(rows))
    return new.on_conflict_do_update(  # type: ignore[no-any-return]
        index_elements=["connector", "object", "key"],
        set_={
            name: new.excluded[name]
            for name in ("id", "lane_id", "event_id", "digest", "written_at", "stamps")
        },
    )


def _links(dialect: Dialect, rows: Sequence[Row]) -> ClauseElement:
    new = insert_statement(dialect, remote_link).values(list(rows))
    return new.on_conflict_do_update(  # type: ignore[no-any-return]
        index_elements=["connector", "object", "key", "link"],
        set_={"target_id": new.excluded.target_id},
    )


def _attempts(_dialect: Dialect, rows: Sequence[Row]) -> ClauseElement:
    names = [column.name for column in attempt.c if column.name != "id"]
    return insert(attempt).values([dict(zip(names, row, strict=True)) for row in rows])


def _uncounted(dialect: Dialect, rows: Sequence[Row]) -> ClauseElement:
    given = [{"event_id": id} for (id,) in rows]
    statement = insert_statement(dialect, uncounted).values(given)
    return statement.on_conflict_do_nothing()  # type: ignore[no-any-return]


EVENTS: Final = BulkStatement(len(event.c), _unless_there(event))
"""All columns. Leaves out what is there by its id or its content; the count tells."""

PEOPLE: Final = BulkStatement(3, _unless_there(event_person))
"""Event id, person key, the address where that is another."""

KNOWN_PEOPLE: Final = BulkStatement(3, _known_people)
"""To fetch: source, AOM's id or "", address. What is known of the account and of its address, of
the address and of who has it.
"""

ACCOUNTS: Final = BulkStatement(len(account.c), _unless_there(account))
"""All columns; in order. Leaves out an account that is there, or whose address another one has."""

ADDRESSES: Final = BulkStatement(len(person_address.c), _unless_there(person_address))
"""All columns; in order. Leaves out an address that is there."""

FORMER_ADDRESSES: Final = BulkStatement(2, _unless_there(former_address))
"""All columns; in order."""

UNCOUNTED: Final = BulkStatement(1, _uncounted)
"""Event id."""

LANES: Final = BulkStatement(6, _lanes)
"""Person key, connector, source, due time, number of new deliveries, priority; in order.

An idle lane becomes ready. Any other keeps its time, unless it is not in back-off and due later
than the new ones: a clock was ahead when it was told its time. What goes first counts.
"""

DELIVERIES: Final = BulkStatement(5, _deliveries)
"""Person key, connector, event id, how many of the same lane come after it, the address where that
is not the key.

They are numbered by their lanes' versions.
"""

DRIFT: Final = BulkStatement(6, _drift)
"""Source, event name, path, count, first and last time; in order."""

ATTEMPTS: Final = BulkStatement(len(attempt.c) - 1, _attempts)
"""All columns but the id."""

REMOTES: Final = BulkStatement(len(remote.c), _remotes)
"""All columns; in order."""

LINKS: Final = BulkStatement(len(remote_link.c), _links)
"""Connector, object, key, link, the id that it was made to; in order."""
