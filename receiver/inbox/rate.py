"""A token bucket per connector, kept in the store so that all processes share it and a restart does not refill it."""

from __future__ import annotations

from datetime import datetime
from math import ceil
from typing import Protocol

from sqlalchemy import bindparam, select, update

from receiver.inbox.pauses import ensure
from receiver.inbox.tables import connector_state
from receiver.inbox.times import micros
from receiver.inbox.transaction import Transaction

_BURST = 20  # one part in so many of the allowance may be used at once
_SKEW = 5_000_000  # microseconds by which the clocks of two processes may differ


class RateLimit(Protocol):
    """At most `calls` in any `seconds`."""

    @property
    def calls(self) -> int: ...
    @property
    def seconds(self) -> float: ...


def take(transaction: Transaction, connector: str, calls: int, *, limit: RateLimit, now: datetime) -> float:
    """0.0 where so many calls are allowed now, and are counted; else the seconds after which to ask again."""
    ensure(transaction, connector)
    row = transaction.connection.execute(_BUCKET, {"of": connector}).one()
    filled_at = _plausible(row.filled_at, micros(now))
    level, wait = drain(row.tokens, filled_at, calls=calls, limit=limit, now=micros(now))
    transaction.connection.execute(_FILL, {"of": connector, "level": level, "at": max(micros(now), filled_at or 0)})
    return wait


def _plausible(filled_at: int | None, now: int) -> int | None:
    """A time far ahead was told by a clock that has been set back since: waiting for it would keep the bucket empty until then."""
    return now if filled_at is not None and filled_at - now > _SKEW else filled_at


def drain(tokens: float | None, filled_at: int | None, *, calls: int, limit: RateLimit, now: int) -> tuple[float, float]:
    """The bucket's new level and the seconds to wait, 0.0 where the calls were taken.

    A full bucket and what flows in during `seconds` are together what is allowed, so that no period of that length sees
    more. More calls than the bucket holds are allowed when it is full; it then has to be filled from below zero.
    """
    size = max(1, limit.calls // _BURST)
    flow = (limit.calls - size + 1) / limit.seconds
    level = size if tokens is None or filled_at is None else min(size, tokens + max(0, now - filled_at) / 1_000_000 * flow)
    missing = min(calls, size) - level
    return (level - calls, 0.0) if missing <= _ROUNDING else (level, ceil(missing / flow * 1_000_000) / 1_000_000)


_ROUNDING = 1e-6
_BUCKET = (
    select(connector_state.c.tokens, connector_state.c.filled_at).where(connector_state.c.connector == bindparam("of")).with_for_update()
)
_FILL = (
    update(connector_state)
    .where(connector_state.c.connector == bindparam("of"))
    .values(tokens=bindparam("level"), filled_at=bindparam("at"))
)
