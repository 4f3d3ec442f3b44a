"""What came: events, who is in them, and calls as they came."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text

from receiver.inbox.db.tables.columns import NAME, literal, metadata

event: Final = Table(
    "event",
    metadata,
    Column("id", NAME, primary_key=True),
    Column("source", NAME, nullable=False),
    Column("name", NAME),
    Column("how", NAME),
    Column("named", Text),
    Column("disagreement", Text),
    Column("state", NAME, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    # what it is about, see `dedup`; NULL where repetitions are not looked for
    Column("thing", LargeBinary),
    Column("digest", LargeBinary),  # what it says of it
    Column("newest", Integer),  # 1 for the newest state of the thing, else NULL
    Column("unknown", Text),  # JSON list of paths
    Column("faults", Text),  # JSON list of [path, message]
    Column("person", NAME),  # the first of the people in it
    Column("people", Integer, nullable=False),  # how many
    Column("body", LargeBinary, nullable=False),
    Index("event_thing", "thing", "source", "newest", unique=True),
    Index("event_source", "source", "id"),
    Index("event_name", "name", "id", "source"),
)

original: Final = Table(  # calls that were amended, as they came
    "original",
    metadata,
    Column("event_id", NAME, primary_key=True),
    Column("named", Text),
    Column("body", LargeBinary, nullable=False),
    Column("amended_at", BigInteger, nullable=False),
)

event_person: Final = Table(
    "event_person",
    metadata,
    Column("event_id", NAME, primary_key=True),
    Column("person_key", NAME, primary_key=True),
    Column("address", NAME),  # in the event, where it is not the key
    Index("event_person_key", "person_key", "event_id"),
    sqlite_with_rowid=False,
)

drift: Final = Table(
    "drift",
    metadata,
    Column("source", NAME, primary_key=True),
    Column("name", NAME, primary_key=True),
    Column("path", NAME, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("first_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
)

Index(
    "event_aside",
    event.c.state,
    event.c.id,
    sqlite_where=event.c.state != literal("accepted"),
    postgresql_where=event.c.state != literal("accepted"),
)
