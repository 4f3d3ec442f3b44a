"""Which alarms were sent: kept in the store, but for the alarm that the store itself fails."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from receiver.alarms.alarm import Alarm
from receiver.inbox import Inbox, SentAlarm


class SentLog(Protocol):
    """The alarms that were told and are not over."""

    async def sent(self) -> list[SentAlarm]: ...
    async def keep(self, alarm: Alarm, *, now: datetime) -> None: ...
    async def forget(self, key: str) -> None: ...


class StoredSentLog:
    """Outlives the process, and all processes on one database share it. Raises StoreUnavailable."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    async def sent(self) -> list[SentAlarm]:
        return await self._inbox.find_sent_alarms()

    async def keep(self, alarm: Alarm, *, now: datetime) -> None:
        await self._inbox.keep_sent_alarm(alarm.key, alarm.dump(), now=now)

    async def forget(self, key: str) -> None:
        await self._inbox.forget_sent_alarm(key)


class MemorySentLog:
    """Keeps which alarms were sent in memory, until the process ends."""

    def __init__(self) -> None:
        self._sent: dict[str, SentAlarm] = {}

    async def sent(self) -> list[SentAlarm]:
        return list(self._sent.values())

    async def keep(self, alarm: Alarm, *, now: datetime) -> None:
        self._sent[alarm.key] = SentAlarm(alarm.key, alarm.dump(), now)

    async def forget(self, key: str) -> None:
        self._sent.pop(key, None)
