"""Which events repeat one that is kept: the same state of the same thing, said again less than a
window later.

An order is one thing with many states; what has no states is a thing of its own. Of the states of a
thing, in their order in time, each is compared with its neighbours only: an order that is placed,
refunded and placed again has three states, and a repetition of the last one is none. So history
that is handed in again is known, too, in whatever order it comes.

The newest state of a thing has `newest` set, which is unique: what comes first is new without a
look, and of two processes that bring a thing's next state at once, one has to look again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol, TypeVar

from sqlalchemy import bindparam, null, select, update

from receiver.inbox.db.tables import event
from receiver.inbox.db.transaction import Transaction

Thing = tuple[bytes, str]
"""Digest of what the event is about, and its source."""


class DedupCandidate(Protocol):
    """What may be new. `newest` says whether it is to be kept as the newest state of its thing."""

    id: str
    at: int  # microseconds since 1970
    thing: Thing
    content: bytes
    newest: bool
    is_late: bool  # handed in later than it happened


C = TypeVar("C", bound=DedupCandidate)


class Deduplicator:
    """`window` in microseconds; without one, every event is new."""

    def __init__(self, window: int) -> None:
        self._window = window

    def __bool__(self) -> bool:
        return self._window > 0

    def split(self, entries: Sequence[C]) -> tuple[list[C], list[tuple[C, C]], list[C]]:
        """The first of each thing; what only repeats it; and what is to be looked at once the first
        is kept, in order.
        """
        if not self._window:
            return list(entries), [], []
        first: dict[Thing, C] = {}
        repeated, later = [], []
        waiting: set[Thing] = set()
        for entry in entries:
            leader = first.setdefault(entry.thing, entry)
            if leader is entry:
                continue
            if (
                entry.thing not in waiting
                and not entry.is_late
                and self._same(entry, leader.content, leader.at)
            ):
                repeated.append((entry, leader))
            else:
                waiting.add(entry.thing)
                later.append(entry)
        return list(first.values()), repeated, later

    def unknown(
        self, transaction: Transaction, entries: Sequence[C]
    ) -> tuple[list[C], list[tuple[C, str]]]:
        """For entries some of which could not be inserted: those still to be inserted, and the
        repeated ones, each with the id of what it repeats. What was the newest state and is no
        longer makes way.
        """
        missing: list[C] = []
        repeated: list[tuple[C, str]] = []
        overtaken: list[str] = []
        states = _states(transaction, {entry.thing for entry in entries}) if self._window else {}
        for entry in entries:
            rows = states.get(entry.thing, ())
            if any(row.id == entry.id for row in rows):
                continue
            before = next(
                (row for row in reversed(rows) if (row.received_at, row.id) < (entry.at, entry.id)),
                None,
            )
            after = next(
                (row for row in rows if (row.received_at, row.id) > (entry.at, entry.id)), None
            )
            beside = (
                row
                for row in (before, after)
                if row and self._same(entry, row.digest, row.received_at)
            )
            if twin := next(beside, None):
                repeated.append((entry, twin.id))
                continue
            entry.newest = after is None and bool(self)
            overtaken += [row.id for row in rows if row.newest and entry.newest]
            missing.append(entry)
        if overtaken:
            transaction.connection.execute(_MAKE_WAY, {"ids": overtaken})
        return missing, repeated

    def _same(self, entry: C, content: bytes, at: int) -> bool:
        return entry.content == content and abs(entry.at - at) < self._window


def _states(transaction: Transaction, things: Iterable[Thing]) -> dict[Thing, list[Any]]:
    """All kept states of each thing, oldest first.

    On PostgreSQL, no other process adds to them from now on: who looks at a thing that is there
    locks its rows first, and reads what was committed meanwhile with the next statement.
    """
    digests = {"things": sorted({digest for digest, _ in things})}
    if transaction.connection.dialect.name == "postgresql":
        transaction.connection.execute(_LOCK, digests)
    states: dict[Thing, list[Any]] = {}
    for row in transaction.connection.execute(_STATES, digests):
        states.setdefault((row.thing, row.source), []).append(row)
    return states


_OF_THINGS = event.c.thing.in_(bindparam("things", expanding=True))
# in one order, so that two processes that look at the same things do not wait in a circle
_LOCK = select(event.c.id).where(_OF_THINGS).order_by(event.c.thing, event.c.id).with_for_update()
_STATES = (
    select(
        event.c.thing,
        event.c.source,
        event.c.digest,
        event.c.newest,
        event.c.id,
        event.c.received_at,
    )
    .where(_OF_THINGS)
    .order_by(event.c.received_at, event.c.id)
)
_MAKE_WAY = (
    update(event).where(event.c.id.in_(bindparam("ids", expanding=True))).values(newest=null())
)
