"""The tables, the same on SQLite and PostgreSQL; migrations make them, and a test compares both.

Times are microseconds since 1970. There are no foreign keys: their checks cost a third of an accept
on PostgreSQL, and few places write; tests look for orphans instead.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final, Literal, get_args

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    literal_column,
)
from sqlalchemy.sql.elements import ColumnElement

DeliveryState = Literal["pending", "delivered", "dry_run", "dead", "discarded"]
DELIVERY_STATES: Final[tuple[DeliveryState, ...]] = get_args(DeliveryState)


class LanePriority(IntEnum):
    """In which order a connector's lanes are delivered."""

    LIVE = 0
    MANY = 1  # one event for many people: it goes behind what is for one
    BULK = 2  # replayed, or handed in late by an import


metadata: Final = MetaData()
_METADATA: Final = metadata
# SQLite numbers rows by itself only in a column of type INTEGER
_NUMBER: Final = BigInteger().with_variant(Integer(), "sqlite")
# compared byte by byte, as Python and SQLite do
_NAME: Final = Text().with_variant(Text(collation="C"), "postgresql")

event: Final = Table(
    "event",
    _METADATA,
    Column("id", _NAME, primary_key=True),
    Column("source", _NAME, nullable=False),
    Column("name", _NAME),
    Column("how", _NAME),
    Column("named", Text),
    Column("disagreement", Text),
    Column("state", _NAME, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    # what it is about, see `dedup`; NULL where repetitions are not looked for
    Column("thing", LargeBinary),
    Column("digest", LargeBinary),  # what it says of it
    Column("newest", Integer),  # 1 for the newest state of the thing, else NULL
    Column("unknown", Text),  # JSON list of paths
    Column("faults", Text),  # JSON list of [path, message]
    Column("person", _NAME),  # the first of the people in it
    Column("people", Integer, nullable=False),  # how many
    Column("body", LargeBinary, nullable=False),
    Index("event_thing", "thing", "source", "newest", unique=True),
    Index("event_source", "source", "id"),
    Index("event_name", "name", "id", "source"),
)

original: Final = Table(  # calls that were amended, as they came
    "original",
    _METADATA,
    Column("event_id", _NAME, primary_key=True),
    Column("named", Text),
    Column("body", LargeBinary, nullable=False),
    Column("amended_at", BigInteger, nullable=False),
)

# who is in an event without a delivery; the others are found through their lanes
event_person: Final = Table(
    "event_person",
    _METADATA,
    Column("event_id", _NAME, primary_key=True),
    Column("person_key", _NAME, primary_key=True),
    Column("address", _NAME),  # in the event, where it is not the key
    Index("event_person_key", "person_key", "event_id"),
    sqlite_with_rowid=False,
)

uncounted: Final = Table(  # events whose facts are to be added to profiles
    "uncounted",
    _METADATA,
    Column("event_id", _NAME, primary_key=True),
    # grows where the event changes, so that what was read before is not counted
    Column("version", Integer, nullable=False, server_default="0"),
    Column("aside", Integer, nullable=False, server_default="0"),  # 1: it could not be read
    sqlite_with_rowid=False,
)

profile_start: Final = Table(  # of each source whose every event is counted: since when
    "profile_start",
    _METADATA,
    Column("source", _NAME, primary_key=True),
    Column("started_at", BigInteger, nullable=False),
)

profile_person: Final = Table(
    "profile_person",
    _METADATA,
    Column("person_key", _NAME, primary_key=True),
    Column("source", _NAME, primary_key=True),
    Column("seen_at", BigInteger, nullable=False),  # first
    Column("active_at", BigInteger),  # last
    sqlite_with_rowid=False,
)

profile_order: Final = Table(
    "profile_order",
    _METADATA,
    Column("source", _NAME, primary_key=True),
    Column("order_id", _NAME, primary_key=True),
    Column("person_key", _NAME, nullable=False),
    Column("event_id", _NAME, nullable=False),  # the newest that tells of it
    Column("paid", Integer, nullable=False),
    Column("total", Text),  # exact, as a decimal number
    Column("currency", _NAME),
    Column("created_at", BigInteger),
    Column("seen_at", BigInteger, nullable=False),  # first
    Index("profile_order_person", "person_key", "source"),
    sqlite_with_rowid=False,
)

profile_course: Final = Table(
    "profile_course",
    _METADATA,
    Column("person_key", _NAME, primary_key=True),
    Column("source", _NAME, primary_key=True),
    Column("course", _NAME, primary_key=True),  # see `CourseFact.key`
    Column("course_id", _NAME),
    Column("name", Text, nullable=False),
    Column("event_id", _NAME, nullable=False),  # the newest that names it
    Column("enrolled_at", BigInteger, nullable=False),  # first
    sqlite_with_rowid=False,
)

profile_submission: Final = Table(
    "profile_submission",
    _METADATA,
    Column("person_key", _NAME, nullable=False),
    Column("source", _NAME, nullable=False),
    Column("kind", _NAME, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    PrimaryKeyConstraint("person_key", "source", "kind", "digest"),
    sqlite_with_rowid=False,
)

account: Final = Table(  # the accounts of the AOM sites, by AOM's ids
    "account",
    _METADATA,
    Column("source", _NAME, primary_key=True),
    Column("aom_id", _NAME, primary_key=True),
    Column("address", _NAME, nullable=False),
    Column("since", _NAME, nullable=False),  # the id of the event that told the address
    # of several with one address, only the first is followed
    Index("account_address", "source", "address", unique=True),
    sqlite_with_rowid=False,
)

# whose an address is; one that is not here is a person's who has no other, and is their key
person_address: Final = Table(
    "person_address",
    _METADATA,
    Column("address", _NAME, primary_key=True),
    Column("person_key", _NAME, nullable=False),
    Column("since", _NAME, nullable=False),  # the newest is the one that the person has now
    Column("left_at", _NAME),  # the source whose account had it and has another one now
    Index("person_address_key", "person_key"),
    sqlite_with_rowid=False,
)

former_address: Final = Table(  # one that a person has had, and that became another one's
    "former_address",
    _METADATA,
    Column("address", _NAME, primary_key=True),
    Column("person_key", _NAME, primary_key=True),
    Index("former_address_key", "person_key"),
    sqlite_with_rowid=False,
)

lane: Final = Table(
    "lane",
    _METADATA,
    Column("id", _NUMBER, primary_key=True),
    Column("connector", _NAME, nullable=False),
    Column("person_key", _NAME, nullable=False),
    Column("source", _NAME, nullable=False),  # of what made it ready: sources take turns
    Column("priority", Integer, nullable=False),  # 0 goes first, see `Priority`
    Column("state", _NAME, nullable=False),
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
    _METADATA,
    Column("id", _NUMBER, primary_key=True),
    Column("lane_id", BigInteger, nullable=False),
    Column("event_id", _NAME, nullable=False),
    Column("connector", _NAME, nullable=False),
    Column("seq", BigInteger, nullable=False),  # the order in the lane
    Column("state", _NAME, nullable=False),
    Column("reason", Text),
    Column("reason_key", _NAME),  # of what died last, see `reasons.reason_key`
    Column("settled_at", BigInteger),
    Column("address", _NAME),  # the person's in the event, where it is not the lane's key
    Index("delivery_lane", "lane_id", "state", "seq"),
    Index("delivery_state", "state", "event_id", "connector"),
    Index("delivery_event", "event_id"),
    sqlite_autoincrement=True,
)

attempt: Final = Table(
    "attempt",
    _METADATA,
    Column("id", _NUMBER, primary_key=True),
    Column("lane_id", BigInteger, nullable=False),
    Column("first_seq", BigInteger, nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("deliveries", Text, nullable=False),  # JSON list of ids
    Column("started_at", BigInteger, nullable=False),
    # of several alike in a row: when the last one began
    Column("last_at", BigInteger, nullable=False),
    Column("times", Integer, nullable=False),  # how many alike in a row
    Column("duration_ms", Integer, nullable=False),
    Column("outcome", _NAME, nullable=False),
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
    _METADATA,
    Column("connector", _NAME, primary_key=True),
    Column("object", _NAME, primary_key=True),
    Column("key", _NAME, primary_key=True),
    Column("id", Text, nullable=False),
    Column("lane_id", BigInteger, nullable=False),
    Column("event_id", _NAME, nullable=False),  # the newest that wrote it
    Column("digest", _NAME),  # of what was written last, see `remote.RemoteRow`
    Column("written_at", BigInteger, nullable=False),
    Column("stamps", Text, nullable=False),  # JSON, see `stamps.encode`
    Index("remote_lane", "lane_id"),
)

remote_link: Final = Table(
    "remote_link",
    _METADATA,
    Column("connector", _NAME, primary_key=True),
    Column("object", _NAME, primary_key=True),
    Column("key", _NAME, primary_key=True),
    Column("link", _NAME, primary_key=True),
    Column("target_id", Text, nullable=False),  # the CRM's id of what it was tied to
    sqlite_with_rowid=False,
)

connector_state: Final = Table(
    "connector_state",
    _METADATA,
    Column("connector", _NAME, primary_key=True),
    Column("paused", _NAME),  # why: the kind of the pause; NULL while it runs
    Column("reason", Text),
    Column("since", BigInteger),
    Column("until", BigInteger),
    Column("wait", BigInteger),  # how long the pause was meant to be, whatever the clocks say since
    Column("note", Text),  # what an operator should know while it runs, as that it is slow
    # the rate limit's bucket when its leader gave back; NULL while somebody leads
    Column("tokens", Float),
    Column("sizes", Text),  # JSON: how many records of each object the CRM takes in a call
    Column("account", Text),  # of the CRM, that `remote` is of: the type, and its own name
    Column("stopped_at", BigInteger),  # by an operator, see `stop_connector`
    Column("stopped_for", Text),  # the operator's reason
)

leadership: Final = Table(
    "leadership",
    _METADATA,
    Column("role", _NAME, primary_key=True),  # "connector NAME", "alarms"
    Column("holder", _NAME),  # who leads, NULL where it was given back
    Column("epoch", BigInteger, nullable=False),  # grows with each that leads
    Column("until", BigInteger),
    Column("calls_end", BigInteger),  # by then every call of the leader's is over
    Column("rival", _NAME),  # who leads less and asks for it
)

drift: Final = Table(
    "drift",
    _METADATA,
    Column("source", _NAME, primary_key=True),
    Column("name", _NAME, primary_key=True),
    Column("path", _NAME, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("first_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
)

pulse: Final = Table(
    "pulse",
    _METADATA,
    Column("id", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("padding", LargeBinary),
)

alarm: Final = Table(  # those that were told and are not over
    "alarm",
    _METADATA,
    Column("key", _NAME, primary_key=True),
    Column("about", Text, nullable=False),  # JSON: what was told, without personal data
    Column("told_at", BigInteger, nullable=False),
)

process: Final = Table(  # those that work on this store now
    "process",
    _METADATA,
    Column("name", _NAME, primary_key=True),  # host and number
    Column("parent", _NAME, nullable=False),  # of its workers, as they name it
    Column("digest", _NAME, nullable=False),  # of the configuration in force
    Column("since", BigInteger, nullable=False),  # when that came into force
    Column("seen_at", BigInteger, nullable=False),
    Column("refused_at", BigInteger),  # when it could not take another one over
    Column("faults", Text),  # JSON: why not, [[place, words, remedy], ...]
)

mapping: Final = Table(  # those that were in force lately, by their order
    "mapping",
    _METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("since", BigInteger, nullable=False),
    Column("toml", Text, nullable=False),  # without secrets
)

installation: Final = Table(  # one row: what is this installation's own
    "installation",
    _METADATA,
    Column("id", Integer, primary_key=True),
    Column("log_key", LargeBinary, nullable=False),  # by which people are named in the log
)


def state_is(*states: DeliveryState) -> ColumnElement[bool]:
    """Of a delivery that is found by its id: put so that SQLite does not look by the state."""
    return delivery.c.state.not_in(
        [literal(state) for state in DELIVERY_STATES if state not in states]
    )


def literal(value: str) -> ColumnElement[str]:
    """A value as text in the statement: a partial index is used only where its condition stands
    there literally.
    """
    return literal_column(f"'{value}'", Text())


Index(
    "event_aside",
    event.c.state,
    event.c.id,
    sqlite_where=event.c.state != literal("accepted"),
    postgresql_where=event.c.state != literal("accepted"),
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
