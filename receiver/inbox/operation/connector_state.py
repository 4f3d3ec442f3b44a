"""What is known of a connector beside its deliveries: whether it is paused, why and until when, and
how large its calls may be.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Row, bindparam, delete, func, select, update

from receiver.inbox.db.bulk_statements import insert_statement
from receiver.inbox.db.storable_text import storable_text
from receiver.inbox.db.tables import connector_state, remote, remote_link
from receiver.inbox.db.timestamps import from_micros, from_micros_or_none, to_micros
from receiver.inbox.db.transaction import Transaction
from receiver.inbox.operation.leadership import end_term, is_current, role_of

PauseKind = Literal["auth", "misconfigured", "throttled", "unavailable", "operator"]
"""Why a connector is paused: for a fault of that kind, or because an operator wanted it."""


@dataclass(frozen=True, slots=True)
class ConnectorState:
    """What is kept of a connector. `paused` is None while it runs.

    `since` is when a pause of this kind began, `until` when it should be tried again.

    `note`: what an operator should know while it runs. `sizes`: how many records of each object the
    CRM takes in a call, where that is fewer than it says. `tokens`: what the rate limit's bucket
    held when its leader gave back, None where it did not.
    """

    connector: str
    paused: PauseKind | None = None
    reason: str = ""
    since: datetime | None = None
    until: datetime | None = None
    wait: timedelta = timedelta(0)
    note: str = ""
    sizes: Mapping[str, int] = field(default_factory=dict)
    tokens: float | None = None

    def pause_left(self, now: datetime) -> timedelta:
        """How long the pause lasts yet; never longer than it was meant to, however the clock was
        set since.
        """
        if self.paused is None or self.until is None:
            return timedelta(0)
        return max(timedelta(0), min(self.until - now, self.wait))


def find_state(transaction: Transaction, connector: str) -> ConnectorState:
    """The state as its leaders keep it, whether or not an operator has stopped it."""
    row = transaction.connection.execute(_STATE, {"of": connector}).one_or_none()
    return _state(row) if row else ConnectorState(connector)


def find_states(transaction: Transaction) -> Mapping[str, ConnectorState]:
    """The states of all connectors of which anything was ever kept, as people see them: a pause
    that an operator wanted goes before one for a fault.
    """
    return {row.connector: _seen(row) for row in transaction.connection.execute(_STATES)}


def stop_connector(
    transaction: Transaction, connectors: Iterable[str], reason: str, *, now: datetime
) -> None:
    """Begin no delivery to these until an operator lets them go on; batches under way end.

    A connector that is stopped already keeps its time and gets the reason.
    """
    rows = [
        {"connector": name, "stopped_at": to_micros(now), "stopped_for": storable_text(reason)}
        for name in connectors
    ]
    if not rows:
        return
    new = insert_statement(transaction.connection.dialect, connector_state).values(rows)
    values = {
        "stopped_at": func.coalesce(connector_state.c.stopped_at, new.excluded.stopped_at),
        "stopped_for": new.excluded.stopped_for,
    }
    transaction.connection.execute(
        new.on_conflict_do_update(index_elements=["connector"], set_=values)
    )


def start_connector(transaction: Transaction, connector: str) -> bool:
    """Deliver to it again; False where no operator had stopped it."""
    started = transaction.connection.execute(_START, {"of": connector}).rowcount > 0
    if started:
        transaction.woken.add(connector)
    return started


def keep_state(transaction: Transaction, known: ConnectorState, *, epoch: int) -> None:
    """Keep what its leader knows of it, if that leads still."""
    if not is_current(transaction, role_of(known.connector), epoch):
        return
    values = {
        "connector": known.connector,
        "paused": known.paused,
        "reason": storable_text(known.reason),
        "since": to_micros(known.since) if known.since else None,
        "until": to_micros(known.until) if known.until else None,
        "wait": known.wait // timedelta(microseconds=1),
        "note": storable_text(known.note),
        "tokens": known.tokens,
        "sizes": json.dumps(dict(known.sizes)),
    }
    new = insert_statement(transaction.connection.dialect, connector_state).values(values)
    new_values = {name: new.excluded[name] for name in values if name != "connector"}
    transaction.connection.execute(
        new.on_conflict_do_update(index_elements=["connector"], set_=new_values)
    )


def find_account(transaction: Transaction, connector: str) -> str | None:
    """Of which account of the CRM the ids are that are remembered; None where nobody has said."""
    found: str | None = transaction.connection.scalar(_ACCOUNT, {"of": connector})
    return found


def keep_account(transaction: Transaction, connector: str, account: str, *, epoch: int) -> None:
    """Remember the account as the connector's leader has found it, if that leads still. Where there
    was another one, `forget_account` goes before.
    """
    if not is_current(transaction, role_of(connector), epoch):
        return
    values = {"connector": connector, "account": storable_text(account)}
    new = insert_statement(transaction.connection.dialect, connector_state).values(values)
    transaction.connection.execute(
        new.on_conflict_do_update(
            index_elements=["connector"], set_={"account": new.excluded["account"]}
        )
    )


def change_account(transaction: Transaction, connector: str) -> int:
    """Forget which account of the CRM the connector has written to, whoever leads it.

    Their term ends: what is under way to the former account brings no id of it back, and who leads
    next finds out to which account they write. Returns of how many records the ids were.
    """
    end_term(transaction, role_of(connector))
    return _forget_account(transaction, connector)


def forget_account(transaction: Transaction, connector: str, *, epoch: int) -> int:
    """The same, in the leader's own term; nothing where another leads by now."""
    if not is_current(transaction, role_of(connector), epoch):
        return 0
    return _forget_account(transaction, connector)


def _forget_account(transaction: Transaction, connector: str) -> int:
    """A pause because it was another account is over, too."""
    transaction.connection.execute(_FORGET, {"of": connector})
    transaction.connection.execute(_GO_ON, {"of": connector})
    known = transaction.connection.execute(delete(remote).where(remote.c.connector == connector))
    transaction.connection.execute(delete(remote_link).where(remote_link.c.connector == connector))
    return known.rowcount


_THIS = connector_state.c.connector == bindparam("of")
_ACCOUNT = select(connector_state.c.account).where(_THIS)
_FORGET = update(connector_state).where(_THIS).values(account=None)
_GO_ON = (
    update(connector_state)
    .where(_THIS, connector_state.c.paused == "misconfigured")
    .values(paused=None, reason=None, since=None, until=None, wait=None)
)
_STATES = select(connector_state)
_STATE = _STATES.where(_THIS)
_START = (
    update(connector_state)
    .where(_THIS, connector_state.c.stopped_at.is_not(None))
    .values(stopped_at=None, stopped_for=None)
)


def _seen(row: Row[object]) -> ConnectorState:
    if row.stopped_at is None:
        return _state(row)
    return replace(
        _state(row),
        paused="operator",
        reason=row.stopped_for,
        since=from_micros(row.stopped_at),
        until=None,
        wait=timedelta(0),
    )


def _state(row: Row[object]) -> ConnectorState:
    return ConnectorState(
        row.connector,
        row.paused,
        row.reason or "",
        from_micros_or_none(row.since),
        from_micros_or_none(row.until),
        from_micros(row.wait or 0) - from_micros(0),
        row.note or "",
        json.loads(row.sizes or "{}"),
        row.tokens,
    )
