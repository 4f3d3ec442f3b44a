"""Which events repeat one that is kept: the same content from the same source, less than the window apart in time.

The newest event of a content is kept under the content's digest; those that are a window or more older, under a digest of
content and period. So history that is handed in again is known, in whatever order it comes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, Protocol, TypeVar

from sqlalchemy import LargeBinary, bindparam, case, exists, null, select, update

from receiver.inbox.tables import event
from receiver.inbox.transaction import Transaction

Key = tuple[bytes, str]
"""Digest and source."""


class Candidate(Protocol):
    """What may be new. `digest` is what it is to be kept under."""

    id: str
    at: int  # microseconds since 1970
    key: Key  # of its content
    digest: bytes | None


C = TypeVar("C", bound=Candidate)


class Dedup:
    """`window` in microseconds; without one, every event is new."""

    def __init__(self, window: int) -> None:
        self._window = window

    def digest(self, content: bytes) -> bytes | None:
        """What an event is kept under that is the newest of its content."""
        return content if self._window else None

    def split(self, entries: Sequence[C]) -> tuple[list[C], list[tuple[C, C]], list[C]]:
        """What may be new; what repeats one of these; and what has the content of one of these, at quite another time."""
        if not self._window:
            return list(entries), [], []
        first: dict[Key, C] = {}
        repeated, apart = [], []
        for entry in entries:
            leader = first.setdefault(entry.key, entry)
            if leader is not entry:
                if self._near(entry.at, leader.at):
                    repeated.append((entry, leader))
                else:
                    apart.append(entry)
        return list(first.values()), repeated, apart

    def unknown(self, transaction: Transaction, entries: Sequence[C]) -> tuple[list[C], list[tuple[C, str]]]:
        """For entries some of which could not be inserted: those still to be inserted, with a digest that is free, and the repeated
        ones, each with the id of what it repeats.
        """
        missing: list[C] = []
        repeated: list[tuple[C, str]] = []
        older: list[C] = []
        newest = _kept(transaction, [entry.key[0] for entry in entries]) if self._window else {}
        for entry in entries:
            row = newest.get(entry.key)
            if row is None or entry.at - row.received_at >= self._window:
                entry.digest = self.digest(entry.key[0])
                missing.append(entry)
            elif row.id != entry.id and self._near(entry.at, row.received_at):
                repeated.append((entry, row.id))
            elif row.id != entry.id:
                older.append(entry)
        self._make_way(transaction, [newest[entry.key] for entry in missing if entry.key in newest])
        for entry, known in self._by_period(transaction, older):
            if known is None:
                missing.append(entry)
            elif known != entry.id:
                repeated.append((entry, known))
        return missing, repeated

    def _by_period(self, transaction: Transaction, older: Sequence[C]) -> Iterable[tuple[C, str | None]]:
        """Each with the id of the one that it repeats, which may be itself, or with None and the digest of its period."""
        periods = {entry.key: self._periods(entry.key[0], entry.at) for entry in older}
        kept = _kept(transaction, [digest for digests in periods.values() for digest in digests]) if older else {}
        for entry in older:
            own, *others = periods[entry.key]
            entry.digest = own
            rows = [row for digest in (own, *others) if (row := kept.get((digest, entry.key[1])))]
            yield entry, next((row.id for row in rows if self._near(entry.at, row.received_at)), None)

    def _make_way(self, transaction: Transaction, rows: Iterable[Any]) -> None:
        """What was the newest of its content is no longer."""
        values = [{"of": row.id, "own": self._periods(row.digest, row.received_at)[0]} for row in rows]
        if values:
            transaction.connection.execute(_REKEY, values)

    def _periods(self, content: bytes, at: int) -> list[bytes]:
        """The digest of the period that it falls into, and those of the ones beside it. Two of a period are less than a window apart."""
        own = at // self._window
        return [hashlib.sha256(b"%b %d %d" % (content, self._window, period)).digest() for period in (own, own - 1, own + 1)]

    def _near(self, one: int, other: int) -> bool:
        return abs(one - other) < self._window


def _kept(transaction: Transaction, digests: Sequence[bytes]) -> dict[Key, Any]:
    rows = transaction.connection.execute(_KEPT, {"digests": digests})
    return {(row.digest, row.source): row for row in rows}


_KEPT = select(event.c.digest, event.c.source, event.c.id, event.c.received_at).where(
    event.c.digest.in_(bindparam("digests", expanding=True))
)
_OTHER = event.alias("other")
_OWN = bindparam("own", type_=LargeBinary)
_TAKEN = exists().where(_OTHER.c.digest == _OWN, _OTHER.c.source == event.c.source).correlate(event)
_REKEY = update(event).where(event.c.id == bindparam("of")).values(digest=case((_TAKEN, null()), else_=_OWN))
