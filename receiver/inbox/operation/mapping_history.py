"""The mappings that were in force lately, as text: what stored events were delivered by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select

from receiver.inbox.db.bulk_statements import insert_statement
from receiver.inbox.db.tables import mapping
from receiver.inbox.db.timestamps import from_micros
from receiver.inbox.db.transaction import Transaction
from receiver.inbox.operation.leadership import database_now

MOST_VERSIONS: Final = 10
"""The newest so many are kept."""

_NEWEST = select(mapping).order_by(mapping.c.number.desc())


@dataclass(frozen=True, slots=True)
class MappingVersion:
    """A mapping as TOML and since when it was in force; until the next one, or still."""

    since: datetime
    until: datetime | None
    toml: str


def keep_mapping(transaction: Transaction, toml: str, *, now: datetime) -> bool:
    """Keep what is in force from now on, unless it is what is kept last.

    False where another process kept one at the same moment: then it has to be tried again.
    """
    newest = transaction.connection.execute(_NEWEST.limit(1)).one_or_none()
    if newest is not None and newest.toml == toml:
        return True
    number = 1 if newest is None else newest.number + 1
    new = insert_statement(transaction.connection.dialect, mapping).values(
        number=number, since=database_now(transaction, now), toml=toml
    )
    # how many rows an INSERT made is not told by every driver
    kept = transaction.connection.scalar(
        new.on_conflict_do_nothing(index_elements=["number"]).returning(mapping.c.number)
    )
    transaction.connection.execute(
        delete(mapping).where(mapping.c.number <= number - MOST_VERSIONS)
    )
    return kept is not None


def list_mappings(transaction: Transaction) -> Sequence[MappingVersion]:
    """The newest first."""
    found: list[MappingVersion] = []
    for row in transaction.connection.execute(_NEWEST):
        until = found[-1].since if found else None
        found.append(MappingVersion(from_micros(row.since), until, row.toml))
    return found
