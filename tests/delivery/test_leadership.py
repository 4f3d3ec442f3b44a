"""Of each connector one process leads: what is under way is its own, and what it no longer leads
counts for nothing.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from connectors.base import Limits, Outcome, Record, Saved
from receiver.delivery import Dispatcher, Leaders, Leadership
from receiver.inbox import AcceptedEvent, Inbox
from tests.delivery.crm import Crm
from tests.delivery.rig import Clock, Rig, rig
from tests.delivery.scenario import DEAL, HOUR, held, run, stage_is, start

SHORT = timedelta(seconds=1)
LONG = timedelta(seconds=3)  # to be renewed by a busy machine, too
ONE_BY_ONE = Limits(records=10, links=10, concurrency=1, linger=0)


def test_stopping_lets_what_is_under_way_finish(tmp_path: Path) -> None:
    """A batch under way is settled before `stop` returns."""
    crm = Crm()
    inside, go_on = held(crm)

    async def scenario(opened: Rig) -> None:
        one = await opened.account("ann")
        await inside.wait()
        stopping = asyncio.create_task(opened.dispatcher.stop(timedelta(seconds=20)))
        await asyncio.sleep(0)
        go_on.set()
        await stopping
        assert await opened.states(one) == ["delivered"]
        term = await opened.inbox.take_lead(
            "connector crm", holder="b", lease=HOUR, now=opened.clock()
        )
        assert term
        assert (term.clean, term.calls_end_in) == (True, 0)

    run(tmp_path, crm, scenario)


def test_a_call_that_outlives_the_grace_is_told_of(tmp_path: Path) -> None:
    """It may write still: whoever leads next waits for its end, and takes what was pending as
    doubtful.
    """
    crm = Crm()
    inside, _ = held(crm)

    async def scenario(opened: Rig) -> None:
        one = await opened.account("ann")
        await inside.wait()
        await opened.dispatcher.stop(timedelta(seconds=0.05))
        assert await opened.states(one) == ["pending"]
        term = await opened.inbox.take_lead(
            "connector crm", holder="b", lease=HOUR, now=opened.clock()
        )
        assert term
        assert not term.clean
        assert 0 < term.calls_end_in <= 30
        assert term.doubtful_to > 0

    run(tmp_path, crm, scenario)


def test_stopping_while_lanes_are_taken_leaves_no_batch_behind(tmp_path: Path) -> None:
    """Whenever `stop` comes, no batch runs after it has returned."""

    async def scenario(opened: Rig) -> None:
        for number in range(20):
            await opened.account(f"p{number}")
            opened.dispatcher = Dispatcher(opened.context)
            task = await start(opened)
            for _ in range(number):
                await asyncio.sleep(0)
            await opened.dispatcher.stop(timedelta(seconds=5))
            calls = len(crm.calls)
            await task
            await asyncio.sleep(0.01)
            assert len(crm.calls) == calls

    crm = Crm()
    run(tmp_path, crm, scenario, running=False)


def test_a_lead_is_kept_while_a_call_takes_long(tmp_path: Path, postgresql_url: str) -> None:
    """A call longer than the lease does not lose the lead to another process."""
    crm = Crm()
    inside, go_on = held(crm)

    async def main() -> None:
        async with rig(tmp_path, crm, store=postgresql_url, lease=LONG) as opened:
            one = await opened.account("ann")
            await inside.wait()
            for _ in range(8):
                await asyncio.sleep(0.5)
                other = await opened.inbox.take_lead(
                    "connector crm", holder="b", lease=HOUR, now=opened.clock()
                )
                assert other is None
            go_on.set()
            await opened.until(partial(opened.is_delivered, one))

    asyncio.run(main())


def test_another_process_takes_over_from_one_that_is_dead(
    tmp_path: Path, postgresql_url: str
) -> None:
    """It waits until the dead one's calls must be over; then it delivers what was left, as
    doubtful.
    """
    dead, crm = Crm(limits=ONE_BY_ONE), Crm(limits=ONE_BY_ONE)
    inside, _ = held(dead)
    directories = _directories(tmp_path)

    async def main() -> None:
        async with (
            rig(directories[0], dead, running=False, store=postgresql_url, lease=SHORT) as one,
            rig(directories[1], crm, running=False, store=postgresql_url, lease=SHORT) as other,
        ):
            accepted = await one.account("ann")
            batch = await one.batch()
            call = asyncio.create_task(batch.run())
            await inside.wait()
            call.cancel()  # and nothing is told of it
            task = await start(other)
            await other.until(partial(_leads, other))
            assert other.context.leadership.term is not None
            assert other.context.leadership.term.calls_end_in > 20
            await asyncio.sleep(0.2)
            assert not crm.calls
            await other.until(partial(_is_delivered_in_time, other, accepted))
            assert [record.doubtful for record in crm.received] == [True]
            await other.dispatcher.stop(timedelta(seconds=5))
            await task

    asyncio.run(main())


@pytest.mark.parametrize("late", ["write", "settle"])
def test_what_a_frozen_leader_wrote_over_is_delivered_again(
    tmp_path: Path, postgresql_url: str, late: str
) -> None:
    """An order that two people's events are about: the older one's call comes through after the
    newer one's, or is told late.
    """
    frozen, crm = Crm(limits=ONE_BY_ONE), Crm(limits=ONE_BY_ONE)
    crm.held = frozen.held
    inside, go_on = held(frozen, "deal")
    directories = _directories(tmp_path)

    async def main() -> None:
        async with (
            rig(directories[0], frozen, running=False, store=postgresql_url, lease=SHORT) as one,
            rig(directories[1], crm, running=False, store=postgresql_url, lease=SHORT) as other,
        ):
            placed = await one.order("ben", 19, "COMPLETED")
            batch = await one.batch()
            call = asyncio.create_task(batch.run())
            await inside.wait()
            if late == "settle":
                frozen.held[DEAL] = {"stage": "COMPLETED"}
            task = await start(other)
            refunded = await other.order("ann", 19, "REFUNDED")
            await other.until(partial(_is_delivered_in_time, other, refunded))
            await other.until(partial(other.is_delivered, placed))
            if late == "settle":
                overwritten: list[Outcome] = [Saved("id-deal-19")]
                frozen.rule = lambda record: (
                    overwritten.pop() if overwritten and record.ref == DEAL else None
                )
            go_on.set()
            await call
            assert batch.lost
            await other.until(partial(_is_done, other))
            await other.until(partial(stage_is, crm, "REFUNDED"))
            assert b'leadership_lost_total{connector="crm"} 1.0' in one.metrics.text()
            await other.dispatcher.stop(timedelta(seconds=5))
            await task

    asyncio.run(main())


def test_the_retry_of_a_write_that_is_older_does_not_leave_the_newer_one_undone(
    tmp_path: Path,
) -> None:
    """One lost answer is enough: the older event was carried out unseen, the newer one of another
    person comes after it and stands.
    """
    crm = Crm(limits=ONE_BY_ONE)

    async def scenario(opened: Rig) -> None:
        lost = [True]

        def rule(record: Record) -> Outcome | None:
            if record.ref == DEAL and lost:
                lost.clear()
                crm.held[DEAL] = dict(record.fields)
                raise ConnectionResetError("502")
            return None

        crm.rule = rule
        await opened.order("ben", 19, "COMPLETED")
        await opened.order("ann", 19, "REFUNDED")
        await opened.until_done()
        assert await stage_is(crm, "REFUNDED")

    run(tmp_path, crm, scenario)


def test_connectors_spread_over_the_processes(postgresql_url: str) -> None:
    """A process that comes later gets one of two connectors from the one that leads both, and no
    more.
    """

    async def main() -> None:
        inbox = await Inbox.open(postgresql_url, dedup_hours=0)
        processes = [Leaders("a"), Leaders("b")]
        now = Clock()
        old, new = (
            [
                Leadership(inbox, name, one, now, timeout=1, lease=HOUR, clock=now.monotonic)
                for name in ("crm", "other")
            ]
            for one in processes
        )
        await _take_turns(old, now)
        assert [len(one.roles) for one in processes] == [2, 0]
        spread = []
        for _ in range(40):  # several times as many as a question and a pause last
            await _take_turns([*old, *new], now)
            spread.append([len(one.roles) for one in processes])
        assert [1, 1] in spread[:10]
        assert spread[spread.index([1, 1]) :] == [[1, 1]] * (40 - spread.index([1, 1]))
        await inbox.aclose()

    asyncio.run(main())


async def _take_turns(leads: list[Leadership], now: Clock) -> None:
    """Each does what it does now and then, and a quarter of the lease passes."""
    for one in leads:
        await one.take_or_renew()
        if one.leaving:
            await one.give_back()
    now.ahead += HOUR / 4


def _directories(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / name for name in ("one", "other")]
    for path in paths:
        path.mkdir()
    return paths


async def _is_delivered_in_time(opened: Rig, accepted: AcceptedEvent) -> bool:
    """Whenever it is asked, another second has passed."""
    opened.clock.ahead += timedelta(seconds=1)
    return await opened.is_delivered(accepted)


async def _leads(opened: Rig) -> bool:
    return opened.context.leadership.term is not None


async def _is_done(opened: Rig) -> bool:
    return (await opened.inbox.read_status(("crm",), now=opened.clock())).pending == 0
