"""Whether a connector runs, or is paused, why and until when. All processes go by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Row, bindparam, case, select, update

from receiver.inbox.statements import upsert
from receiver.inbox.tables import connector_state
from receiver.inbox.text import storable
from receiver.inbox.times import micros, moment_or_none
from receiver.inbox.transaction import Transaction

PauseKind = Literal["auth", "misconfigured", "throttled", "unavailable"]


@dataclass(frozen=True, slots=True)
class ConnectorState:
    """`paused` is None while it runs. `since` is when a pause of this kind began, `until` when it should be tried again."""

    connector: str
    paused: PauseKind | None = None
    reason: str = ""
    since: datetime | None = None
    until: datetime | None = None


def state(transaction: Transaction, connector: str) -> ConnectorState:
    row = transaction.connection.execute(_STATE, {"of": connector}).one_or_none()
    return _state(row) if row else ConnectorState(connector)


def states(transaction: Transaction) -> Mapping[str, ConnectorState]:
    """Of all connectors that were ever paused or limited."""
    return {row.connector: _state(row) for row in transaction.connection.execute(_STATES)}


def pause(transaction: Transaction, connector: str, *, kind: PauseKind, reason: str, until: datetime | None, now: datetime) -> None:
    """Pausing again for the same kind of reason keeps `since`."""
    ensure(transaction, connector)
    values = {"of": connector, "kind": kind, "why": storable(reason), "end": micros(until) if until else None, "now": micros(now)}
    transaction.connection.execute(_PAUSE, values)


def resume(transaction: Transaction, connector: str) -> None:
    transaction.connection.execute(_RESUME, {"of": connector})
    transaction.woken.add(connector)


def ensure(transaction: Transaction, connector: str) -> None:
    """See to it that the connector has a row."""
    new = upsert(transaction.connection.dialect, connector_state).values(connector=connector)
    transaction.connection.execute(new.on_conflict_do_nothing())


_THIS = connector_state.c.connector == bindparam("of")
_STATES = select(connector_state)
_STATE = _STATES.where(_THIS)
_PAUSE = (
    update(connector_state)
    .where(_THIS)
    .values(
        since=case((connector_state.c.paused == bindparam("kind"), connector_state.c.since), else_=bindparam("now")),
        paused=bindparam("kind"),
        reason=bindparam("why"),
        until=bindparam("end"),
    )
)
_RESUME = update(connector_state).where(_THIS).values(paused=None, reason=None, since=None, until=None)


def _state(row: Row[object]) -> ConnectorState:
    return ConnectorState(row.connector, row.paused, row.reason or "", moment_or_none(row.since), moment_or_none(row.until))
