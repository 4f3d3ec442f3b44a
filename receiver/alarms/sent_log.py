"""Which alarms each channel has sent: kept in the store, but for the alarm that the store itself
fails.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from receiver.alarms.alarm import Alarm
from receiver.inbox import Inbox, SentAlarm


class SentLog(Protocol):
    """The alarms that were told by each channel and are not over."""

    async def sent(self, channel: str) -> list[SentAlarm]: ...
    async def keep(self, channel: str, alarm: Alarm, *, now: datetime) -> None: ...
    async def forget(self, channel: str, key: str) -> None: ...


class StoredSentLog:
    """Outlives the process, and all processes on one database share it. Raises StoreUnavailable."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    async def sent(self, channel: str) -> list[SentAlarm]:
        return await self._inbox.find_sent_alarms(channel)

    async def keep(self, channel: str, alarm: Alarm, *, now: datetime) -> None:
        await self._inbox.keep_sent_alarm(channel, alarm.key, alarm.dump(), now=now)

    async def forget(self, channel: str, key: str) -> None:
        await self._inbox.forget_sent_alarm(channel, key)


class MemorySentLog:
    """Keeps which alarms were sent in memory, until the process ends."""

    def __init__(self) -> None:
        self._sent: dict[tuple[str, str], SentAlarm] = {}

    async def sent(self, channel: str) -> list[SentAlarm]:
        return [one for (by, _), one in self._sent.items() if by == channel]

    async def keep(self, channel: str, alarm: Alarm, *, now: datetime) -> None:
        self._sent[channel, alarm.key] = SentAlarm(alarm.key, alarm.dump(), now)

    async def forget(self, channel: str, key: str) -> None:
        self._sent.pop((channel, key), None)
