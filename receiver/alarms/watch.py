"""Looks at the store now and then, and tells what began and what is over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog

from receiver.alarms.alarm import Alarm
from receiver.alarms.alarm_rules import StoreSight, find_alarms
from receiver.alarms.alarm_sender import AlarmSender
from receiver.alarms.person_redaction import PersonRedaction
from receiver.alarms.sent_log import MemorySentLog, SentLog, StoredSentLog
from receiver.alarms.store_alarm import StoreWatch
from receiver.inbox import FiringAlarm, Inbox, SentAlarm, StoreUnavailable, process_name
from receiver.jobs.status_cache import CachedStatus
from receiver.settings import Alerts
from receiver.telemetry import GatewayMetrics

MOST_GROUPS = 2_000
_ROLE = "alarms"


@dataclass(frozen=True, slots=True)
class WatchTiming:
    """How often to look, and for how long one process has the watch.

    To count may take up to `share` of the time.
    """

    every: timedelta = timedelta(seconds=5)
    lease: timedelta = timedelta(seconds=20)
    share: float = 0.05


class StoreWatcher:
    """Watches the store and sends alarms: `run` it until `stop`.

    Of several processes on one database one watches; but each tells for itself that the store
    fails.
    """

    def __init__(
        self,
        standing: CachedStatus,
        inbox: Inbox,
        senders: Sequence[AlarmSender],
        metrics: GatewayMetrics,
        limits: Alerts,
        silent_after: Mapping[str, timedelta],
        redaction: PersonRedaction,
        now: Callable[[], datetime],
        timing: WatchTiming,
        own: MemorySentLog,
    ) -> None:
        """`senders`: one for each channel. `own`: what this process has told of the store
        itself.
        """
        self._standing = standing
        self._inbox = inbox
        self._senders = senders
        self._limits = limits
        self._silent_after = silent_after
        self._redaction = redaction
        self._now = now
        self._timing = timing
        self._stopping = asyncio.Event()
        self._ended = asyncio.Event()
        self._stored, self._own = StoredSentLog(inbox), own
        self._store = StoreWatch(inbox, metrics, redaction)
        self._epoch: int | None = None  # of our watch, where this process has it
        self._counting = 0.0  # seconds that it took last
        self._log = structlog.get_logger()

    async def run(self) -> None:
        """Watch until stopped; nothing else ends it."""
        try:
            await self._hand_over_channels()
            while not self._stopping.is_set():
                await self._sleep(
                    max(self._timing.every.total_seconds(), self._counting / self._timing.share)
                )
                await self._look_safely()
            await self._leave()
        finally:
            self._ended.set()

    def tell_no_more(self) -> None:
        """What a gateway that closes looks like is no alarm."""
        self._stopping.set()

    async def stop(self, grace: float) -> None:
        """Let a message that is being posted be noted as told."""
        self.tell_no_more()
        try:
            async with asyncio.timeout(grace):
                await self._ended.wait()
        except TimeoutError:
            self._log.warning("alarms.cut_short")

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return

    async def _hand_over_channels(self) -> None:
        with suppress(StoreUnavailable):  # they stay in the store until the next start
            await self._inbox.hand_over_channels(to=[sender.channel for sender in self._senders])

    async def _look_safely(self) -> None:
        try:
            await self._look()
        except StoreUnavailable as error:
            self._log.debug("alarms.store_unavailable", reason=str(error))
        except Exception:  # noqa: BLE001 - a watch that dies would do so in silence
            self._log.exception("alarms.failed")

    async def _look(self) -> None:
        if self._stopping.is_set():
            return
        found = await self._store.look(self._now())
        await self._tell_all({alarm.key: alarm for alarm in found}, self._own, {})
        if await self._holds():
            began = time.monotonic()
            firing = {one.key: one for one in await self._inbox.find_firing_alarms()}
            stored = await self._causes(firing)
            self._counting = time.monotonic() - began
            await self._keep_firing(stored, firing)
            await self._tell_all(stored, self._stored, firing)

    async def _holds(self) -> bool:
        lease, now = self._timing.lease, self._now()
        if self._epoch is not None:
            renewed = await self._inbox.renew_lead(
                _ROLE, self._epoch, lease=lease, calls_end_in=None, now=now
            )
            if renewed is not None:
                return True
        term = await self._inbox.take_lead(_ROLE, holder=process_name(), lease=lease, now=now)
        self._epoch = term.epoch if term else None
        return term is not None

    async def _keep_firing(
        self, found: Mapping[str, Alarm], known: Mapping[str, FiringAlarm]
    ) -> None:
        """Let operators see what holds, and silence it."""
        abouts = {key: alarm.dump() for key, alarm in found.items()}
        if abouts != {key: one.about for key, one in known.items()}:
            await self._inbox.keep_firing_alarms(abouts)

    async def _causes(self, firing: Mapping[str, FiringAlarm]) -> Mapping[str, Alarm]:
        status, (dead, quarantined) = (
            await self._standing.status(),
            await self._inbox.list_groups(most=MOST_GROUPS),
        )
        processes = await self._inbox.list_processes(now=self._now())
        before = [Alarm.load(one.about) for one in firing.values()]
        sight = StoreSight(status, dead, quarantined, processes, await self._last_events())
        found = await asyncio.to_thread(
            partial(
                find_alarms,
                sight,
                self._limits,
                self._redaction,
                firing=firing.keys(),
                silent_after=self._silent_after,
                now=self._now(),
            )
        )
        return {
            **{alarm.key: alarm for alarm in before if sight.hides(alarm.cause, MOST_GROUPS)},
            **found,
        }

    async def _last_events(self) -> Mapping[str, datetime]:
        """By source. Each process writes its calls within seconds."""
        latest: dict[str, datetime] = {}
        if self._silent_after:
            for use in await self._inbox.find_token_uses():
                if use.event_at:
                    latest[use.source] = max(use.event_at, latest.get(use.source, use.event_at))
        return latest

    async def _tell_all(
        self, found: Mapping[str, Alarm], ledger: SentLog, known: Mapping[str, FiringAlarm]
    ) -> None:
        """By each channel for itself: one that fails holds up no other."""
        for sender in self._senders:
            await self._tell(found, ledger, known, sender)

    async def _tell(
        self,
        found: Mapping[str, Alarm],
        ledger: SentLog,
        known: Mapping[str, FiringAlarm],
        sender: AlarmSender,
    ) -> None:
        """Note each message once it is posted: after a crash in between it is posted again, but
        none is lost.
        """

        def patience(key: str) -> tuple[int, str]:
            return sender.refused[key], key

        sent = {one.key: one for one in await ledger.sent(sender.channel)}
        for key in sorted(sent.keys() - found.keys(), key=patience):
            if not await self._may_post(ledger) or not await sender.post(
                Alarm.load(sent[key].about), "resolved"
            ):
                return
            await ledger.forget(sender.channel, key)
        due = (key for key in found if self._is_due(sent.get(key), known.get(key)))
        for key in sorted(due, key=patience):
            if not await self._may_post(ledger) or not await sender.post(found[key], "firing"):
                return
            await ledger.keep(sender.channel, found[key], now=self._now())

    def _is_due(self, last_sent: SentAlarm | None, known: FiringAlarm | None) -> bool:
        """What an operator has silenced is not; once it was snoozed long enough, it is."""
        now, repeat = self._now(), self._limits.repeat_hours
        snoozed_until = known.snoozed_until if known else None
        if known and (known.acknowledged_at or (snoozed_until and now < snoozed_until)):
            return False
        if last_sent is None or (snoozed_until and last_sent.at < snoozed_until):
            return True
        return repeat is not None and now - last_sent.at >= timedelta(hours=float(repeat))

    async def _may_post(self, ledger: SentLog) -> bool:
        """Posting may take longer than the lease."""
        return not self._stopping.is_set() and (ledger is self._own or await self._holds())

    async def _leave(self) -> None:
        if self._epoch is None:
            return
        with suppress(StoreUnavailable):  # the lease ends by itself
            await self._inbox.give_back_lead(_ROLE, self._epoch, calls_end_in=None, now=self._now())
