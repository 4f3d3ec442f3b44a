"""The alarms that hold now, for operators to see and to silence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from receiver.admin.operation import NotFound
from receiver.alarms import Alarm, describe_alarm
from receiver.gateway import Gateway
from receiver.inbox import FiringAlarm


@dataclass(frozen=True, slots=True)
class AlarmView:
    """One alarm, in the words in which it is told, and in fields for programs."""

    key: str
    cause: str
    text: str
    connector: str | None
    source: str | None
    event: str | None
    reason: str
    count: int | None
    since: datetime
    acknowledged_at: datetime | None  # not told again until it is over and comes again
    snoozed_until: datetime | None  # not told before that


@dataclass(frozen=True, slots=True)
class AlarmsView:
    """`watched`: whether alarms are configured; else none is looked for."""

    items: tuple[AlarmView, ...]
    watched: bool


async def list_alarms(gateway: Gateway) -> AlarmsView:
    """Those that hold, but for what each process tells of the store itself.

    Raises StoreUnavailable.
    """
    alerts = gateway.settings.alerts
    if alerts is None or not alerts.targets():
        return AlarmsView((), watched=False)
    found = await gateway.inbox.find_firing_alarms()
    return AlarmsView(tuple(_view(one, gateway.now()) for one in found), watched=True)


async def acknowledge_alarm(gateway: Gateway, key: str) -> AlarmView:
    """Have it told no more until it is over and comes again. Raises NotFound."""
    await gateway.inbox.acknowledge_alarm(key, now=gateway.now())
    return await _find(gateway, key)


async def snooze_alarm(gateway: Gateway, key: str, hours: float) -> AlarmView:
    """Have it told no more for so long. Raises NotFound."""
    await gateway.inbox.snooze_alarm(key, until=gateway.now() + timedelta(hours=hours))
    return await _find(gateway, key)


async def _find(gateway: Gateway, key: str) -> AlarmView:
    found = {one.key: one for one in (await list_alarms(gateway)).items}
    if key not in found:
        raise NotFound(f"There is no alarm {key!r}; {_list_keys(list(found))}")
    return found[key]


def _list_keys(keys: list[str]) -> str:
    return f"there are: {', '.join(keys)}." if keys else "none holds."


def _view(stored: FiringAlarm, now: datetime) -> AlarmView:
    alarm = Alarm.load(stored.about)
    until = stored.snoozed_until
    return AlarmView(
        alarm.key,
        alarm.cause,
        describe_alarm(alarm),
        alarm.connector,
        alarm.source,
        alarm.event,
        alarm.reason,
        alarm.count,
        alarm.since,
        stored.acknowledged_at,
        until if until and until > now else None,
    )
