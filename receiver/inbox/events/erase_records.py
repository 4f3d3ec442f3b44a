"""What erasing a person takes out of the known records of CRMs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import delete, or_, select, update

from receiver.inbox.db.tables import lane, remote, remote_link
from receiver.inbox.db.transaction import Transaction
from receiver.inbox.events.erase_mentions import row_is, text_holds
from receiver.inbox.lanes.field_versions import FieldVersion, decode_versions
from receiver.inbox.people.addresses import PersonNames
from receiver.text.known_address import scrub_address

_REMOTE_KEY: Final = tuple(remote.primary_key)  # in this order everybody locks them


def erase_remotes(transaction: Transaction, names: PersonNames, lanes: Sequence[int]) -> int:
    """Returns how many.

    A record that others have written, too, stays: what it tells of them is what no older event may
    write over.
    """
    theirs = or_(
        remote.c.lane_id.in_(lanes),
        *(text_holds(remote.c.key, address) for address in names.addresses),
    )
    count = 0
    for row in (
        transaction.connection.execute(
            select(remote).where(theirs).order_by(*_REMOTE_KEY).with_for_update()
        )
        .mappings()
        .all()
    ):
        where = {column.name: row[column.name] for column in _REMOTE_KEY}
        if all(scrub_address(row["key"], one) == row["key"] for one in names.addresses):
            if row["lane_id"] not in lanes:
                continue  # another one's address that holds this one
            if other := _other(transaction, row["stamps"], lanes):
                newest = {"event_id": other.event_id, "lane_id": other.lane_id}
                transaction.connection.execute(
                    update(remote).where(row_is(remote, where)).values(newest)
                )
                continue
        count += 1
        transaction.connection.execute(delete(remote_link).where(row_is(remote_link, where)))
        transaction.connection.execute(delete(remote).where(row_is(remote, where)))
    return count


def _other(
    transaction: Transaction, stamps: str | None, lanes: Sequence[int]
) -> FieldVersion | None:
    """The newest write of the record by somebody else."""
    others = {
        stamp.lane_id: stamp
        for stamp in sorted(decode_versions(stamps or "[]").values())
        if stamp.lane_id not in lanes
    }
    there = transaction.connection.scalars(select(lane.c.id).where(lane.c.id.in_(list(others))))
    return max((others[id] for id in there), default=None)
