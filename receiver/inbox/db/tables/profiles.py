"""What is known of people, summed up of their events."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from receiver.inbox.db.tables.columns import NAME, metadata

uncounted: Final = Table(  # events whose facts are to be added to profiles
    "uncounted",
    metadata,
    Column("event_id", NAME, primary_key=True),
    # grows where the event changes, so that what was read before is not counted
    Column("version", Integer, nullable=False, server_default="0"),
    Column("aside", Integer, nullable=False, server_default="0"),  # 1: it could not be read
    sqlite_with_rowid=False,
)

profile_start: Final = Table(  # of each source whose every event is counted: since when
    "profile_start",
    metadata,
    Column("source", NAME, primary_key=True),
    Column("started_at", BigInteger, nullable=False),
)

profile_person: Final = Table(
    "profile_person",
    metadata,
    Column("person_key", NAME, primary_key=True),
    Column("source", NAME, primary_key=True),
    Column("seen_at", BigInteger, nullable=False),  # first
    Column("active_at", BigInteger),  # last
    sqlite_with_rowid=False,
)

profile_order: Final = Table(
    "profile_order",
    metadata,
    Column("source", NAME, primary_key=True),
    Column("order_id", NAME, primary_key=True),
    Column("person_key", NAME, nullable=False),
    Column("event_id", NAME, nullable=False),  # the newest that tells of it
    Column("paid", Integer, nullable=False),
    Column("total", Text),  # exact, as a decimal number
    Column("currency", NAME),
    Column("created_at", BigInteger),
    Column("seen_at", BigInteger, nullable=False),  # first
    Index("profile_order_person", "person_key", "source"),
    sqlite_with_rowid=False,
)

profile_course: Final = Table(
    "profile_course",
    metadata,
    Column("person_key", NAME, primary_key=True),
    Column("source", NAME, primary_key=True),
    Column("course", NAME, primary_key=True),  # see `CourseFact.key`
    Column("course_id", NAME),
    Column("name", Text, nullable=False),
    Column("event_id", NAME, nullable=False),  # the newest that names it
    Column("enrolled_at", BigInteger, nullable=False),  # first
    sqlite_with_rowid=False,
)

profile_submission: Final = Table(
    "profile_submission",
    metadata,
    Column("person_key", NAME, nullable=False),
    Column("source", NAME, nullable=False),
    Column("kind", NAME, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    PrimaryKeyConstraint("person_key", "source", "kind", "digest"),
    sqlite_with_rowid=False,
)
