"""What can go wrong with the store.

InboxError
├── StoreUnavailable   not now: disk full, read-only, database gone, closing
│   ├── StoreLocked    another process owns the SQLite file
│   └── StoreDamaged   what this statement needed lies on a damaged page; other statements may work
├── Unstorable         this one event, whatever is tried: text that a database cannot hold
└── Unknown            no such event, delivery or quarantined call
"""

from __future__ import annotations

import sqlite3

from sqlalchemy import exc

# serialization failure, deadlock, the same key inserted at the same time
_BEATEN = frozenset({"40001", "40P01", "23505"})
_SQLSTATES = ("08", "25006", "28", "3D", "53", "55", "57", "58", "F0", "XX")
"""Codes and classes of codes in which PostgreSQL speaks of itself rather than of the statement (its
manual, appendix A).
"""


class InboxError(Exception):
    """Anything that the inbox raises on purpose."""


class StoreUnavailable(InboxError):
    """The store cannot be read or written now; the text says why. Trying again later may help."""


class StoreLocked(StoreUnavailable):
    """Another process owns the SQLite file; the text says which."""


class StoreDamaged(StoreUnavailable):
    """SQLite met a damaged page; the text says where and what to do.

    Only what needs that page fails: go on with the rest.
    """


class Unstorable(InboxError):
    """The event cannot be stored. Others can, and trying again is of no use."""


class Unknown(InboxError):
    """Nothing of that id is stored."""


def is_unavailable(error: BaseException) -> bool:
    """Whether the database as a whole fails, so that no other transaction would fare better now."""
    if isinstance(error, StoreUnavailable | exc.TimeoutError):
        return True
    if not isinstance(error, exc.DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return str(state).startswith(_SQLSTATES)
    return error.connection_invalidated or isinstance(
        error, exc.OperationalError | exc.InternalError
    )


def is_disconnect(error: BaseException) -> bool:
    """Whether the connection was lost, so that a fresh one may work at once."""
    return isinstance(error, exc.DBAPIError) and error.connection_invalidated


def is_beaten(error: BaseException) -> bool:
    """Whether PostgreSQL gave up this transaction in favour of another, so that it may work when
    repeated.
    """
    return isinstance(error, exc.DBAPIError) and getattr(error.orig, "sqlstate", None) in _BEATEN


def as_unavailable(error: BaseException) -> StoreUnavailable:
    """Turn an error of the database into StoreUnavailable, in its words without the statement's
    values.
    """
    if isinstance(error, StoreUnavailable):
        return error
    if _is_ended(error):
        return StoreUnavailable(
            "to answer this, the store would be read for too long; ask for less at once"
        )
    return StoreUnavailable(f"the store is not available: {driver_reason(error)}")


def _is_ended(error: BaseException) -> bool:
    """Whether our own bound on reading ended it."""
    said = error.orig if isinstance(error, exc.DBAPIError) else error
    return getattr(said, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT


def driver_reason(error: BaseException) -> str:
    """What the driver said, on one line; SQLAlchemy's own text would repeat values, which are
    personal data.
    """
    said = error.orig if isinstance(error, exc.DBAPIError) else error
    return " ".join(str(said).split()) or type(said).__name__
