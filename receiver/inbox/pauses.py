"""Whether a connector runs, or is paused, why and until when. All processes go by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy import BigInteger, Row, and_, bindparam, case, or_, select, update

from receiver.inbox.statements import upsert
from receiver.inbox.tables import connector_state
from receiver.inbox.text import storable
from receiver.inbox.times import micros, moment_or_none
from receiver.inbox.transaction import Transaction

PauseKind = Literal["auth", "misconfigured", "throttled", "unavailable"]

LONGEST_PAUSE: Final = timedelta(days=4)
"""Nobody means a longer one: its end was told by a clock that was ahead."""


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
    transaction.connection.execute(_PAUSE, {**values, "most": micros(now + LONGEST_PAUSE)})


def resume(transaction: Transaction, connector: str, *, until: datetime | None) -> bool:
    """End the pause, if it is still the one until then. Returns whether it was."""
    values = {"of": connector, "end": micros(until) if until else None}
    if not transaction.connection.execute(_RESUME, values).rowcount:
        return False
    transaction.woken.add(connector)
    return True


def ensure(transaction: Transaction, connector: str) -> None:
    """See to it that the connector has a row."""
    new = upsert(transaction.connection.dialect, connector_state).values(connector=connector)
    transaction.connection.execute(new.on_conflict_do_nothing())


_THIS = connector_state.c.connector == bindparam("of")
_STATES = select(connector_state)
_STATE = _STATES.where(_THIS)
_NEW_END = bindparam("end", type_=BigInteger)
_ALARMS = ("auth", "misconfigured")  # what only an operator can end stays in sight
_STAYS = and_(connector_state.c.paused.in_(_ALARMS), bindparam("kind").not_in(_ALARMS), connector_state.c.until > bindparam("now"))
_PLAUSIBLE = connector_state.c.until.between(bindparam("now") + 1, bindparam("most"))
_LONGER = and_(_PLAUSIBLE, or_(_NEW_END.is_(None), connector_state.c.until > _NEW_END))
_PAUSE = (
    update(connector_state)
    .where(_THIS)
    .values(
        since=case((or_(connector_state.c.paused == bindparam("kind"), _STAYS), connector_state.c.since), else_=bindparam("now")),
        paused=case((_STAYS, connector_state.c.paused), else_=bindparam("kind")),
        reason=case((_STAYS, connector_state.c.reason), else_=bindparam("why")),
        until=case((_LONGER, connector_state.c.until), else_=_NEW_END),  # the longer wait is in force
    )
)
_SEEN = connector_state.c.until.is_not_distinct_from(bindparam("end", type_=BigInteger))
_RESUME = (
    update(connector_state)
    .where(_THIS, connector_state.c.paused.is_not(None), _SEEN)
    .values(paused=None, reason=None, since=None, until=None)
)


def _state(row: Row[object]) -> ConnectorState:
    return ConnectorState(row.connector, row.paused, row.reason or "", moment_or_none(row.since), moment_or_none(row.until))
