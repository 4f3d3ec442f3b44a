"""Who people are: accounts of the sites, and the addresses that people have and had."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, Table

from receiver.inbox.db.tables.columns import NAME, metadata

account: Final = Table(  # the accounts of the AOM sites, by AOM's ids
    "account",
    metadata,
    Column("source", NAME, primary_key=True),
    Column("aom_id", NAME, primary_key=True),
    Column("address", NAME, nullable=False),
    Column("since", NAME, nullable=False),  # the id of the event that told the address
    # of several with one address, only the first is followed
    Index("account_address", "source", "address", unique=True),
    sqlite_with_rowid=False,
)

person_address: Final = Table(
    "person_address",
    metadata,
    Column("address", NAME, primary_key=True),
    Column("person_key", NAME, nullable=False),
    Column("since", NAME, nullable=False),  # the newest is the one that the person has now
    Column("left_at", NAME),  # the source whose account had it and has another one now
    Index("person_address_key", "person_key"),
    sqlite_with_rowid=False,
)

former_address: Final = Table(  # one that a person has had, and that became another one's
    "former_address",
    metadata,
    Column("address", NAME, primary_key=True),
    Column("person_key", NAME, primary_key=True),
    Index("former_address_key", "person_key"),
    sqlite_with_rowid=False,
)
