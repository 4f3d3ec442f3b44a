"""Who is signed in at the console, and what operators have done."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Table, Text

from receiver.inbox.db.tables.columns import NAME, NUMBER, metadata

session: Final = Table(
    "session",
    metadata,
    Column("id", NAME, primary_key=True),  # a digest of what the browser keeps
    Column("operator", NAME, nullable=False),
    Column("token", NAME, nullable=False),  # a digest of the token that opened it
    Column("since", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False),
    Column("ends", BigInteger, nullable=False),
)

audit: Final = Table(
    "audit",
    metadata,
    Column("id", NUMBER, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("who", NAME, nullable=False),
    Column("what", NAME, nullable=False),
    Column("about", Text, nullable=False),  # JSON: what the act was asked for, no personal data
    Column("outcome", NAME, nullable=False),  # begun, done, failed, refused
    Column("result", Text, nullable=False),  # what came of it, no personal data
    Index("audit_at", "at"),
    sqlite_autoincrement=True,
)
