"""Calls that failed their schema: kept until they are validated anew and pass, or are discarded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import bindparam, select, update

from receiver.inbox.db.errors import Unknown
from receiver.inbox.db.storable_text import from_json
from receiver.inbox.db.tables import event, literal
from receiver.inbox.db.timestamps import from_micros
from receiver.inbox.db.transaction import Transaction
from receiver.inbox.events.accept import AcceptedEvent, EventAcceptor, NewEvent
from receiver.inbox.events.original_calls import keep_original


@dataclass(frozen=True, slots=True)
class QuarantinedCall:
    id: str
    source: str
    named: str | None
    body: bytes
    received_at: datetime
    faults: tuple[tuple[str, str], ...]


def list_quarantined(
    transaction: Transaction, *, after: str | None, limit: int
) -> list[QuarantinedCall]:
    """Up to `limit` of them, oldest first, those after the id `after`; so that revalidating keeps
    the order.
    """
    rows = transaction.connection.execute(_WAITING, {"after": after or "", "most": limit})
    return [
        QuarantinedCall(
            row.id,
            row.source,
            row.named,
            row.body,
            from_micros(row.received_at),
            _faults(row.faults),
        )
        for row in rows
    ]


def accept_revalidated(
    transaction: Transaction,
    acceptor: EventAcceptor,
    id: str,
    new: NewEvent,
    *,
    now: datetime,
    discarded: bool = False,
) -> AcceptedEvent | None:
    """Put the validated form in the place of the quarantined one; id, body and time stay.

    None where it still has faults: they are renewed.

    With `discarded` a call that was discarded out of quarantine is taken back, too; with faults
    still it stays discarded.

    Its deliveries come before those of later events, which are delivered again after it: an order
    that left the quarantine must not undo its refund. They wait behind what comes live. If the same
    content was accepted meanwhile, it is discarded as a duplicate. Raises Unknown where nothing of
    that id is in quarantine.
    """
    state = transaction.connection.scalar(_THIS, {"of": id})
    if state is None or (state == "discarded" and not discarded):
        raise Unknown(f"no call {id} is in quarantine")
    accepted = acceptor.replace(transaction, id, replace(new, late_at=now))
    if new.faults and state == "discarded":
        discard_calls(transaction, [id])
    return accepted


def accept_amended(
    transaction: Transaction, acceptor: EventAcceptor, id: str, new: NewEvent, *, now: datetime
) -> AcceptedEvent:
    """Put what a call was amended to, which has no faults, in its place, as `revalidate` does; as
    it came it stays beside it. What only repeats another event is discarded, unamended. Raises
    Unknown where nothing of that id is in quarantine, or was discarded there.
    """
    if transaction.connection.scalar(_THIS, {"of": id}) is None:
        raise Unknown(f"no call {id} is in quarantine")
    keep_original(transaction, id, now=now)
    accepted = acceptor.replace(transaction, id, replace(new, late_at=now), amended=True)
    if accepted is None:
        raise ValueError("what has faults amends nothing")
    return accepted


def discard_calls(transaction: Transaction, ids: Sequence[str]) -> int:
    """Give up those that are in quarantine. Returns how many were."""
    return transaction.connection.execute(_DISCARD, {"ids": list(ids)}).rowcount


_ASIDE = (event.c.state == literal("quarantined"), event.c.state != literal("accepted"))
_WAITING = (
    select(
        event.c.id, event.c.source, event.c.named, event.c.body, event.c.received_at, event.c.faults
    )
    .where(*_ASIDE, event.c.id > bindparam("after"))
    .order_by(event.c.id)
    .limit(bindparam("most"))
)
_THIS = (  # locked: of two who revalidate it at once, the second finds it accepted
    select(event.c.state)
    .where(
        event.c.id == bindparam("of"),
        event.c.state.in_([literal("quarantined"), literal("discarded")]),
        event.c.faults.is_not(None),
    )
    .with_for_update()
)
_DISCARD = (
    update(event)
    .where(
        event.c.id.in_(bindparam("ids", expanding=True)), event.c.state == literal("quarantined")
    )
    .values(state=literal("discarded"))
)


def _faults(text: str | None) -> tuple[tuple[str, str], ...]:
    return tuple((path, message) for path, message in from_json(text))
