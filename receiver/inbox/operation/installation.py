"""The secret of an installation: made once, kept in its store, the same for all processes that
share it.
"""

from __future__ import annotations

import secrets
from typing import Final

from sqlalchemy import select

from receiver.inbox.db.bulk_statements import insert_statement
from receiver.inbox.db.tables import installation
from receiver.inbox.db.transaction import Transaction

_ONE: Final = 1  # there is one row
_BYTES: Final = 32


def log_key(transaction: Transaction) -> bytes | None:
    """The key by which people are named in the log; None where none was made yet."""
    key: bytes | None = transaction.connection.scalar(select(installation.c.log_key))
    return None if key is None else bytes(key)


def make_log_key(transaction: Transaction) -> None:
    """Make it, unless another process was first."""
    new = insert_statement(transaction.connection.dialect, installation).values(
        id=_ONE, log_key=secrets.token_bytes(_BYTES)
    )
    transaction.connection.execute(new.on_conflict_do_nothing(index_elements=["id"]))
