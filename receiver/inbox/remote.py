"""What the CRMs hold of ours: the ids that they gave our records, and which links are known to be there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Table, bindparam, select
from sqlalchemy.sql.elements import ColumnElement

from receiver.inbox.claim import Claim
from receiver.inbox.stamps import OTHERS, Stamp, Stamps, decode, encode, is_newer, stands_against
from receiver.inbox.statements import LINKS, REMOTES
from receiver.inbox.tables import remote, remote_link
from receiver.inbox.text import storable, storable_or_none
from receiver.inbox.times import micros
from receiver.inbox.transaction import Transaction

Ref = tuple[str, str]
"""(object, key)"""

_LONGEST = 800  # characters; PostgreSQL's indexes refuse much longer ones


@dataclass(frozen=True, slots=True)
class RemoteRow:
    """A record that the CRM has written. `add_links` are added to those that are known; the texts are the caller's own, and so is
    `mark`, by which the caller knows again what it wrote.

    `stamps` tell of every field which event set it, also of those that were set by earlier writes, and `event_id` is the newest that
    wrote the record. Without stamps that event counts for every field.

    A record with a key or a link of more than 800 characters is not remembered, which costs a look-up and does no harm.
    """

    object: str
    key: str
    id: str
    event_id: str
    add_links: tuple[str, ...] = ()
    mark: str | None = None
    stamps: Stamps | None = None


@dataclass(frozen=True, slots=True)
class Remote:
    """`stamps` hold `OTHERS` where it is not known which fields were set."""

    id: str
    links: frozenset[str]
    lane_id: int
    event_id: str
    stamps: Stamps
    mark: str | None = None

    def superseded(self, stamps: Stamps, horizon: str) -> frozenset[str]:
        """Which of these fields must not be written any more."""
        if not any(is_newer(self.event_id, stamp.event_id) for stamp in stamps.values()):
            return frozenset()
        others = self.stamps.get(OTHERS)
        known = ((name, stamp, self.stamps.get(name, others)) for name, stamp in stamps.items())
        return frozenset(name for name, stamp, before in known if before and stands_against(before, stamp, horizon))


def remotes(transaction: Transaction, connector: str, refs: Sequence[Ref]) -> dict[Ref, Remote]:
    """What is known of these records; those that were never written are missing."""
    found: dict[Ref, Remote] = {}
    for name in {object for object, _ in refs}:
        values = {"of": connector, "object": name, "keys": [key for object, key in refs if object == name]}
        links: dict[str, set[str]] = {}
        for key, link in transaction.connection.execute(_LINKS, values):
            links.setdefault(key, set()).add(link)
        for row in transaction.connection.execute(_REMOTES, values):
            stamps = decode(row.stamps) if row.stamps else {OTHERS: Stamp(row.event_id, row.lane_id)}
            found[name, row.key] = Remote(row.id, frozenset(links.get(row.key, ())), row.lane_id, row.event_id, stamps, row.mark)
    return found


def remember(transaction: Transaction, written: Sequence[tuple[Claim, RemoteRow]], *, now: datetime) -> None:
    """Keep them, in the order of their keys so that two processes cannot block each other."""
    rows: dict[tuple[str, str, str], tuple[str, int, str, str | None, int, str | None]] = {}
    links: set[tuple[str, str, str, str]] = set()
    for claim, row in written:
        key = (claim.connector, storable(row.object), storable(row.key))
        if len(row.object) + len(row.key) > _LONGEST:
            continue
        stamps = None if row.stamps is None else encode(row.stamps)
        rows[key] = (storable(row.id), claim.lane_id, row.event_id, storable_or_none(row.mark), micros(now), stamps)
        links.update((*key, storable(link)) for link in row.add_links if len(link) <= _LONGEST)
    REMOTES.execute(transaction.connection, [(*key, *value) for key, value in sorted(rows.items())])
    LINKS.execute(transaction.connection, sorted(links))


def _of(table: Table) -> tuple[ColumnElement[bool], ...]:
    return (
        table.c.connector == bindparam("of"),
        table.c.object == bindparam("object"),
        table.c.key.in_(bindparam("keys", expanding=True)),
    )


_REMOTES = select(remote.c.key, remote.c.id, remote.c.lane_id, remote.c.event_id, remote.c.mark, remote.c.stamps).where(*_of(remote))
_LINKS = select(remote_link.c.key, remote_link.c.link).where(*_of(remote_link))
