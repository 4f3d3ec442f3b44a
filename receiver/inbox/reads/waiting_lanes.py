"""Who waits for another attempt at a connector that runs, and why: the newest reason, without what
was sent.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, func, literal_column, select

from receiver.inbox.db.tables import attempt, delivery, lane, literal
from receiver.inbox.db.timestamps import from_micros
from receiver.inbox.db.transaction import Transaction
from receiver.text.plurals import pluralize
from receiver.text.sent_value_redaction import cut_values

ACCOUNT_RULE: Final = "account_rule"
"""The code of an attempt whose record a rule of the CRM's account holds back."""

MOST = 1000  # people that are looked at
LONGEST = 300  # characters of a reason


@dataclass(frozen=True, slots=True)
class WaitingLanes:
    """So many people wait for another attempt, at most `MOST` of them counted; `reason` is the
    newest, told `at`.

    `rule` is the newest reason of those that a rule of the account holds back, "" where none does:
    waiting does not help them.
    """

    people: int
    reason: str
    at: datetime
    rule: str = ""

    def __str__(self) -> str:
        wait = "waits" if self.people == 1 else "wait"
        people = (
            f"{MOST} or more people"
            if self.people >= MOST
            else pluralize(self.people, "person", "people")
        )
        return f"{people} {wait}: {self.reason} (newest {self.at:%H:%M} UTC)"


def find_waiting(transaction: Transaction, connectors: Iterable[str]) -> Mapping[str, WaitingLanes]:
    """By connector; where nobody waits it is left out."""
    found = {}
    for name in connectors:
        rows = transaction.connection.execute(_RETRIED, {"of": name}).all()
        if rows:
            newest = max(rows, key=lambda row: (row.last_at, row.id))
            by_rule = max(
                (row for row in rows if row.code == ACCOUNT_RULE),
                key=lambda row: (row.last_at, row.id),
                default=None,
            )
            rule = _reason(transaction, by_rule.id) if by_rule else ""
            found[name] = WaitingLanes(
                len(rows), _reason(transaction, newest.id), from_micros(newest.last_at), rule
            )
    return found


_IS_PENDING = (
    select(delivery.c.id)
    .where(delivery.c.lane_id == lane.c.id, delivery.c.state == literal("pending"))
    .exists()
)
_LAST_OF = (
    select(func.max(attempt.c.id))
    .where(attempt.c.lane_id == lane.c.id)
    .correlate(lane)
    .scalar_subquery()
)
_PUT_OFF = (
    select(_LAST_OF.label("attempt_id"))
    .where(
        lane.c.connector == bindparam("of"),
        lane.c.state != literal("idle"),
        lane.c.wait > literal_column("0"),
        _IS_PENDING,
    )
    .order_by(lane.c.due_at)
    .limit(MOST)
    .subquery()
)
_RETRIED = (
    select(attempt.c.id, attempt.c.last_at, attempt.c.code)
    .join(_PUT_OFF, attempt.c.id == _PUT_OFF.c.attempt_id)
    .where(attempt.c.outcome == literal("retry"))
)
_WORDS = select(attempt.c.message, attempt.c.sent).where(attempt.c.id == bindparam("of"))


def _reason(transaction: Transaction, attempt_id: int) -> str:
    row = transaction.connection.execute(_WORDS, {"of": attempt_id}).one()
    sent: list[dict[str, Any]] = json.loads(row.sent or "[]")
    words = " ".join(cut_values(row.message or "", sent).split())
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"
