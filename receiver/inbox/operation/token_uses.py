"""When each token of each source was used last, and when each source's last event came."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from sqlalchemy import case, func, select

from receiver.inbox.db.bulk_statements import insert_statement
from receiver.inbox.db.tables import token_use
from receiver.inbox.db.timestamps import from_micros, to_micros
from receiver.inbox.db.transaction import Transaction


@dataclass(frozen=True, slots=True)
class TokenUse:
    """The last use of one token: of any call, and of a call whose event was kept.

    `token` is a keyed digest: what is stored opens nothing.
    """

    source: str
    token: str
    used_at: datetime
    event_at: datetime | None = None

    def with_latest(self, other: Self) -> Self:
        """Of two that are known of one token, the later times."""
        kept = [at for at in (self.event_at, other.event_at) if at]
        return replace(
            self, used_at=max(self.used_at, other.used_at), event_at=max(kept, default=None)
        )


def find_token_uses(transaction: Transaction) -> list[TokenUse]:
    """All that are known, of former tokens and sources too."""
    return [
        TokenUse(
            row.source,
            row.token,
            from_micros(row.used_at),
            from_micros(row.event_at) if row.event_at else None,
        )
        for row in transaction.connection.execute(
            select(token_use).order_by(token_use.c.source, token_use.c.token)
        )
    ]


def keep_token_uses(transaction: Transaction, uses: Iterable[TokenUse]) -> None:
    """Keep these, but where another process has kept a later one. They are written in the order of
    their keys, so that two processes cannot deadlock.
    """
    rows = [
        {
            "source": one.source,
            "token": one.token,
            "used_at": to_micros(one.used_at),
            "event_at": to_micros(one.event_at) if one.event_at else None,
        }
        for one in sorted(uses, key=lambda one: (one.source, one.token))
    ]
    if not rows:
        return
    new = insert_statement(transaction.connection.dialect, token_use).values(rows)
    latest = {
        name: case(
            (func.coalesce(new.excluded[name], 0) > func.coalesce(known, 0), new.excluded[name]),
            else_=known,
        )
        for name, known in (("used_at", token_use.c.used_at), ("event_at", token_use.c.event_at))
    }
    transaction.connection.execute(
        new.on_conflict_do_update(index_elements=["source", "token"], set_=latest)
    )
