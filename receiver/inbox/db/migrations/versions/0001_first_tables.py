"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    events()
    profiles()
    people()
    lanes()
    attempts()
    remotes()
    installation()
    processes()
    mappings()
    operators()
    op.create_table(
        "connector_state",
        sa.Column("connector", NAME, primary_key=True),
        sa.Column("paused", NAME),
        sa.Column("reason", sa.Text()),
        sa.Column("since", sa.BigInteger()),
        sa.Column("until", sa.BigInteger()),
        sa.Column("wait", sa.BigInteger()),
        sa.Column("note", sa.Text()),
        sa.Column("tokens", sa.Float()),
        sa.Column("sizes", sa.Text()),
        sa.Column("account", sa.Text()),
        sa.Column("stopped_at", sa.BigInteger()),
        sa.Column("stopped_for", sa.Text()),
    )
    op.create_table(
        "leadership",
        sa.Column("role", NAME, primary_key=True),
        sa.Column("holder", NAME),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger()),
        sa.Column("calls_end", sa.BigInteger()),
        sa.Column("rival", NAME),
    )
    op.create_table(
        "alarm",
        sa.Column("key", NAME, primary_key=True),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "pulse",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("padding", sa.LargeBinary()),
    )


def events() -> None:
    op.create_table(
        "event",
        sa.Column("id", NAME, primary_key=True),
        sa.Column("source", NAME, nullable=False),
        sa.Column("name", NAME),
        sa.Column("how", NAME),
        sa.Column("named", sa.Text()),
        sa.Column("disagreement", sa.Text()),
        sa.Column("state", NAME, nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("thing", sa.LargeBinary()),
        sa.Column("digest", sa.LargeBinary()),
        sa.Column("newest", sa.Integer()),
        sa.Column("unknown", sa.Text()),
        sa.Column("faults", sa.Text()),
        sa.Column("person", NAME),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
    )
    op.create_index("event_thing", "event", ["thing", "source", "newest"], unique=True)
    op.create_index("event_source", "event", ["source", "id"])
    op.create_index("event_name", "event", ["name", "id", "source"])
    aside = sa.text("state != 'accepted'")
    op.create_index(
        "event_aside", "event", ["state", "id"], sqlite_where=aside, postgresql_where=aside
    )
    op.create_table(
        "original",
        sa.Column("event_id", NAME, primary_key=True),
        sa.Column("named", sa.Text()),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("amended_at", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "event_person",
        sa.Column("event_id", NAME, nullable=False),
        sa.Column("person_key", NAME, nullable=False),
        sa.Column("address", NAME),
        sa.PrimaryKeyConstraint("event_id", "person_key"),
        sqlite_with_rowid=False,
    )
    op.create_index("event_person_key", "event_person", ["person_key", "event_id"])
    op.create_table(
        "drift",
        sa.Column("source", NAME, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("path", NAME, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", "name", "path"),
    )


def profiles() -> None:
    op.create_table(
        "uncounted",
        sa.Column("event_id", NAME, primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("aside", sa.Integer(), nullable=False, server_default="0"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "profile_start",
        sa.Column("source", NAME, primary_key=True),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "profile_person",
        sa.Column("person_key", NAME, nullable=False),
        sa.Column("source", NAME, nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("active_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("person_key", "source"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "profile_order",
        sa.Column("source", NAME, nullable=False),
        sa.Column("order_id", NAME, nullable=False),
        sa.Column("person_key", NAME, nullable=False),
        sa.Column("event_id", NAME, nullable=False),
        sa.Column("paid", sa.Integer(), nullable=False),
        sa.Column("total", sa.Text()),
        sa.Column("currency", NAME),
        sa.Column("created_at", sa.BigInteger()),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", "order_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("profile_order_person", "profile_order", ["person_key", "source"])
    op.create_table(
        "profile_course",
        sa.Column("person_key", NAME, nullable=False),
        sa.Column("source", NAME, nullable=False),
        sa.Column("course", NAME, nullable=False),
        sa.Column("course_id", NAME),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("event_id", NAME, nullable=False),
        sa.Column("enrolled_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person_key", "source", "course"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "profile_submission",
        sa.Column("person_key", NAME, nullable=False),
        sa.Column("source", NAME, nullable=False),
        sa.Column("kind", NAME, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("person_key", "source", "kind", "digest"),
        sqlite_with_rowid=False,
    )


def people() -> None:
    op.create_table(
        "account",
        sa.Column("source", NAME, nullable=False),
        sa.Column("aom_id", NAME, nullable=False),
        sa.Column("address", NAME, nullable=False),
        sa.Column("since", NAME, nullable=False),
        sa.PrimaryKeyConstraint("source", "aom_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("account_address", "account", ["source", "address"], unique=True)
    op.create_table(
        "person_address",
        sa.Column("address", NAME, primary_key=True),
        sa.Column("person_key", NAME, nullable=False),
        sa.Column("since", NAME, nullable=False),
        sa.Column("left_at", NAME),
        sqlite_with_rowid=False,
    )
    op.create_index("person_address_key", "person_address", ["person_key"])
    op.create_table(
        "former_address",
        sa.Column("address", NAME, nullable=False),
        sa.Column("person_key", NAME, nullable=False),
        sa.PrimaryKeyConstraint("address", "person_key"),
        sqlite_with_rowid=False,
    )
    op.create_index("former_address_key", "former_address", ["person_key"])


def lanes() -> None:
    op.create_table(
        "lane",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("connector", NAME, nullable=False),
        sa.Column("person_key", NAME, nullable=False),
        sa.Column("source", NAME, nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("state", NAME, nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("wait", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("replayed", sa.BigInteger(), nullable=False),
        sa.Column("failing_since", sa.BigInteger()),
        sqlite_autoincrement=True,
    )
    op.create_index("lane_person", "lane", ["person_key", "connector"], unique=True)
    busy = sa.text("state != 'idle'")
    op.create_index(
        "lane_due",
        "lane",
        ["connector", "priority", "source", "due_at"],
        sqlite_where=busy,
        postgresql_where=busy,
    )
    waiting = sa.text("state != 'idle' AND wait > 0")
    op.create_index(
        "lane_waiting",
        "lane",
        ["connector", "due_at"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.create_table(
        "delivery",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("lane_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", NAME, nullable=False),
        sa.Column("connector", NAME, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("state", NAME, nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("reason_key", NAME),
        sa.Column("settled_at", sa.BigInteger()),
        sa.Column("address", NAME),
        sqlite_autoincrement=True,
    )
    op.create_index("delivery_lane", "delivery", ["lane_id", "state", "seq"])
    op.create_index("delivery_state", "delivery", ["state", "event_id", "connector"])
    op.create_index("delivery_event", "delivery", ["event_id"])


def attempts() -> None:
    op.create_table(
        "attempt",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("lane_id", sa.BigInteger(), nullable=False),
        sa.Column("first_seq", sa.BigInteger(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("deliveries", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("outcome", NAME, nullable=False),
        sa.Column("code", sa.Text()),
        sa.Column("message", sa.Text()),
        sa.Column("field", sa.Text()),
        sa.Column("sent", sa.Text()),
        sa.Column("notes", sa.Text()),
        sqlite_autoincrement=True,
    )
    op.create_index("attempt_lane", "attempt", ["lane_id", "last_seq"])


def remotes() -> None:
    op.create_table(
        "remote",
        sa.Column("connector", NAME, nullable=False),
        sa.Column("object", NAME, nullable=False),
        sa.Column("key", NAME, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("lane_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", NAME, nullable=False),
        sa.Column("digest", NAME),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.Column("stamps", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("connector", "object", "key"),
    )
    op.create_index("remote_lane", "remote", ["lane_id"])
    op.create_index("remote_id", "remote", ["id"])
    op.create_table(
        "remote_link",
        sa.Column("connector", NAME, nullable=False),
        sa.Column("object", NAME, nullable=False),
        sa.Column("key", NAME, nullable=False),
        sa.Column("link", NAME, nullable=False),
        sa.Column("target_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("connector", "object", "key", "link"),
        sqlite_with_rowid=False,
    )


def installation() -> None:
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("log_key", sa.LargeBinary(), nullable=False),
    )


def processes() -> None:
    op.create_table(
        "process",
        sa.Column("name", NAME, primary_key=True),
        sa.Column("parent", NAME, nullable=False),
        sa.Column("digest", NAME, nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("refused_at", sa.BigInteger()),
        sa.Column("faults", sa.Text()),
    )


def mappings() -> None:
    op.create_table(
        "mapping",
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("toml", sa.Text(), nullable=False),
    )


def operators() -> None:
    op.create_table(
        "session",
        sa.Column("id", NAME, primary_key=True),
        sa.Column("operator", NAME, nullable=False),
        sa.Column("token", NAME, nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.Column("ends", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "audit",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", NAME, nullable=False),
        sa.Column("what", NAME, nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("outcome", NAME, nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("audit_at", "audit", ["at"])
