"""What a source has sent: its last event of each name, how many came in which time, and what of it
is in quarantine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, func, select
from sqlalchemy.sql.elements import ColumnElement

from receiver.inbox.db.event_ids import IN_TIME, VERSION_AT, first_id, received_at
from receiver.inbox.db.tables import event, literal
from receiver.inbox.db.transaction import Transaction
from receiver.inbox.reads.outcomes import Period

AMONG: Final = 5_000  # events that are looked through, of the source and of each name


def find_last_events(
    transaction: Transaction, source: str, names: Sequence[str]
) -> Mapping[str, tuple[str, datetime]]:
    """The id and the time of the newest event of each name; what was handed in late counts for
    nothing.

    It is looked for among the source's newest 5,000 events, and then among the newest 5,000 of that
    name: the time for it does not depend on how much is stored.
    """
    rows = transaction.connection.execute(_BY_SOURCE, {"source": source})
    found = {row.name: row.id for row in rows}
    for name in names:
        if name not in found and (id := _newest(transaction, source, name)):
            found[name] = id
    return {name: (found[name], received_at(found[name])) for name in names if name in found}


def count_source_events(
    transaction: Transaction, source: str, periods: Sequence[Period]
) -> list[int]:
    """How many came in each period, whatever became of them; without what was handed in late.

    Takes as long as it takes to count those of the periods.
    """
    return [
        transaction.connection.scalar(
            _COUNT, {"source": source, "since": first_id(since), "until": first_id(until)}
        )
        or 0
        for since, until in periods
    ]


def _newest(transaction: Transaction, source: str, name: str) -> str | None:
    given = {"source": source, "name": name}
    id: str | None = transaction.connection.scalar(_BY_NAME, given)
    return id


def _in_time(id: ColumnElement[str]) -> ColumnElement[bool]:
    return func.substr(id, VERSION_AT, 1) == literal(IN_TIME)


_OF_SOURCE = event.c.source == bindparam("source")
_NEWEST = (
    select(event.c.id, event.c.name)
    .where(_OF_SOURCE)
    .order_by(event.c.id.desc())
    .limit(AMONG)
    .subquery()
)
_BY_SOURCE = (
    select(_NEWEST.c.name, func.max(_NEWEST.c.id).label("id"))
    .where(_NEWEST.c.name.is_not(None), _in_time(_NEWEST.c.id))
    .group_by(_NEWEST.c.name)
)
_NAMED = (
    select(event.c.id, event.c.source)
    .where(event.c.name == bindparam("name"))
    .order_by(event.c.id.desc())
    .limit(AMONG)
    .subquery()
)
_BY_NAME = select(func.max(_NAMED.c.id)).where(
    _NAMED.c.source == bindparam("source"), _in_time(_NAMED.c.id)
)
_COUNT = (
    select(func.count())
    .select_from(event)
    .where(
        _OF_SOURCE,
        event.c.id >= bindparam("since"),
        event.c.id < bindparam("until"),
        _in_time(event.c.id),
    )
)
