"""What was sent of records before, as far as their attempts are kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, select

from receiver.inbox.db.storable_text import from_json
from receiver.inbox.db.tables import attempt
from receiver.inbox.db.timestamps import from_micros
from receiver.inbox.db.transaction import Transaction
from receiver.inbox.lanes.record_state import RecordRef, find_record_states
from receiver.inbox.reads.event_detail import DeliveryDetail

MOST_COMPARED: Final = 40
"""Deliveries whose records are compared: nobody reads more of them at once."""

MOST_LANES: Final = 10
"""Lanes of other people that are looked at for one connector."""

MOST_EARLIER: Final = 20
"""Attempts of a lane that are looked at behind one that is shown."""


@dataclass(frozen=True, slots=True)
class SavedRecord:
    """A record as an attempt sent it and the CRM took it; `place` is its place in the attempt."""

    attempt: int
    place: int
    at: datetime
    fields: Mapping[str, Any]


RecordHistory = Mapping[tuple[str, str, str], Sequence[SavedRecord]]
"""(connector, object, key) → as it was saved, the oldest first."""


def find_sent_history(
    transaction: Transaction, deliveries: Sequence[DeliveryDetail]
) -> RecordHistory:
    """How the records that the first of these deliveries have sent were saved until then.

    It looks at the last attempts of their lanes, and of lanes that have set fields of the same
    records: those of other people are few.
    """
    found: dict[tuple[str, str, str], dict[tuple[int, int], SavedRecord]] = {}
    compared = deliveries[:MOST_COMPARED]
    for connector in sorted({one.connector for one in compared}):
        there = [one for one in compared if one.connector == connector and one.attempts]
        wanted = {ref for one in there for ref in _refs(one)}
        for lane, until in _places(transaction, connector, there, wanted):
            for ref, saved in _saved(transaction, lane, until):
                if ref in wanted:
                    of = found.setdefault((connector, *ref), {})
                    of[saved.attempt, saved.place] = saved
    return {ref: [saved for _, saved in sorted(of.items())] for ref, of in found.items()}


_SAVED: Final = "saved"
_UNTIL = (
    select(attempt.c.id)
    .where(attempt.c.lane_id == bindparam("of"), attempt.c.id <= bindparam("until"))
    .order_by(attempt.c.id.desc())
    .limit(MOST_EARLIER)
    .subquery()
)
_ATTEMPTS = select(attempt.c.id, attempt.c.started_at, attempt.c.sent).where(
    attempt.c.id.in_(select(_UNTIL.c.id))
)


def _refs(delivery: DeliveryDetail) -> Iterator[RecordRef]:
    for tried in delivery.attempts:
        for record in tried.sent:
            if delivery.id in record.get("of", (delivery.id,)):
                yield record.get("object", ""), record.get("key", "")


def _places(
    transaction: Transaction,
    connector: str,
    deliveries: Sequence[DeliveryDetail],
    wanted: Iterable[RecordRef],
) -> set[tuple[int, int]]:
    """(lane, attempt): from where to look back. Behind the first attempt and behind the last."""
    if not deliveries:
        return set()
    places = {(one.lane_id, one.attempts[at].id) for one in deliveries for at in (0, -1)}
    last = max(until for _, until in places)
    states = find_record_states(transaction, connector, set(wanted))
    lanes = {version.lane_id for state in states.values() for version in state.stamps.values()}
    others = sorted(lanes - {one.lane_id for one in deliveries})
    return places | {(lane, last) for lane in others[:MOST_LANES]}


def _saved(
    transaction: Transaction, lane: int, until: int
) -> Iterator[tuple[RecordRef, SavedRecord]]:
    values = {"of": lane, "until": until}
    for row in transaction.connection.execute(_ATTEMPTS, values):
        for place, record in enumerate(from_json(row.sent)):
            if record.get("result") == _SAVED:
                ref = record.get("object", ""), record.get("key", "")
                at = from_micros(row.started_at)
                yield ref, SavedRecord(row.id, place, at, record.get("fields", {}))
