# ruff: noqa: SLF001 - it looks into what it tests
"""What a batch leaves behind in trouble: outages, refusals, locks, and stores that fail."""

from __future__ import annotations

import asyncio
import gc
import resource
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random

import pytest
import structlog

from connectors.base import (
    AuthFailed,
    Limits,
    Outcome,
    Record,
    Refused,
    Retry,
    Throttled,
    TimedOut,
    Unavailable,
)
from receiver.delivery import BatchSizes
from receiver.delivery.batch import LaneBatch
from receiver.delivery.lane_outcome import LaneOutcome
from receiver.inbox import DeliverySelection, RecordStateRow, Settlement
from tests.delivery.crm import Crm
from tests.delivery.rig import Rig, rig
from tests.delivery.scenario import DEAL, attempted, held, run, start

SHORT = timedelta(seconds=1)
ONE_BY_ONE = Limits(records=10, links=10, concurrency=1, linger=0)


def test_a_row_that_no_call_survives_holds_up_nobody_else(tmp_path: Path) -> None:
    """The CRM answers 500 to every call that holds one certain row: the other 99 are written, and
    soon.
    """
    crm = Crm(limits=Limits(records=100, links=100, concurrency=1, linger=0))

    def rule(record: Record) -> Outcome | None:
        if record.key == "p0@b.edu":
            raise Unavailable("500")
        return None

    async def scenario(opened: Rig) -> None:
        crm.rule = rule
        for number in range(100):
            await opened.account(f"p{number}")
        task = await start(opened)

        async def others() -> bool:
            return len(crm.held) == 99

        try:
            await opened.until(others, 30)
        finally:
            await opened.dispatcher.stop(timedelta(seconds=5))
            await task

    run(tmp_path, crm, scenario, running=False)


def test_a_single_row_that_timed_out_teaches_no_size() -> None:
    """A call of one row that had no answer says nothing of how many rows the CRM takes."""
    sizes = BatchSizes(100, structlog.get_logger())
    sizes.timed_out("contact", 1)
    assert sizes.of("contact") == 100


def test_after_an_outage_without_answers_calls_are_large_again(tmp_path: Path) -> None:
    """One event that met a silent CRM does not make the next hundred go one by one."""
    crm = Crm(limits=Limits(records=100, links=100, concurrency=1, linger=0))
    crm.faults = [TimedOut("no answer")]

    async def scenario(opened: Rig) -> None:
        await opened.account("ann")
        await (await opened.batch()).run()
        for number in range(100):
            await opened.account(f"p{number}")
        await (await opened.batch()).run()
        assert len(crm.calls) == 2

    run(tmp_path, crm, scenario, running=False)


def test_doubt_outlives_an_attempt_that_sent_nothing(tmp_path: Path) -> None:
    """What may have been written stays in doubt until a call of it is answered."""
    crm = Crm(limits=Limits(records=1, links=1, concurrency=1, linger=0))

    async def scenario(opened: Rig) -> None:
        await opened.account("ann")
        await opened.account("ben")
        crm.faults = [
            Unavailable("503"),
            *[Unavailable("reset, and ben may have been written")] * 2,
        ]
        await (await opened.batch()).run()
        opened.clock.ahead += timedelta(seconds=60)
        crm.faults = [AuthFailed("the token")]
        await (await opened.batch()).run()
        opened.clock.ahead += timedelta(seconds=60)
        crm.received.clear()
        await (await opened.batch()).run()
        assert {record.key: record.doubtful for record in crm.received} == {
            "ann@b.edu": True,
            "ben@b.edu": True,
        }

    run(tmp_path, crm, scenario, running=False)


def test_a_shared_record_that_is_refused_is_not_tried_once_per_person(tmp_path: Path) -> None:
    """Sixty people's events write one record, all the same, which the CRM refuses: that takes few
    calls.
    """
    crm = Crm(limits=Limits(records=100, links=100, concurrency=1, linger=0))
    crm.rule = lambda record: (
        Refused("INVALID", "no such stage", "stage") if record.ref == DEAL else None
    )

    async def scenario(opened: Rig) -> None:
        for number in range(60):
            await opened.order(f"p{number}", 19, "COMPLETED")
        task = await start(opened)
        try:
            await opened.until_done(dead=60)
        finally:
            await opened.dispatcher.stop(timedelta(seconds=5))
            await task
        assert len(crm.calls) <= 20

    run(tmp_path, crm, scenario, running=False)


def test_a_clock_that_was_ahead_is_seen_to_also_under_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lane of that clock goes out though there is always something else to do."""
    monkeypatch.setattr("receiver.delivery.dispatcher.CORRECT", 0.2)
    crm = Crm(limits=Limits(records=1, links=1, concurrency=1, linger=0))

    async def slow() -> None:
        await asyncio.sleep(0.03)

    async def scenario(opened: Rig) -> None:
        crm.before_answer = slow
        for number in range(300):
            await opened.account(f"p{number}")
        task = await start(opened)
        await opened.until(_many(crm, 5))
        opened.clock.wrong = timedelta(hours=8)
        ann = await opened.account("ann")
        opened.clock.wrong = timedelta(0)
        for number in range(300):
            await opened.account(f"later{number}")
        await opened.until(partial(opened.is_delivered, ann), 60)
        assert len(crm.held) < 500
        await opened.dispatcher.stop(timedelta(seconds=5))
        await task

    run(tmp_path, crm, scenario, running=False)


def test_a_replay_of_a_lane_under_way_is_not_put_off(tmp_path: Path) -> None:
    """Whoever replays wants it now; that an older attempt has to wait does not count."""
    crm = Crm()
    inside, go_on = held(crm)

    async def scenario(opened: Rig) -> None:
        crm.rule = lambda _record: Retry("locked", 3600) if len(crm.received) == 1 else None
        one = await opened.account("ann")
        await inside.wait()
        await opened.inbox.replay_deliveries(DeliverySelection(events=[one.id]), now=opened.clock())
        go_on.set()
        await opened.until(partial(opened.is_delivered, one), 60)

    run(tmp_path, crm, scenario)


def _many(crm: Crm, count: int) -> Callable[[], Awaitable[bool]]:
    async def many() -> bool:
        return len(crm.held) >= count

    return many


def test_a_lane_that_cannot_be_settled_is_not_sent_for_ever(tmp_path: Path) -> None:
    """The store refuses what came of one lane: its record does not go out at full speed
    meanwhile.
    """
    crm = Crm()

    async def scenario(opened: Rig) -> None:
        with sqlite3.connect(tmp_path / "inbox.db") as db:
            db.execute(
                "CREATE TRIGGER no BEFORE UPDATE ON delivery BEGIN SELECT RAISE(ABORT, 'no'); END"
            )
        with structlog.testing.capture_logs():
            await opened.account("ann")
            await asyncio.sleep(3)
        assert len(crm.calls) < 10

    run(tmp_path, crm, scenario)


def test_a_store_that_cannot_be_written_is_not_asked_all_the_time(tmp_path: Path) -> None:
    """A full disk: the CRM is not called again and again, and the log says so now and then."""
    crm = Crm()

    async def scenario(opened: Rig) -> None:
        crm.rule = lambda _record: Retry("locked", 2)
        one = await opened.account("ann")
        await opened.until(partial(attempted, opened, one.id))
        crm.rule = lambda _record: None
        calls = len(crm.calls)
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
        with structlog.testing.capture_logs() as logs:
            try:
                await asyncio.sleep(10)
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        counts = Counter(one["event"] for one in logs)
        await opened.until_done()
        assert len(crm.calls) - calls < 5
        assert counts["batch.failed"] < 30

    run(tmp_path, crm, scenario)


def test_a_link_that_no_index_takes_costs_its_own_memory_alone(
    tmp_path: Path, postgresql_url: str
) -> None:
    """What is known of the other records of a batch is kept."""
    random = Random(1)
    long = "".join(chr(random.randrange(0x4E00, 0x9F00)) for _ in range(780))

    async def main() -> None:
        async with rig(tmp_path, Crm(), running=False, store=postgresql_url) as one:
            await one.account("ann")
            batch = await one.batch()
            lane, term = batch._lanes[0], batch._term
            rows = [
                RecordStateRow("deal", "19", "1", "e", lane.lane_id),
                RecordStateRow("deal", long, "1", "e", lane.lane_id, {}, {f"contact/{long}": "2"}),
            ]
            await one.inbox.settle_lanes(
                Settlement("crm", "connector crm", term.epoch, (), rows), now=one.clock()
            )
            assert set(await one.inbox.find_record_states("crm", [DEAL])) == {DEAL}

    asyncio.run(main())


@pytest.mark.parametrize(
    "fault", [Unavailable("503", 0), Throttled("429", 0)], ids=lambda fault: type(fault).__name__
)
def test_a_retry_after_of_zero_is_no_busy_loop(tmp_path: Path, fault: Exception) -> None:
    """`Retry-After: 0` says "whenever you like"; the gateway backs off all the same."""
    crm = Crm()
    crm.faults = [fault] * 100_000

    async def scenario(opened: Rig) -> None:
        await opened.account("ann")
        await asyncio.sleep(3)
        assert len(crm.calls) < 10

    run(tmp_path, crm, scenario)


def test_a_call_that_delivers_nothing_needs_no_lead(tmp_path: Path) -> None:
    """An operator erases a person in the CRM at a process that does not deliver: the same limiter
    lets the call through.
    """

    async def scenario(opened: Rig) -> None:
        await opened.context.limiter.take()

    run(tmp_path, Crm(), scenario, running=False)


def test_a_batch_that_is_done_leaves_nothing_to_the_collector(tmp_path: Path) -> None:
    """The lanes of a thousand deliveries, held by a cycle, stop the gateway for as long as Python's
    collector needs to find them; what nobody holds goes at once.
    """
    crm = Crm()

    async def scenario(opened: Rig) -> None:
        for number in range(20):
            await opened.account(f"p{number}")

        async def settled() -> bool:
            return len(crm.held) == 20 and not opened.context.under_way.lanes

        await opened.until(settled)

    def find_lanes() -> list[object]:
        return [one for one in gc.get_objects() if isinstance(one, LaneOutcome | LaneBatch)]

    gc.collect()
    gc.disable()
    try:
        known = len(find_lanes())  # of other tests
        run(tmp_path, crm, scenario)
        assert len(find_lanes()) == known
    finally:
        gc.enable()
