"""Whether anything happened since the last look, told at the price of four looks into indexes."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from receiver.inbox.db.tables import attempt, audit, delivery, event
from receiver.inbox.db.transaction import Transaction


@dataclass(frozen=True, slots=True)
class ChangeMark:
    """The newest of what is stored. Two that differ say that something came, was tried or was done
    between them; two that are alike say nearly always that nothing was.
    """

    event: str | None
    delivery: int
    attempt: int
    act: int


def read_change_mark(transaction: Transaction) -> ChangeMark:
    """How it stands now, by whichever process it was written."""
    newest, *numbers = transaction.connection.execute(_NEWEST).one()
    return ChangeMark(newest, *(number or 0 for number in numbers))


_NEWEST = select(
    *(
        select(func.max(column)).scalar_subquery()
        for column in (event.c.id, delivery.c.id, attempt.c.id, audit.c.id)
    )
)
