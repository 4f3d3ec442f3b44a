"""A lane that failed comes back, at its time and not for ever."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from connectors.base import Limits, Outcome, Record, Ref, Retry, Unavailable
from receiver.inbox import AcceptedEvent, DeliverySelection
from tests.delivery.crm import Crm
from tests.delivery.rig import Rig
from tests.delivery.scenario import attempts_of, run, start


@pytest.mark.parametrize("applied", [False, True], ids=["not applied", "applied"])
def test_a_call_without_an_answer_is_repeated(tmp_path: Path, applied: bool) -> None:
    """After an outage the lane comes again, as doubtful; the order ends in its last state and
    nothing is doubled.
    """
    crm = Crm()
    crm.faults = [Unavailable("reset")]
    crm.apply_before_fault = applied

    async def scenario(opened: Rig) -> None:
        first = await opened.order("ann", 7, "COMPLETED")
        await opened.until(lambda: attempts_of(opened, first.id))
        second = await opened.order("ann", 7, "REFUNDED")
        opened.clock.ahead = timedelta(seconds=10)
        await opened.until_done()
        assert await opened.states(first, second) == ["delivered", "delivered"]
        assert crm.held[Ref("deal", "7")]["stage"] == "REFUNDED"
        assert [record.doubtful for record in crm.received][:2] == [False, True]

    run(tmp_path, crm, scenario)


def test_a_call_without_an_answer_is_repeated_in_halves(tmp_path: Path) -> None:
    """One row may be what the CRM cannot cope with: it ends alone, and the others are written
    though it never is.
    """
    crm = Crm(limits=Limits(records=16, concurrency=1, linger=0))

    def rule(record: Record) -> Outcome | None:
        if record.key == "p3@b.edu":
            raise Unavailable("500")
        return None

    crm.rule = rule

    async def scenario(opened: Rig) -> None:
        people = [await opened.account(f"p{n}") for n in range(16)]
        task = await start(opened)
        others = [one for n, one in enumerate(people) if n != 3]
        await opened.until(partial(_are, opened, others, "delivered"))
        assert await opened.states(people[3]) == ["pending"]
        crm.rule = lambda _record: None
        opened.clock.ahead = timedelta(minutes=5)
        await opened.until_done()
        await opened.dispatcher.stop(timedelta(seconds=5))
        await task

    run(tmp_path, crm, scenario, running=False)


async def _are(opened: Rig, accepted: Sequence[AcceptedEvent], state: str) -> bool:
    return set(await opened.states(*accepted)) == {state}


async def _has_fewer_faults(crm: Crm, left: int) -> bool:
    return len(crm.faults) < left


def test_an_outage_gives_nobody_up(tmp_path: Path) -> None:
    """However long the CRM is away, its lanes are not to blame: they wait, and go on when it is
    back.
    """
    crm = Crm(limits=Limits(records=1, concurrency=1, linger=0))
    crm.faults = [Unavailable("down")] * 12

    async def scenario(opened: Rig) -> None:
        people = [await opened.account(f"p{n}") for n in range(3)]
        task = await start(opened)
        while left := len(crm.faults):
            opened.clock.ahead += timedelta(days=1)
            await opened.until(partial(_has_fewer_faults, crm, left))
        opened.clock.ahead += timedelta(days=1)
        await opened.until_done()
        assert set(await opened.states(*people)) == {"delivered"}
        await opened.dispatcher.stop(timedelta(seconds=5))
        await task

    run(tmp_path, crm, scenario, running=False)


def test_a_record_that_must_wait_is_retried_when_it_says(tmp_path: Path) -> None:
    """`Retry.after` is honoured whole; new events of the person wait and fold in."""
    crm = Crm()
    crm.rule = lambda _record: Retry("locked", after=1000) if len(crm.received) == 1 else None

    async def scenario(opened: Rig) -> None:
        first = await opened.account("ann", first_name="A")
        await opened.until(lambda: attempts_of(opened, first.id))
        second = await opened.account("ann", first_name="B")
        opened.clock.ahead = timedelta(seconds=990)
        other = await opened.account("ben")
        await opened.until(lambda: opened.is_delivered(other))
        assert await opened.states(first, second) == ["pending", "pending"]
        opened.clock.ahead = timedelta(seconds=1100)
        await opened.until_done()
        assert len([record for record in crm.received if record.key == "ann@b.edu"]) == 2

    run(tmp_path, crm, scenario)


def test_a_lane_that_keeps_failing_is_given_up(tmp_path: Path) -> None:
    """After `give_up` of failures its deliveries are dead and say why; not before."""
    crm = Crm()
    crm.rule = lambda _record: Retry("locked by another process")

    async def scenario(opened: Rig) -> None:
        one = await opened.account("ann")
        await opened.until(lambda: attempts_of(opened, one.id))
        opened.clock.ahead = timedelta(hours=71)
        await opened.until(lambda: _have_been_made(opened, one.id, 2))
        assert await opened.states(one) == ["pending"]
        opened.clock.ahead = timedelta(hours=80)
        await opened.until_done(dead=1)
        reason = (await opened.story(one)).deliveries[0].reason or ""
        assert "gave up after" in reason
        assert "locked by another process" in reason

    run(tmp_path, crm, scenario)


def test_what_is_not_worth_the_whole_wait_is_given_up_earlier(tmp_path: Path) -> None:
    """A connector says how long: an approval is waited for a day, though `give_up` is three."""
    crm = Crm()
    crm.rule = lambda _record: Retry("locked by an approval", give_up_after=86_400)

    async def scenario(opened: Rig) -> None:
        one = await opened.account("ann")
        await opened.until(lambda: attempts_of(opened, one.id))
        opened.clock.ahead = timedelta(hours=23)
        await opened.until(lambda: _have_been_made(opened, one.id, 2))
        assert await opened.states(one) == ["pending"]
        opened.clock.ahead = timedelta(hours=25)
        await opened.until_done(dead=1)
        assert "gave up after 1 day, 0:00:00: locked by an approval" in (
            (await opened.story(one)).deliveries[0].reason or ""
        )

    run(tmp_path, crm, scenario)


async def _have_been_made(opened: Rig, id: str, attempts: int) -> bool:
    return (
        sum(delivery.tries for delivery in (await opened.inbox.find_event(id)).deliveries)
        >= attempts
    )


def test_the_time_alone_gives_nothing_up(tmp_path: Path) -> None:
    """A clock that was set forward, or a connector that was paused for days, leaves a lane some
    tries yet.
    """
    crm = Crm()
    crm.rule = lambda _record: Retry("maintenance") if len(crm.received) < 3 else None

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


def test_a_clock_that_was_ahead_strands_nobody(tmp_path: Path) -> None:
    """A retry, and a lane of an event, at a time of a clock that was set back are due as soon as it
    is.
    """
    crm = Crm()

    async def scenario(opened: Rig) -> None:
        opened.clock.wrong = timedelta(days=400)
        retried, fresh = await opened.account("ann"), await opened.account("ben")
        crm.rule = lambda record: Retry("locked", 3600) if record.key == "ann@b.edu" else None
        await (await opened.batch()).run()
        await opened.inbox.replay_deliveries(
            DeliverySelection(events=[fresh.id]), now=opened.clock()
        )
        crm.rule = lambda _record: None
        opened.clock.wrong = timedelta(0)
        task = await start(opened)
        await opened.until(partial(opened.is_delivered, fresh))
        opened.clock.ahead = timedelta(seconds=3700)
        await opened.until_done()
        assert await opened.states(retried, fresh) == ["delivered", "delivered"]
        await opened.dispatcher.stop(timedelta(seconds=5))
        await task

    run(tmp_path, crm, scenario, running=False)


def test_giving_up_spares_what_came_later(tmp_path: Path) -> None:
    """Only events that are older than `give_up` die of it; those that came since go on waiting."""
    crm = Crm()
    crm.rule = lambda _record: Retry("locked")

    async def scenario(opened: Rig) -> None:
        old = await opened.account("ann", first_name="A")
        await opened.until(lambda: attempts_of(opened, old.id))
        opened.clock.ahead = timedelta(hours=73)
        young = await opened.account("ann", first_name="B")
        await opened.until(lambda: _have_been_made(opened, old.id, 2))
        opened.clock.ahead = timedelta(hours=75)
        await opened.until(partial(_is, opened, old, "dead"))
        assert await opened.states(young) == ["pending"]

    run(tmp_path, crm, scenario)


async def _is(opened: Rig, accepted: AcceptedEvent, state: str) -> bool:
    return await opened.states(accepted) == [state]


@pytest.mark.parametrize("after", [1e18, float("inf"), float("nan"), -5.0])
def test_no_time_that_a_crm_names_breaks_a_lane(tmp_path: Path, after: float) -> None:
    """A wait that nobody can mean is cut to what makes sense."""
    crm = Crm()
    crm.rule = lambda _record: Retry("locked", after) if len(crm.received) == 1 else None

    async def scenario(opened: Rig) -> None:
        one = await opened.account("ann")
        await opened.until(lambda: attempts_of(opened, one.id))
        opened.clock.ahead = timedelta(days=3)
        await opened.until_done()

    run(tmp_path, crm, scenario)


@pytest.mark.parametrize("applied", [False, True], ids=["not applied", "applied"])
def test_what_does_not_fold_waits_for_what_came_before_it(tmp_path: Path, applied: bool) -> None:
    """Each event of a person is written alone, in order, though an earlier one finds no answer; the
    same event is known again by its id.
    """
    crm = Crm(limits=Limits(records=10, concurrency=2, linger=0, folds=False))
    crm.faults = [None, Unavailable("reset"), None, Unavailable("reset")]
    crm.apply_before_fault = applied

    async def scenario(opened: Rig) -> None:
        accepted = [await opened.order("ann", number, "COMPLETED") for number in range(1, 5)]
        task = await start(opened)
        await opened.until(lambda: attempts_of(opened, accepted[0].id))
        opened.clock.ahead = timedelta(seconds=30)
        await opened.until_done()
        await opened.dispatcher.stop(timedelta(seconds=5))
        await task
        contacts = [one for one in crm.received if one.object == "contact"]
        events = list(dict.fromkeys(one.event_id for one in contacts))
        assert events == [one.id for one in accepted]
        assert [one.event_id for one in contacts] == sorted(one.event_id for one in contacts)
        assert all(one.event_at for one in contacts)
        assert {one.fields["bought"] for one in contacts} == {"1", "2", "3", "4"}

    run(tmp_path, crm, scenario, running=False)
