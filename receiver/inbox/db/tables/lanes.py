"""What goes to the CRMs: lanes, deliveries, attempts, and what the CRMs hold since."""

from __future__ import annotations

from enum import IntEnum
from typing import Final, Literal, get_args

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text, literal_column
from sqlalchemy.sql.elements import ColumnElement

from receiver.inbox.db.tables.columns import NAME, NUMBER, literal, metadata

DeliveryState = Literal["pending", "delivered", "dry_run", "dead", "discarded"]
DELIVERY_STATES: Final[tuple[DeliveryState, ...]] = get_args(DeliveryState)


class LanePriority(IntEnum):
    """In which order a connector's lanes are delivered."""

    LIVE = 0
    MANY = 1  # one event for many people: it goes behind what is for one
    BULK = 2  # replayed, or handed in late by an import


lane: Final = Table(
    "lane",
    metadata,
    Column("id", NUMBER, primary_key=True),
    Column("connector", NAME, nullable=False),
    Column("person_key", NAME, nullable=False),
    Column("source", NAME, nullable=False),  # of what made it ready: sources take turns
    Column("priority", Integer, nullable=False),  # 0 goes first, see `Priority`
    Column("state", NAME, nullable=False),
    Column("due_at", BigInteger, nullable=False),  # ready: the earliest next attempt
    # how long that was put off, whatever the clocks say since
    Column("wait", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    # grows with all that happens to the lane's deliveries from outside
    Column("version", BigInteger, nullable=False),
    Column("replayed", BigInteger, nullable=False),  # the version that the last replay made
    Column("failing_since", BigInteger),
    Index("lane_person", "person_key", "connector", unique=True),
    sqlite_autoincrement=True,  # a number that was erased never comes again
)

delivery: Final = Table(
    "delivery",
    metadata,
    Column("id", NUMBER, primary_key=True),
    Column("lane_id", BigInteger, nullable=False),
    Column("event_id", NAME, nullable=False),
    Column("connector", NAME, nullable=False),
    Column("seq", BigInteger, nullable=False),  # the order in the lane
    Column("state", NAME, nullable=False),
    Column("reason", Text),
    Column("reason_key", NAME),  # of what died last, see `reasons.reason_key`
    Column("settled_at", BigInteger),
    Column("address", NAME),  # the person's in the event, where it is not the lane's key
    Index("delivery_lane", "lane_id", "state", "seq"),
    Index("delivery_state", "state", "event_id", "connector"),
    Index("delivery_event", "event_id"),
    sqlite_autoincrement=True,
)

attempt: Final = Table(
    "attempt",
    metadata,
    Column("id", NUMBER, primary_key=True),
    Column("lane_id", BigInteger, nullable=False),
    Column("first_seq", BigInteger, nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("deliveries", Text, nullable=False),  # JSON list of ids
    Column("started_at", BigInteger, nullable=False),
    # of several alike in a row: when the last one began
    Column("last_at", BigInteger, nullable=False),
    Column("times", Integer, nullable=False),  # how many alike in a row
    Column("duration_ms", Integer, nullable=False),
    Column("outcome", NAME, nullable=False),
    Column("code", Text),
    Column("message", Text),
    Column("field", Text),
    Column("sent", Text),  # JSON list of records
    Column("notes", Text),  # JSON list of sentences
    Index("attempt_lane", "lane_id", "last_seq"),
    sqlite_autoincrement=True,
)

remote: Final = Table(
    "remote",
    metadata,
    Column("connector", NAME, primary_key=True),
    Column("object", NAME, primary_key=True),
    Column("key", NAME, primary_key=True),
    Column("id", Text, nullable=False),
    Column("lane_id", BigInteger, nullable=False),
    Column("event_id", NAME, nullable=False),  # the newest that wrote it
    Column("digest", NAME),  # of what was written last, see `remote.RemoteRow`
    Column("written_at", BigInteger, nullable=False),
    Column("stamps", Text, nullable=False),  # JSON, see `stamps.encode`
    Index("remote_lane", "lane_id"),
    Index("remote_id", "id"),
)

remote_link: Final = Table(
    "remote_link",
    metadata,
    Column("connector", NAME, primary_key=True),
    Column("object", NAME, primary_key=True),
    Column("key", NAME, primary_key=True),
    Column("link", NAME, primary_key=True),
    Column("target_id", Text, nullable=False),  # the CRM's id of what it was tied to
    sqlite_with_rowid=False,
)

Index(
    "lane_waiting",
    lane.c.connector,
    lane.c.due_at,
    sqlite_where=(lane.c.state != literal("idle")) & (lane.c.wait > literal_column("0")),
    postgresql_where=(lane.c.state != literal("idle")) & (lane.c.wait > literal_column("0")),
)
Index(
    "lane_due",
    lane.c.connector,
    lane.c.priority,
    lane.c.source,
    lane.c.due_at,
    sqlite_where=lane.c.state != literal("idle"),
    postgresql_where=lane.c.state != literal("idle"),
)


def state_is(*states: DeliveryState) -> ColumnElement[bool]:
    """Of a delivery that is found by its id: put so that SQLite does not look by the state."""
    return delivery.c.state.not_in(
        [literal(state) for state in DELIVERY_STATES if state not in states]
    )
