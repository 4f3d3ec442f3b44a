"""Orders that turn out to be another person's: whose they were is written anew, with what is left.

The CRM has the order in the former person's sums, and nothing comes in for that person which would
put them right. So what was delivered of theirs since they had the order is delivered again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, bindparam, select, tuple_, update

from receiver.facts import OrderFact
from receiver.inbox.db.person_keys import keys_of_people
from receiver.inbox.db.storable_text import storable_text
from receiver.inbox.db.tables import delivery, lane, literal, profile_order
from receiver.inbox.db.transaction import Transaction
from receiver.inbox.lanes.replay import lock_lanes, wake_lanes

BuyersOrder = tuple[tuple[str, str], OrderFact]
"""Source and person key, and what an event tells of an order of theirs."""


class FormerBuyer(NamedTuple):
    """By which key a person is known whose an order was, and the event that had said so."""

    person_key: str
    event_id: str


def find_former_buyers(transaction: Transaction, orders: Iterable[BuyersOrder]) -> set[FormerBuyer]:
    """Who loses an order by what these events tell. To be asked before that is kept; until then
    nobody else changes whose the orders are. Somebody of several keys is in it with each.
    """
    newest: dict[tuple[str, str], FormerBuyer] = {}
    for (source, person), order in orders:
        key, says = (source, storable_text(order.id)), FormerBuyer(person, order.event_id)
        newest[key] = max(newest.get(key, says), says, key=lambda one: one.event_id)
    if not newest:
        return set()
    rows = transaction.connection.execute(_KEPT, {"keys": sorted(newest)})
    kept = {(row.source, row.order_id): FormerBuyer(row.person_key, row.event_id) for row in rows}
    moved = [(was, newest[key]) for key, was in kept.items() if _is_moved(was, newest[key])]
    if not moved:
        return set()
    keys = keys_of_people(transaction.connection, {was.person_key for was, _ in moved})
    return {
        FormerBuyer(key, was.event_id)
        for was, now in moved
        if now.person_key not in keys[was.person_key]
        for key in keys[was.person_key]
    }


def deliver_again(
    transaction: Transaction, buyers: Collection[FormerBuyer], *, now: datetime
) -> None:
    """Make pending again what was delivered of these people since they had their order."""
    since: dict[str, str] = {}
    for person, event_id in buyers:
        since[person] = min(since.get(person, event_id), event_id)
    lanes = _lanes(transaction, since)
    lock_lanes(transaction, list(lanes))
    again = [
        id
        for id, person in lanes.items()
        if transaction.connection.execute(_AGAIN, {"of": id, "since": since[person]}).rowcount
    ]
    if again:
        wake_lanes(transaction, again, now=now, bulk=False)


def _is_moved(was: FormerBuyer, now: FormerBuyer) -> bool:
    return now.event_id >= was.event_id and now.person_key != was.person_key


def _lanes(transaction: Transaction, people: Mapping[str, str]) -> dict[int, str]:
    """Lane → person key."""
    rows = transaction.connection.execute(_LANES, {"people": sorted(people)}) if people else ()
    return {row.id: row.person_key for row in rows}


_KEPT = (  # locked in the order in which they are written, see `stored_facts`
    select(profile_order)
    .where(
        tuple_(profile_order.c.source, profile_order.c.order_id).in_(
            bindparam("keys", expanding=True)
        )
    )
    .order_by(profile_order.c.source, profile_order.c.order_id)
    .with_for_update()
)
_LANES = (
    select(lane.c.id, lane.c.person_key)
    .where(lane.c.person_key.in_(bindparam("people", expanding=True)))
    .order_by(lane.c.id)
)
_AGAIN = (
    update(delivery)
    .where(
        and_(
            delivery.c.lane_id == bindparam("of"),
            delivery.c.state.in_([literal("delivered"), literal("dry_run")]),
            delivery.c.event_id >= bindparam("since"),
        )
    )
    .values(state=literal("pending"), reason=None, settled_at=None)
)
