"""Keeping what the CRM was told: writers that did not know of each other are put in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from receiver.inbox.claim import Claim
from receiver.inbox.remote import Key, Remote, locked
from receiver.inbox.stamps import Stamp, Stamps, encode, horizon, is_newer, merged, of
from receiver.inbox.statements import LINKS, NEW_REMOTES, REMOTES
from receiver.inbox.text import storable, storable_or_none
from receiver.inbox.times import micros
from receiver.inbox.transaction import Transaction

_LONGEST = 800  # characters; PostgreSQL's indexes refuse much longer ones


@dataclass(frozen=True, slots=True)
class RemoteRow:
    """A record that the CRM has written. `add_links` are added to those that are known; the texts are the caller's own, and so is
    `mark`, by which the caller knows again what it wrote.

    `event_id` is the newest event behind it. `stamps` tell which event set which of the fields that were written. `based_on` is the
    record's version when it was looked up before it was written, 0 where it was not known; None where nothing was written after all.
    `again` are newer events that an earlier attempt, of which nobody knows what came, may have written over.

    A record with a key or a link of more than 800 characters is not remembered, which costs a look-up and does no harm.
    """

    object: str
    key: str
    id: str
    event_id: str
    add_links: tuple[str, ...] = ()
    mark: str | None = None
    stamps: Stamps = field(default_factory=dict)
    based_on: int | None = None
    again: frozenset[Stamp] = frozenset()


def remember(transaction: Transaction, written: Sequence[tuple[Claim, RemoteRow]], *, now: datetime) -> frozenset[Stamp]:
    """Keep what the CRM was told, in the order of the keys so that two processes cannot block each other.

    Where somebody else has told something of a record between its look-up and now, nobody knows whose call came last at the CRM: the
    newer event of each field is returned, to be written again. It may be one that the writer knew of, which costs a call.
    """
    told: dict[Key, Remote] = {}
    based_on: dict[Key, int] = {}
    links: set[tuple[str, str, str, str]] = set()
    for claim, row in written:
        key = (claim.connector, storable(row.object), storable(row.key))
        if len(row.object) + len(row.key) > _LONGEST:
            continue
        new = _told(claim, row, now)
        told[key] = _together(told[key], new, now) if key in told else new
        if row.based_on is not None:
            based_on.setdefault(key, row.based_on)
        links.update((*key, storable(link)) for link in row.add_links if len(link) <= _LONGEST)
    crossed = {stamp for _, row in written for stamp in row.again}
    if NEW_REMOTES.execute(transaction.connection, [_row(key, told[key]) for key in sorted(told)]) < len(told):
        for key, known in locked(transaction, told).items():
            new, told[key] = told[key], _together(known, told[key], now)
            if based_on.get(key, known.version) != known.version:
                crossed |= _crossed(known, new, told[key])
        REMOTES.execute(transaction.connection, [_row(key, told[key]) for key in sorted(told)])
    LINKS.execute(transaction.connection, sorted(links))
    return frozenset(crossed)


def _told(claim: Claim, row: RemoteRow, now: datetime) -> Remote:
    newest = max(row.stamps.values(), default=Stamp(row.event_id, claim.lane_id))
    return Remote(storable(row.id), frozenset(), newest.lane_id, newest.event_id, row.stamps, storable_or_none(row.mark), micros(now))


def _together(known: Remote, told: Remote, now: datetime) -> Remote:
    """What is known once that is told."""
    ahead = horizon(now)
    outrun = not told.stamps or (known.event_id < ahead and not is_newer(told.event_id, known.event_id))
    newest = known if outrun else told
    return replace(
        told,
        lane_id=newest.lane_id,
        event_id=newest.event_id,
        stamps=merged(known.stamps, told.stamps, ahead),
        mark=told.mark or known.mark,
        version=max(told.version, known.version + 1) if told.stamps else known.version,
    )


def _crossed(known: Remote, told: Remote, together: Remote) -> set[Stamp]:
    """Of the fields that another lane has written, too, the newer stamps; unless both tell of one event."""
    both = ((name, of(known.stamps, name), stamp) for name, stamp in told.stamps.items())
    return {
        together.stamps[name]
        for name, theirs, ours in both
        if theirs is not None and theirs.lane_id != ours.lane_id and theirs.event_id != ours.event_id
    }


def _row(key: Key, told: Remote) -> tuple[object, ...]:
    return (*key, told.id, told.lane_id, told.event_id, told.mark, told.version, encode(told.stamps))
