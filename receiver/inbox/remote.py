"""What the CRMs hold of ours: the ids that they gave our records, and which links are known to be there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import Table, bindparam, select
from sqlalchemy.sql.elements import ColumnElement

from receiver.inbox.claim import Claim
from receiver.inbox.stamps import OTHERS, Stamp, Stamps, decode, encode, horizon, is_newer, merged, stands_against
from receiver.inbox.statements import LINKS, NEW_REMOTES, REMOTES
from receiver.inbox.tables import remote, remote_link
from receiver.inbox.text import storable, storable_or_none
from receiver.inbox.times import micros
from receiver.inbox.transaction import Transaction

Ref = tuple[str, str]
"""(object, key)"""

_Key = tuple[str, str, str]  # connector, object, key

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
            stamps = _stamps(decode(row.stamps) if row.stamps else None, row.event_id, row.lane_id)
            found[name, row.key] = Remote(row.id, frozenset(links.get(row.key, ())), row.lane_id, row.event_id, stamps, row.mark)
    return found


def remember(transaction: Transaction, written: Sequence[tuple[Claim, RemoteRow]], *, now: datetime) -> None:
    """Keep them, in the order of their keys so that two processes cannot block each other."""
    rows: dict[_Key, tuple[Claim, RemoteRow]] = {}
    links: set[tuple[str, str, str, str]] = set()
    for claim, row in written:
        key = (claim.connector, storable(row.object), storable(row.key))
        if len(row.object) + len(row.key) > _LONGEST:
            continue
        rows[key] = (claim, row)
        links.update((*key, storable(link)) for link in row.add_links if len(link) <= _LONGEST)
    told = {key: _stamps(row.stamps, row.event_id, claim.lane_id) for key, (claim, row) in sorted(rows.items())}
    if NEW_REMOTES.execute(transaction.connection, [_row(key, *rows[key], told[key], now) for key in told]) < len(told):
        for key, known in _locked(transaction, told).items():
            told[key] = merged(known, told[key], horizon(now))
        REMOTES.execute(transaction.connection, [_row(key, *rows[key], told[key], now) for key in told])
    LINKS.execute(transaction.connection, sorted(links))


def _row(key: _Key, claim: Claim, row: RemoteRow, stamps: Stamps, now: datetime) -> tuple[object, ...]:
    return (*key, storable(row.id), claim.lane_id, row.event_id, storable_or_none(row.mark), micros(now), encode(stamps))


def _locked(transaction: Transaction, keys: Iterable[_Key]) -> dict[_Key, Stamps]:
    """What is known of these records now; nobody else can tell anything of them until we commit."""
    found: dict[_Key, Stamps] = {}
    for (connector, object), group in groupby(keys, key=lambda key: key[:2]):
        values = {"of": connector, "object": object, "keys": [key for _, _, key in group]}
        for row in transaction.connection.execute(_LOCK, values):
            found[connector, object, row.key] = _stamps(decode(row.stamps) if row.stamps else None, row.event_id, row.lane_id)
    return found


def _stamps(stamps: Stamps | None, event_id: str, lane_id: int) -> Stamps:
    return {OTHERS: Stamp(event_id, lane_id)} if stamps is None else stamps


def _of(table: Table) -> tuple[ColumnElement[bool], ...]:
    return (
        table.c.connector == bindparam("of"),
        table.c.object == bindparam("object"),
        table.c.key.in_(bindparam("keys", expanding=True)),
    )


_REMOTES = select(remote.c.key, remote.c.id, remote.c.lane_id, remote.c.event_id, remote.c.mark, remote.c.stamps).where(*_of(remote))
_LINKS = select(remote_link.c.key, remote_link.c.link).where(*_of(remote_link))
_LOCK = (
    select(remote.c.key, remote.c.lane_id, remote.c.event_id, remote.c.stamps).where(*_of(remote)).order_by(remote.c.key).with_for_update()
)
