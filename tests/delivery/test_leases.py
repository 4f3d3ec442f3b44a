"""What is under way belongs to one batch: while it runs, when it is stopped, and when its lease is lost."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from connectors.base import (
    Limits,
    Ref,
)
from receiver.delivery import Dispatcher, Timing
from receiver.delivery.batch import Batch
from receiver.inbox import Settled
from tests.delivery.crm import Crm
from tests.delivery.rig import Rig
from tests.delivery.scenario import HOUR, held, run, start


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

    run(tmp_path, crm, scenario)


def test_stopping_leaves_what_does_not_finish_under_its_lease(tmp_path: Path) -> None:
    """A call that outlives the grace may write still: nobody else gets the lane before the lease is over, then it comes as doubtful."""
    crm = Crm()
    inside, _ = held(crm)

    async def scenario(opened: Rig) -> None:
        one = await opened.account("ann")
        await inside.wait()
        await opened.dispatcher.stop(timedelta(seconds=0.05))
        assert await opened.states(one) == ["pending"]
        lease = timedelta(seconds=60)
        assert not await opened.inbox.claim("crm", limit=10, lease=lease, now=opened.clock())
        (claim,) = await opened.inbox.claim("crm", limit=10, lease=lease, now=opened.clock() + timedelta(seconds=121))
        assert claim.attempts == 1

    run(tmp_path, crm, scenario)


def test_stopping_releases_what_was_not_begun(tmp_path: Path) -> None:
    """Of a batch that is cut short only the lanes in a call stay leased: the CRM may be at them still. Others go on elsewhere at once."""
    crm = Crm(limits=Limits(records=2, concurrency=1, linger=0))
    inside, _ = held(crm)

    async def scenario(opened: Rig) -> None:
        for number in range(8):
            await opened.account(f"p{number}")
        task = await start(opened)
        await inside.wait()
        await opened.dispatcher.stop(timedelta(0))
        await task
        begun = set(crm.calls[0][1])
        assert len(crm.calls) == 1
        left = await opened.inbox.claim("crm", limit=10, lease=HOUR, now=opened.clock())
        assert {one.person_key for one in left} == {f"p{number}@b.edu" for number in range(8)} - begun
        assert {one.attempts for one in left} == {0}

    run(tmp_path, crm, scenario, running=False)


def test_no_call_begins_after_the_lease_has_ended(tmp_path: Path) -> None:
    """A process that was frozen in the middle of a batch leaves the rest of it to whoever has the lanes by then."""
    crm = Crm(limits=Limits(records=1, concurrency=1, linger=0))

    async def scenario(opened: Rig) -> None:
        people = [await opened.account(name) for name in ("ann", "ben")]
        claims = await opened.inbox.claim("crm", limit=10, lease=opened.context.timing.lease, now=opened.clock())

        async def freeze() -> None:
            opened.clock.ahead = HOUR

        crm.before_answer = freeze
        await Batch(opened.context, claims, None).run()
        assert len(crm.calls) == 1
        await start(opened)
        await opened.until_done()
        assert set(await opened.states(*people)) == {"delivered"}

    run(tmp_path, crm, scenario, running=False)


def test_stopping_while_claiming_leaves_no_batch_behind(tmp_path: Path) -> None:
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


def test_a_lease_is_kept_alive_while_a_call_takes_long(tmp_path: Path) -> None:
    """A call longer than the lease does not lose the lane to another claimer."""
    crm = Crm()
    inside, go_on = held(crm)

    async def scenario(opened: Rig) -> None:
        one = await opened.account("ann")
        await inside.wait()
        for _ in range(4):
            await asyncio.sleep(0.3)
            assert not await opened.inbox.claim("crm", limit=10, lease=timedelta(seconds=1), now=opened.clock())
        go_on.set()
        await opened.until_done()
        assert await opened.states(one) == ["delivered"]

    run(tmp_path, crm, scenario, timing=Timing(lease=timedelta(seconds=0.9)))


def test_what_is_written_after_the_lease_was_lost_is_written_again(tmp_path: Path) -> None:
    """Whoever was frozen in the middle of a call and wakes has written over what others have done since: the newest state wins again."""
    crm = Crm()
    inside, go_on = held(crm)

    async def scenario(opened: Rig) -> None:
        pending = await opened.order("ann", 7, "PENDING")
        await inside.wait()
        refunded = await opened.order("ann", 7, "REFUNDED")
        lease = opened.context.timing.lease  # one that ends later than anybody means would be called back
        (other,) = await opened.inbox.claim("crm", limit=10, lease=lease, now=opened.clock() + lease + timedelta(seconds=1))
        both = tuple(one.delivery_id for one in other.deliveries)
        await opened.inbox.settle([Settled(other, delivered=both)], now=opened.clock())
        assert await opened.states(pending, refunded) == ["delivered", "delivered"]
        crm.before_answer = None
        go_on.set()
        await opened.until(lambda: _is_refunded(crm))
        await opened.until_done()
        assert await opened.states(pending, refunded) == ["delivered", "delivered"]
        assert b'leases_lost_total{connector="crm"} 1.0' in opened.metrics.text()

    run(tmp_path, crm, scenario)


async def _is_refunded(crm: Crm) -> bool:
    return crm.held.get(Ref("deal", "7"), {}).get("stage") == "REFUNDED"
