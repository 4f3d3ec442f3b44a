"""The watch over a real store, and a receiver of alarms that behaves in every way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

from receiver.alarms import open_watch
from receiver.alarms.channel_factory import name_channel
from receiver.alarms.watch import WatchTiming
from receiver.delivery.limits.backoff import Backoff
from receiver.inbox import Inbox, RunningProcess, SentAlarm, SettledLane, TokenUse
from receiver.jobs.status_cache import CachedStatus
from receiver.mapping import RouteTable
from receiver.settings import load_settings
from receiver.telemetry import GatewayMetrics
from tests.alarms.receiver import AlarmReceiver, alarm_receiver
from tests.inbox.store import NOW, faulty, new, open_inbox, pause, resume, settle, take_ready
from tests.settings.configs import SANDBOX, write

MOMENT = timedelta(milliseconds=20)
SOON = Backoff(MOMENT, MOMENT, least=MOMENT)


@dataclass(slots=True)
class Scene:
    """A store that is watched, at a time that stands still."""

    inbox: Inbox
    receiver: AlarmReceiver
    metrics: GatewayMetrics = field(default_factory=GatewayMetrics)
    now: datetime = NOW

    async def until(self, condition: Callable[[], Any]) -> None:
        async with asyncio.timeout(30):
            while not condition():
                await asyncio.sleep(0.01)

    async def told(self, **wanted: object) -> dict[str, Any]:
        """The first message with these values, once it is there."""
        await self.until(lambda: self.receiver.told(**wanted))
        return self.receiver.told(**wanted)[0]

    async def sent(self) -> list[SentAlarm]:
        """What is noted as told."""
        return await self.inbox.find_sent_alarms(name_channel(self.receiver.url))

    async def noted(self, number: int) -> None:
        """Until so many alarms are noted as told."""
        async with asyncio.timeout(30):
            while len(await self.sent()) != number:
                await asyncio.sleep(0.01)

    async def some_looks(self) -> None:
        """Until whatever the store shows now was surely looked at: an alarm of another connector is
        told and over.
        """
        self.receiver.messages[:] = [
            message for message in self.receiver.messages if message["connector"] != "mark"
        ]
        await pause(self.inbox, "mark", kind="auth", reason="mark", now=self.now)
        await self.told(connector="mark", state="firing")
        await resume(self.inbox, "mark")
        await self.told(connector="mark", state="resolved")

    async def kill(self, content: str, reason: str) -> None:
        """Make an event whose delivery is dead for this reason."""
        await self.inbox.accept(new(content, f"{content}@example.edu"))
        (only,) = await take_ready(self.inbox)
        dead = tuple((pending.delivery_id, reason) for pending in only.deliveries)
        await settle(self.inbox, [SettledLane(only, dead=dead)], now=NOW)


@asynccontextmanager
async def watched(
    inbox: Inbox, receiver: AlarmReceiver, directory: Path, alerts: str = "", source: str = ""
) -> AsyncIterator[Scene]:
    """A watch that looks all the time, until the block ends."""
    body = SANDBOX.replace("[connectors", f"{source}\n[connectors", 1)
    settings = load_settings(
        write(directory, f'{body}\n[alerts]\nurl = "{receiver.url}"\n{alerts}'), {}
    )
    scene = Scene(inbox, receiver)
    standing = CachedStatus(inbox, ["box", "mark"], lambda: scene.now, fresh=0)
    timing = WatchTiming(every=MOMENT, share=1)
    routes = RouteTable.compile(settings)
    async with open_watch(
        settings,
        routes,
        inbox,
        standing,
        scene.metrics,
        lambda: scene.now,
        timing=timing,
        backoff=SOON,
    ) as watch:
        assert watch
        task = asyncio.create_task(watch.run())
        try:
            yield scene
        finally:
            await watch.stop(10)
            await task


@asynccontextmanager
async def scene(
    url: str, directory: Path, alerts: str = "", *, source: str = ""
) -> AsyncIterator[Scene]:
    """`alerts` and `source`: more lines of these tables."""
    with alarm_receiver() as receiver:
        async with (
            open_inbox(url) as inbox,
            watched(inbox, receiver, directory, alerts, source) as one,
        ):
            yield one


def test_a_refused_configuration_is_told_until_all_have_it(tmp_path: Path, store_url: str) -> None:
    """Once, whichever processes refuse it; not as over while one of them still does."""

    async def main() -> None:
        async with scene(store_url, tmp_path) as one:
            faults = (("routes[0]", "has no upsert", ""), ("server.prt", "is not known", ""))
            refusing = [
                RunningProcess(name, name, "digest", NOW, NOW, faults) for name in ("h:1", "h:2")
            ]
            for process in refusing:
                await one.inbox.announce_process(process, now=NOW)
            told = await one.told(cause="configuration_refused", state="firing")
            assert (told["count"], told["reason"]) == (
                2,
                "routes[0]: has no upsert; server.prt: is not known",
            )
            mended = [replace(each, refused_at=None, faults=()) for each in refusing]
            await one.inbox.announce_process(mended[0], now=NOW)
            await one.some_looks()
            assert not one.receiver.told(cause="configuration_refused", state="resolved")
            await one.inbox.announce_process(mended[1], now=NOW)
            await one.told(cause="configuration_refused", state="resolved")
            assert len(one.receiver.told(cause="configuration_refused")) == 2

    asyncio.run(main())


def test_a_pause_is_told_and_its_end(tmp_path: Path, store_url: str) -> None:
    """Each once, though the watch looks on; a second pause later is told anew."""

    async def main() -> None:
        async with scene(store_url, tmp_path) as one:
            for _ in range(2):
                await pause(one.inbox, "box", kind="auth", reason="the token has expired", now=NOW)
                await one.told(connector="box", state="firing")
                await one.some_looks()
                await resume(one.inbox, "box")
                await one.told(connector="box", state="resolved")
                await one.some_looks()
                told = one.receiver.told(connector="box")
                assert [message["state"] for message in told] == ["firing", "resolved"]
                assert "the token has expired" in told[0]["text"]
                one.receiver.messages.clear()

    asyncio.run(main())


def test_a_new_reason_is_told_and_more_of_an_old_one_is_not(tmp_path: Path, store_url: str) -> None:
    """Dead letters and quarantined calls alike."""

    async def main() -> None:
        async with scene(store_url, tmp_path) as one:
            await one.kill("a", "email: a@example.edu is taken (TAKEN)")
            await one.inbox.accept(faulty("x"))
            await one.told(cause="dead_letters")
            await one.told(cause="quarantine")
            await one.kill("b", "email: b@example.edu is taken (TAKEN)")
            await one.inbox.accept(faulty("y"))
            await one.some_looks()
            assert (
                len(one.receiver.told(cause="dead_letters"))
                == len(one.receiver.told(cause="quarantine"))
                == 1
            )
            await one.kill("c", "amount: is no number (INVALID)")
            await one.until(lambda: len(one.receiver.told(cause="dead_letters")) == 2)
            assert not [message for message in one.receiver.messages if "@" in str(message)]
            assert not [told for told in await one.sent() if "@" in told.about]

    asyncio.run(main())


def test_nothing_is_told_again_by_the_next_process(tmp_path: Path, store_url: str) -> None:
    """What was told is in the store; what ended meanwhile is told to be over."""

    async def main() -> None:
        with alarm_receiver() as receiver:
            async with open_inbox(store_url) as inbox, watched(inbox, receiver, tmp_path) as first:
                await pause(inbox, "box", kind="auth", reason="a", now=NOW)
                await first.kill("a", "is locked")
                await first.noted(2)
            async with open_inbox(store_url) as inbox:
                await resume(inbox, "box")
                async with watched(inbox, receiver, tmp_path) as second:
                    await second.told(connector="box", state="resolved")
                    await second.some_looks()
            assert len(receiver.told(cause="dead_letters")) == 1
            assert len(receiver.told(connector="box", cause="connector_paused")) == 2

    asyncio.run(main())


def test_an_alarm_is_repeated_only_where_that_is_wanted(tmp_path: Path, sqlite_url: str) -> None:
    """After repeat_hours, as long as it lasts."""

    async def main() -> None:
        async with scene(sqlite_url, tmp_path, "repeat_hours = 4") as one:
            await pause(one.inbox, "box", kind="auth", reason="a", now=NOW)
            await one.noted(1)
            one.now = NOW + timedelta(hours=3.9)
            await one.some_looks()
            assert len(one.receiver.told(connector="box")) == 1
            one.now = NOW + timedelta(hours=4)
            await one.until(lambda: len(one.receiver.told(connector="box", state="firing")) == 2)

    asyncio.run(main())


def test_a_receiver_that_hangs_holds_up_no_delivery(tmp_path: Path, sqlite_url: str) -> None:
    """The store goes on; the message is given up after a while, counted, and posted again."""

    async def main() -> None:
        async with scene(sqlite_url, tmp_path) as one:
            one.receiver.hold = Event()
            await pause(one.inbox, "box", kind="auth", reason="a", now=NOW)
            await one.until(lambda: one.receiver.calls)
            async with asyncio.timeout(2):
                await one.kill("a", "is locked")
            await one.until(
                lambda: b'aom_gateway_alarms_total{outcome="failed"} 1.0' in one.metrics.text()
            )
            one.receiver.hold.set()
            one.receiver.hold = None
            await one.told(cause="dead_letters")

    asyncio.run(main())


def test_a_redirect_is_not_followed(tmp_path: Path, sqlite_url: str) -> None:
    """It could lead the message, and the secrets in its headers, anywhere."""

    async def main() -> None:
        with alarm_receiver() as elsewhere:
            async with scene(sqlite_url, tmp_path) as one:
                one.receiver.status, one.receiver.elsewhere = 307, elsewhere.url
                await pause(one.inbox, "box", kind="auth", reason="a", now=NOW)
                await one.until(lambda: one.receiver.calls > 2)
        assert elsewhere.calls == 0

    asyncio.run(main())


def test_headers_go_along(tmp_path: Path, sqlite_url: str) -> None:
    """As a receiver with a token needs it."""

    async def main() -> None:
        async with scene(
            sqlite_url, tmp_path, 'headers = { Authorization = "Bearer alarm-token" }'
        ) as one:
            await pause(one.inbox, "box", kind="auth", reason="a", now=NOW)
            await one.told(connector="box")
            assert one.receiver.headers["Authorization"] == "Bearer alarm-token"
            assert one.receiver.headers["Content-Type"] == "application/json"

    asyncio.run(main())


def test_what_is_over_before_it_could_be_told_is_not_told(tmp_path: Path, sqlite_url: str) -> None:
    """A receiver that was down all night is not flooded with what is no more."""

    async def main() -> None:
        async with scene(sqlite_url, tmp_path) as one:
            one.receiver.status = 500
            await pause(one.inbox, "box", kind="auth", reason="a", now=NOW)
            await one.until(lambda: one.receiver.calls)
            await resume(one.inbox, "box")
            await pause(one.inbox, "mark", kind="auth", reason="a", now=NOW)
            seen = one.receiver.calls
            # the second is of a look that began after the end of the pause
            await one.until(lambda: one.receiver.calls >= seen + 2)
            one.receiver.status = 200
            await one.told(connector="mark", state="firing")
            assert one.receiver.told(connector="box") == []

    asyncio.run(main())


def test_a_source_that_falls_silent_is_told_until_its_next_event(
    tmp_path: Path, store_url: str
) -> None:
    """By what the store knows of its calls, whichever token they came by; once, and once when an
    event comes again. A call that was not kept is no event.
    """
    hours = timedelta(hours=1)

    async def main() -> None:
        async with scene(store_url, tmp_path, source="silent_hours = 3") as one:
            await one.some_looks()
            uses = [TokenUse("springfield", "old", NOW, NOW), TokenUse("other", "t", NOW, NOW)]
            await one.inbox.keep_token_uses(uses)
            one.now = NOW + 3 * hours
            await one.inbox.keep_token_uses([TokenUse("springfield", "new", one.now)])
            told = await one.told(cause="source_silent", state="firing")
            assert (told["source"], told["since"]) == ("springfield", NOW.isoformat())
            await one.inbox.keep_token_uses([TokenUse("springfield", "new", one.now, one.now)])
            await one.told(cause="source_silent", state="resolved")
            assert len(one.receiver.told(cause="source_silent")) == 2

    asyncio.run(main())


def test_each_channel_is_told_for_itself(tmp_path: Path, store_url: str) -> None:
    """One that takes nothing holds up no other, and hears of it once it takes something again; what
    one was told already is not told again for the other's sake. The same address twice is one.
    """

    async def main() -> None:
        with alarm_receiver() as other:
            other.status = 500
            urls = f'urls = ["{other.url}", "{other.url}"]'
            async with scene(store_url, tmp_path, urls) as one:
                await pause(one.inbox, "box", kind="auth", reason="a", now=NOW)
                await one.told(connector="box", state="firing")
                await one.some_looks()
                assert len(one.receiver.told(connector="box")) == 1
                other.status = 200
                await one.until(lambda: other.told(connector="box", state="firing"))
                await resume(one.inbox, "box")
                await one.told(connector="box", state="resolved")
                await one.until(lambda: other.told(connector="box", state="resolved"))
                assert len(other.told(connector="box")) == 2
                assert len(one.receiver.told(connector="box")) == 2

    asyncio.run(main())


def test_what_is_acknowledged_is_told_again_only_when_it_comes_again(
    tmp_path: Path, store_url: str
) -> None:
    """It is not repeated while it lasts; its end is told, and so is its next beginning."""

    async def main() -> None:
        async with scene(store_url, tmp_path, "repeat_hours = 1") as one:
            await pause(one.inbox, "box", kind="auth", reason="a", now=NOW)
            key = (await one.told(connector="box", state="firing"))["key"]
            assert await one.inbox.acknowledge_alarm(key, now=NOW)
            one.now = NOW + timedelta(hours=5)
            await one.some_looks()
            assert len(one.receiver.told(connector="box")) == 1
            await resume(one.inbox, "box")
            await one.told(connector="box", state="resolved")
            await pause(one.inbox, "box", kind="auth", reason="a", now=one.now)
            await one.until(lambda: len(one.receiver.told(connector="box", state="firing")) == 2)
            assert not await one.inbox.acknowledge_alarm("no such alarm", now=NOW)

    asyncio.run(main())


def test_what_is_snoozed_is_quiet_for_so_long(tmp_path: Path, store_url: str) -> None:
    """Then it is told once more if it still holds."""

    async def main() -> None:
        async with scene(store_url, tmp_path) as one:
            await pause(one.inbox, "box", kind="auth", reason="a", now=NOW)
            key = (await one.told(connector="box", state="firing"))["key"]
            assert await one.inbox.snooze_alarm(key, until=NOW + timedelta(hours=2))
            one.now = NOW + timedelta(hours=1)
            await one.some_looks()
            assert len(one.receiver.told(connector="box")) == 1
            one.now = NOW + timedelta(hours=2)
            await one.until(lambda: len(one.receiver.told(connector="box")) == 2)
            await one.some_looks()
            assert len(one.receiver.told(connector="box", state="firing")) == 2

    asyncio.run(main())
