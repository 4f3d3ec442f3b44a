"""From the inbox to the CRM and back: what a dispatcher does with every kind of answer, on a real store."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial, partialmethod
from pathlib import Path

import pytest

from connectors.base import (
    AuthFailed,
    ConnectorError,
    Limits,
    Misconfigured,
    Record,
    Ref,
    Refused,
    Retry,
    Throttled,
    Unavailable,
)
from receiver.aom import Event
from receiver.delivery import Dispatcher, Timing
from receiver.delivery.batch import Batch
from receiver.delivery.guard import Guard
from receiver.inbox import Accepted, Pending, Selection, Settled
from tests.delivery.crm import Crm
from tests.delivery.rig import Rig, rig

HOUR = timedelta(hours=1)
BAD = Refused("INVALID", "that will not do", "firstname")


def run(
    directory: Path, crm: Crm, scenario: Callable[[Rig], Awaitable[None]], *, timing: Timing | None = None, running: bool = True
) -> None:
    async def within() -> None:
        async with rig(directory, crm, timing=timing, running=running) as opened:
            await scenario(opened)

    asyncio.run(within())


def held(crm: Crm) -> tuple[asyncio.Event, asyncio.Event]:
    """Let the CRM keep every caller waiting: the first event tells that one is inside, setting the second lets all go on."""
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        inside.set()
        await go_on.wait()

    crm.before_answer = hold
    return inside, go_on


async def start(opened: Rig) -> asyncio.Task[None]:
    """Let the dispatcher find what was handed in before."""
    return asyncio.create_task(opened.dispatcher.run())


def test_an_event_is_delivered_at_once(tmp_path: Path) -> None:
    """An idle gateway delivers what comes in, and remembers the CRM's id and the link."""

    async def scenario(opened: Rig) -> None:
        order = await opened.order("ann", 1, "COMPLETED")
        await opened.until_done()
        assert await opened.states(order) == ["delivered"]
        remotes = await opened.inbox.remotes("crm", [("deal", "1")])
        assert remotes["deal", "1"].id == "id-deal-1"
        assert remotes["deal", "1"].links == {"contact/ann@b.edu"}

    run(tmp_path, Crm(), scenario)


def test_waiting_events_of_one_person_are_one_write(tmp_path: Path) -> None:
    """What has gathered is folded, last value first, and many people are one call."""
    crm = Crm()

    async def scenario(opened: Rig) -> None:
        for name in ("A", "B", "C"):
            for person in ("ann", "ben", "cat"):
                await opened.account(person, first_name=name)
        task = await start(opened)
        await opened.until_done()
        assert [name for name, _ in crm.calls] == ["contact"]
        assert {held["firstname"] for held in crm.held.values()} == {"C"}
        await opened.dispatcher.stop(timedelta(seconds=5))
        await task

    run(tmp_path, crm, scenario, running=False)


def test_the_guilty_delivery_dies_alone(tmp_path: Path) -> None:
    """A refused fold is taken apart: the bad event is dead with the CRM's words, those before and after it are delivered."""
    crm = Crm()
    crm.rule = lambda record: BAD if record.fields.get("firstname") == "bad" else None

    async def scenario(opened: Rig) -> None:
        first = await opened.account("ann", first_name="Ann", last_name="First")
        guilty = await opened.account("ann", first_name="bad", last_name="Lost")
        last = [await opened.account("ann", last_name="Last", note=n) for n in range(3)]
        task = await start(opened)
        await opened.until_done(dead=1)
        assert await opened.states(first, guilty, *last) == ["delivered", "dead", "delivered", "delivered", "delivered"]
        story = await opened.story(guilty)
        assert story.deliveries[0].reason == "firstname: that will not do (INVALID)"
        assert crm.held[Ref("contact", "ann@b.edu")] == {"firstname": "Ann", "lastname": "Last"}
        await opened.dispatcher.stop(timedelta(seconds=5))
        await task

    run(tmp_path, crm, scenario, running=False)


def test_a_refusal_in_one_lane_does_not_hold_up_the_others(tmp_path: Path) -> None:
    """Of ten people in one batch nine are delivered, also where the CRM refuses the batch as a whole."""
    crm = Crm()
    crm.refuses_whole_batches = True
    crm.rule = lambda record: BAD if record.key == "p3@b.edu" else None

    async def scenario(opened: Rig) -> None:
        people = [await opened.account(f"p{n}") for n in range(10)]
        task = await start(opened)
        await opened.until_done(dead=1)
        assert (await opened.states(*people)).count("delivered") == 9
        await opened.dispatcher.stop(timedelta(seconds=5))
        await task

    run(tmp_path, crm, scenario, running=False)


@pytest.mark.parametrize("applied", [False, True], ids=["not applied", "applied"])
def test_a_call_without_an_answer_is_repeated(tmp_path: Path, applied: bool) -> None:
    """After an outage the lane comes again, as doubtful; the order ends in its last state and nothing is doubled."""
    crm = Crm()
    crm.faults = [Unavailable("reset")]
    crm.apply_before_fault = applied

    async def scenario(opened: Rig) -> None:
        first = await opened.order("ann", 7, "COMPLETED")
        await opened.until(lambda: _attempts(opened, first.id))
        second = await opened.order("ann", 7, "REFUNDED")
        opened.clock.ahead = timedelta(seconds=10)
        await opened.until_done()
        assert await opened.states(first, second) == ["delivered", "delivered"]
        assert crm.held[Ref("deal", "7")]["stage"] == "REFUNDED"
        assert [record.doubtful for record in crm.received][:2] == [False, True]

    run(tmp_path, crm, scenario)


async def _attempts(opened: Rig, id: str) -> int:
    return sum(len(delivery.attempts) for delivery in (await opened.inbox.event(id)).deliveries)


def test_a_record_that_must_wait_is_retried_when_it_says(tmp_path: Path) -> None:
    """`Retry.after` is honoured whole; new events of the person wait and fold in."""
    crm = Crm()
    crm.rule = lambda _record: Retry("locked", after=1000) if len(crm.received) == 1 else None

    async def scenario(opened: Rig) -> None:
        first = await opened.account("ann", first_name="A")
        await opened.until(lambda: _attempts(opened, first.id))
        second = await opened.account("ann", first_name="B")
        opened.clock.ahead = timedelta(seconds=990)
        other = await opened.account("ben")
        await opened.until(lambda: _is_delivered(opened, other.id))
        assert await opened.states(first, second) == ["pending", "pending"]
        opened.clock.ahead = timedelta(seconds=1100)
        await opened.until_done()
        assert len([record for record in crm.received if record.key == "ann@b.edu"]) == 2

    run(tmp_path, crm, scenario)


async def _is_delivered(opened: Rig, id: str) -> bool:
    return all(delivery.state == "delivered" for delivery in (await opened.inbox.event(id)).deliveries)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (AuthFailed("the token is refused"), "auth"),
        (Misconfigured("no field aom_key"), "misconfigured"),
        (Throttled("slow down", retry_after=15), "throttled"),
        (Throttled("that was all for today", daily=True), "throttled"),
        (Unavailable("maintenance", retry_after=1), "unavailable"),
    ],
)
def test_a_connector_is_paused_and_goes_on_by_itself(tmp_path: Path, fault: ConnectorError, kind: str) -> None:
    """It says why, burns no attempts of those that only waited, tries one lane now and then, and drains when that goes through."""
    crm = Crm(limits=Limits(records=10, concurrency=1, linger=0))
    crm.faults = [fault, fault]

    async def scenario(opened: Rig) -> None:
        people = [await opened.account(f"p{n}") for n in range(30)]
        task = await start(opened)

        async def paused() -> bool:
            return (await opened.inbox.state("crm")).paused == kind

        await opened.until(paused)
        state = await opened.inbox.state("crm")
        assert str(fault) in state.reason
        first = state.until or opened.clock()
        opened.clock.ahead = timedelta(minutes=16)
        await opened.until(lambda: _is_paused_beyond(opened, first))  # the first probe fails too
        assert not crm.faults
        opened.clock.ahead = timedelta(minutes=60)
        await opened.until_done()
        assert set(await opened.states(*people)) == {"delivered"}
        assert (await opened.inbox.state("crm")).paused is None
        assert len(crm.calls[1][1]) == 1  # the probe
        await opened.dispatcher.stop(timedelta(seconds=5))
        await task

    run(tmp_path, crm, scenario, running=False)


def test_a_pause_holds_for_a_batch_that_was_filling_when_it_began(tmp_path: Path) -> None:
    """The first call after it is the probe with one lane, and its success ends the pause."""
    crm = Crm(limits=Limits(records=10, concurrency=2, linger=0.5))
    crm.faults = [AuthFailed("the token is refused")]

    async def scenario(opened: Rig) -> None:
        people = [await opened.account(f"p{n}") for n in range(3)]
        task = await start(opened)
        await opened.until(lambda: _is_paused_beyond(opened, opened.clock()))
        opened.clock.ahead = timedelta(minutes=1)
        await opened.until_done()
        assert set(await opened.states(*people)) == {"delivered"}
        assert [len(keys) for _, keys in crm.calls] == [3, 1, 2]
        assert (await opened.inbox.state("crm")).paused is None
        await opened.dispatcher.stop(timedelta(seconds=5))
        await task

    run(tmp_path, crm, scenario, running=False)


async def _is_paused_beyond(opened: Rig, time: datetime) -> bool:
    until = (await opened.inbox.state("crm")).until
    return until is not None and until > time


def test_outages_open_the_breaker_only_after_some(tmp_path: Path) -> None:
    """Single failures are the lanes' own; five in a row pause the connector."""
    crm = Crm(limits=Limits(records=1, concurrency=1, linger=0))
    crm.faults = [Unavailable("down")] * 5

    async def scenario(opened: Rig) -> None:
        for n in range(8):
            await opened.account(f"p{n}")
        task = await start(opened)

        async def paused() -> bool:
            return (await opened.inbox.state("crm")).paused == "unavailable"

        await opened.until(paused)
        assert len(crm.calls) == 5
        opened.clock.ahead = timedelta(minutes=5)
        await opened.until_done()
        await opened.dispatcher.stop(timedelta(seconds=5))
        await task

    run(tmp_path, crm, scenario, running=False)


def test_a_lane_that_keeps_failing_is_given_up(tmp_path: Path) -> None:
    """After `give_up` of failures its deliveries are dead and say why; not before."""
    crm = Crm()
    crm.rule = lambda _record: Retry("locked by another process")

    async def scenario(opened: Rig) -> None:
        one = await opened.account("ann")
        await opened.until(lambda: _attempts(opened, one.id))
        opened.clock.ahead = timedelta(hours=71)
        await opened.until(lambda: _have_been_made(opened, one.id, 2))
        assert await opened.states(one) == ["pending"]
        opened.clock.ahead = timedelta(hours=80)
        await opened.until_done(dead=1)
        reason = (await opened.story(one)).deliveries[0].reason or ""
        assert "gave up after" in reason
        assert "locked by another process" in reason

    run(tmp_path, crm, scenario)


async def _have_been_made(opened: Rig, id: str, attempts: int) -> bool:
    return await _attempts(opened, id) >= attempts


def test_the_time_alone_gives_nothing_up(tmp_path: Path) -> None:
    """A clock that was set forward, or a connector that was paused for days, leaves a lane some tries yet."""
    crm = Crm()
    crm.faults = [Unavailable("maintenance"), Unavailable("maintenance")]

    async def scenario(opened: Rig) -> None:
        one = await opened.account("ann")
        await opened.until(lambda: _have_been_made(opened, one.id, 1))
        opened.clock.ahead = timedelta(days=30)
        await opened.until(lambda: _have_been_made(opened, one.id, 2))
        assert await opened.states(one) == ["pending"]
        opened.clock.ahead = timedelta(days=31)
        await opened.until_done()
        assert await opened.states(one) == ["delivered"]

    run(tmp_path, crm, scenario)


def test_a_pause_of_a_clock_that_was_ahead_is_over(tmp_path: Path) -> None:
    """Nobody means a pause of a year; the connector is tried as soon as the clock is right."""
    crm = Crm()
    crm.faults = [AuthFailed("the token is refused"), AuthFailed("still")]

    async def scenario(opened: Rig) -> None:
        opened.clock.ahead = timedelta(days=365)
        one = await opened.account("ann")
        await opened.until(partial(_is_paused_beyond, opened, opened.clock()))
        opened.clock.ahead = timedelta(0)
        await opened.until(lambda: _is_paused_until_before(opened, opened.clock() + HOUR))
        opened.clock.ahead = HOUR
        await opened.until_done()
        assert await opened.states(one) == ["delivered"]

    run(tmp_path, crm, scenario)


async def _is_paused_until_before(opened: Rig, time: datetime) -> bool:
    until = (await opened.inbox.state("crm")).until
    return until is not None and until < time


def test_a_clock_that_was_ahead_strands_nobody(tmp_path: Path) -> None:
    """A retry, and a lease that somebody else has taken, at a time of a clock that was set back are due as soon as it is."""
    crm = Crm()

    async def scenario(opened: Rig) -> None:
        opened.clock.ahead = timedelta(days=400)
        waiting, leased = await opened.account("ann"), await opened.account("ben")
        one, _ = sorted(await opened.inbox.claim("crm", limit=10, lease=HOUR, now=opened.clock()), key=lambda one: one.person_key)
        await opened.inbox.settle([Settled(one, retry_at=opened.clock() + HOUR)], now=opened.clock())
        opened.clock.ahead = timedelta(0)
        task = await start(opened)
        await opened.until_done()
        assert await opened.states(waiting, leased) == ["delivered", "delivered"]
        await opened.dispatcher.stop(timedelta(seconds=5))
        await task

    run(tmp_path, crm, scenario, running=False)


def test_a_defect_of_a_connector_is_counted_apart_and_retried(tmp_path: Path) -> None:
    """Whatever a connector raises, no event is lost and nobody else is stopped."""
    crm = Crm()
    crm.faults = [ZeroDivisionError("oops")]

    async def scenario(opened: Rig) -> None:
        one = await opened.account("ann")
        await opened.until(lambda: _attempts(opened, one.id))
        assert b'connector_defects_total{connector="crm"} 1.0' in opened.metrics.text()
        opened.clock.ahead = timedelta(seconds=10)
        await opened.until_done()

    run(tmp_path, crm, scenario)


def test_a_replay_after_a_fix_delivers_the_dead(tmp_path: Path) -> None:
    """A dead delivery is delivered again with all that came later for the person, and nobody falls back."""
    crm = Crm()
    broken = {"it": True}
    crm.rule = lambda record: BAD if broken["it"] and record.object == "deal" else None

    async def scenario(opened: Rig) -> None:
        placed = await opened.order("ann", 5, "COMPLETED")
        await opened.until_done(dead=1)
        broken["it"] = False
        refunded = await opened.order("ann", 5, "REFUNDED")
        await opened.until(lambda: _is_delivered(opened, refunded.id))
        done = await opened.inbox.replay(Selection(events=[placed.id]), now=opened.clock())
        assert (done.chosen, done.again) == (1, 2)
        await opened.until_done()
        assert crm.held[Ref("deal", "5")]["stage"] == "REFUNDED"

    run(tmp_path, crm, scenario)


def test_a_mapping_that_cannot_be_applied_names_its_place(tmp_path: Path) -> None:
    """The delivery is dead at once, with the place in the configuration; the person's other events are delivered."""
    crm = Crm()

    async def scenario(opened: Rig) -> None:
        bad = await opened.account("ann", score="ten")
        good = await opened.account("ann", first_name="Ann")
        await opened.until_done(dead=1)
        assert await opened.states(bad, good) == ["dead", "delivered"]
        assert "routes[0].upsert[0].fields.score" in ((await opened.story(bad)).deliveries[0].reason or "")
        assert crm.held[Ref("contact", "ann@b.edu")]["firstname"] == "Ann"

    run(tmp_path, crm, scenario)


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
        (other,) = await opened.inbox.claim("crm", limit=10, lease=HOUR, now=opened.clock() + timedelta(days=1))
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


def test_a_record_is_never_in_two_calls_at_once(tmp_path: Path) -> None:
    """Lanes that share a record wait for each other, though batches run side by side."""
    crm = Crm(limits=Limits(records=1, links=10, concurrency=4, linger=0))
    under_way: set[str] = set()
    clashes: list[str] = []

    async def watch() -> None:
        keys = crm.calls[-1][1]
        clashes.extend(key for key in keys if key in under_way)
        under_way.update(keys)
        await asyncio.sleep(0.005)
        under_way.difference_update(keys)

    crm.before_answer = watch

    async def scenario(opened: Rig) -> None:
        for n in range(12):
            await opened.order(f"p{n}", 99, "COMPLETED")
        task = await start(opened)
        await opened.until_done()
        assert not clashes
        assert Ref("deal", "99") in crm.held
        await opened.dispatcher.stop(timedelta(seconds=5))
        await task

    run(tmp_path, crm, scenario, running=False)


def test_a_link_that_failed_is_repeated_without_its_records(tmp_path: Path) -> None:
    """What an attempt has written is not written again by the next one of the same lane."""
    crm = Crm()
    crm.faults = [None, None, Unavailable("reset")]

    async def scenario(opened: Rig) -> None:
        one = await opened.order("ann", 7, "COMPLETED")
        await opened.until(lambda: _attempts(opened, one.id))
        opened.clock.ahead = timedelta(seconds=10)
        await opened.until_done()
        assert [name for name, _ in crm.calls] == ["contact", "deal", "link", "link"]
        assert (Ref("deal", "7"), Ref("contact", "ann@b.edu")) in crm.links

    run(tmp_path, crm, scenario)


def test_a_replay_writes_everything_again_also_where_it_fails_in_between(tmp_path: Path) -> None:
    """Somebody may have changed the record in the CRM: what was written before the replay does not count."""
    crm = Crm()

    async def scenario(opened: Rig) -> None:
        one = await opened.order("ann", 7, "COMPLETED")
        await opened.until_done()
        crm.held.clear()
        crm.faults = [Unavailable("reset"), None, Unavailable("reset")]
        await opened.inbox.replay(Selection(events=[one.id]), now=opened.clock())
        for tries in (2, 3):
            await opened.until(partial(_at_least, opened, one.id, tries))
            opened.clock.ahead += timedelta(seconds=30)
        await opened.until_done()
        assert {ref.object for ref in crm.held} == {"contact", "deal"}
        assert [name for name, _ in crm.calls[3:]] == ["contact", "contact", "deal", "deal"]

    run(tmp_path, crm, scenario)


async def _at_least(opened: Rig, id: str, number: int) -> bool:
    return await _attempts(opened, id) >= number


def test_a_person_does_not_die_of_anothers_field(tmp_path: Path) -> None:
    """Where lanes share a record that is refused, each is tried alone: only the guilty delivery is dead."""
    crm = Crm()
    crm.rule = lambda record: BAD if record.fields.get("note") == "bad" else None

    async def scenario(opened: Rig) -> None:
        innocent = await opened.order("ann", 99, "COMPLETED", note="good")
        guilty = await opened.order("ben", 99, "COMPLETED", note="bad")
        task = await start(opened)
        await opened.until_done(dead=1)
        assert await opened.states(innocent, guilty) == ["delivered", "dead"]
        await opened.dispatcher.stop(timedelta(seconds=5))
        await task

    run(tmp_path, crm, scenario, running=False)


def test_a_refund_under_another_address_does_not_fall_behind(tmp_path: Path) -> None:
    """The order was placed by one address and refunded under another: the older event does not overwrite, whichever is written first."""
    crm = Crm(limits=Limits(records=1, concurrency=2, linger=0))
    inside, go_on = held(crm)

    async def scenario(opened: Rig) -> None:
        opened.clock.ahead = timedelta(seconds=-1)
        placed = await opened.order("old", 7, "COMPLETED")
        refunded = await opened.order("new", 7, "REFUNDED")
        claims = await opened.inbox.claim("crm", limit=10, lease=timedelta(seconds=60), now=opened.clock())
        newer, older = sorted(claims, key=lambda claim: claim.deliveries[0].event_id, reverse=True)
        first = asyncio.create_task(Batch(opened.context, [newer], None).run())
        await inside.wait()
        second = asyncio.create_task(Batch(opened.context, [older], None).run())
        await asyncio.sleep(0.05)
        go_on.set()
        await asyncio.gather(first, second)
        assert crm.held[Ref("deal", "7")]["stage"] == "REFUNDED"
        assert await opened.states(placed, refunded) == ["delivered", "delivered"]

    run(tmp_path, crm, scenario, running=False)


def test_a_connector_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call without a sign of life ends as an outage; the others go on."""
    monkeypatch.setattr(Guard, "__init__", partialmethod(Guard.__init__, patience=0.2))
    crm = Crm(limits=Limits(records=10, concurrency=1, linger=0))
    inside, _ = held(crm)

    async def scenario(opened: Rig) -> None:
        one = await opened.account("ann")
        await inside.wait()
        await opened.until(lambda: _attempts(opened, one.id))
        crm.before_answer = None
        assert "no sign of life" in ((await opened.story(one)).deliveries[0].attempts[0].message or "")
        opened.clock.ahead = timedelta(seconds=10)
        await opened.until_done()

    run(tmp_path, crm, scenario)


def test_a_defect_in_rendering_is_that_deliverys_alone(tmp_path: Path) -> None:
    """An event that our own code cannot cope with is dead with a word on it; the others are delivered."""
    crm = Crm()

    async def scenario(opened: Rig) -> None:
        original = opened.context.renderer._records  # noqa: SLF001 - a defect cannot be ordered otherwise

        def defective(event: Event, delivery: Pending, person: str, steps: int) -> tuple[Record, ...]:
            if person.startswith("bad"):
                raise ZeroDivisionError
            return original(event, delivery, person, steps)

        opened.context.renderer._records = defective  # type: ignore[method-assign]  # noqa: SLF001
        bad, good = await opened.account("bad"), await opened.account("good")
        await opened.until_done(dead=1)
        assert await opened.states(bad, good) == ["dead", "delivered"]
        assert "ZeroDivisionError" in ((await opened.story(bad)).deliveries[0].reason or "")

    run(tmp_path, crm, scenario)


def test_giving_up_spares_what_came_later(tmp_path: Path) -> None:
    """Only events that are older than `give_up` die of it; those that came since go on waiting."""
    crm = Crm()
    crm.rule = lambda _record: Retry("locked")

    async def scenario(opened: Rig) -> None:
        old = await opened.account("ann", first_name="A")
        await opened.until(lambda: _attempts(opened, old.id))
        opened.clock.ahead = timedelta(hours=73)
        young = await opened.account("ann", first_name="B")
        await opened.until(lambda: _have_been_made(opened, old.id, 2))
        opened.clock.ahead = timedelta(hours=75)
        await opened.until(partial(_is, opened, old, "dead"))
        assert await opened.states(young) == ["pending"]

    run(tmp_path, crm, scenario)


async def _is(opened: Rig, accepted: Accepted, state: str) -> bool:
    return await opened.states(accepted) == [state]


@pytest.mark.parametrize("after", [1e18, float("inf"), float("nan"), -5.0])
def test_no_time_that_a_crm_names_breaks_a_lane(tmp_path: Path, after: float) -> None:
    """A wait that nobody can mean is cut to what makes sense."""
    crm = Crm()
    crm.rule = lambda _record: Retry("locked", after) if len(crm.received) == 1 else None

    async def scenario(opened: Rig) -> None:
        one = await opened.account("ann")
        await opened.until(lambda: _attempts(opened, one.id))
        opened.clock.ahead = timedelta(days=3)
        await opened.until_done()

    run(tmp_path, crm, scenario)
