"""A connector that cannot go on is paused, for all its people at once, and goes on by itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from connectors.base import (
    AuthFailed,
    ConnectorError,
    Limits,
    Misconfigured,
    Throttled,
    Unavailable,
)
from receiver.delivery.limits.circuit_breaker import (
    LATE_PROBE,
    PROBE,
    RELAPSE,
    CircuitBreaker,
)
from receiver.inbox import ConnectorState, PauseKind
from tests.delivery.crm import Crm
from tests.delivery.rig import Rig
from tests.delivery.scenario import run, start


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
def test_a_connector_is_paused_and_goes_on_by_itself(
    tmp_path: Path, fault: ConnectorError, kind: str
) -> None:
    """It says why, burns no attempts of those that only waited, tries one lane now and then, and
    drains when that goes through.
    """
    crm = Crm(limits=Limits(records=10, concurrency=1, linger=0))
    crm.faults = [fault, fault]

    async def scenario(opened: Rig) -> None:
        people = [await opened.account(f"p{n}") for n in range(30)]
        task = await start(opened)

        async def paused() -> bool:
            return (await opened.inbox.find_state("crm")).paused == kind

        await opened.until(paused)
        state = await opened.inbox.find_state("crm")
        assert str(fault) in state.reason
        first = opened.clock() + timedelta(minutes=16)
        opened.clock.ahead = timedelta(minutes=16)
        await opened.until(lambda: _is_paused_beyond(opened, first))  # the first probe fails too
        assert not crm.faults
        opened.clock.ahead = timedelta(minutes=60)
        await opened.until_done()
        assert set(await opened.states(*people)) == {"delivered"}
        assert (await opened.inbox.find_state("crm")).paused is None
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
        assert (await opened.inbox.find_state("crm")).paused is None
        await opened.dispatcher.stop(timedelta(seconds=5))
        await task

    run(tmp_path, crm, scenario, running=False)


async def _leads(opened: Rig) -> bool:
    return opened.context.leadership.term is not None


async def _is_paused_beyond(opened: Rig, time: datetime) -> bool:
    until = (await opened.inbox.find_state("crm")).until
    return until is not None and until > time


def test_outages_open_the_breaker_only_after_some(tmp_path: Path) -> None:
    """Single failures are waited out in the batch; five in a row pause the connector, and cost no
    lane an attempt.
    """
    crm = Crm(limits=Limits(records=1, concurrency=1, linger=0))
    crm.faults = [Unavailable("down")] * 5

    async def scenario(opened: Rig) -> None:
        people = [await opened.account(f"p{n}") for n in range(8)]
        task = await start(opened)

        async def paused() -> bool:
            return (await opened.inbox.find_state("crm")).paused == "unavailable"

        await opened.until(paused)
        assert len(crm.calls) == 5
        tries = [
            delivery.tries for one in people for delivery in (await opened.story(one)).deliveries
        ]
        # of the first one: as far as was known then, the fault could be its own
        assert sum(tries) <= 1
        opened.clock.ahead = timedelta(minutes=5)
        await opened.until_done()
        await opened.dispatcher.stop(timedelta(seconds=5))
        await task

    run(tmp_path, crm, scenario, running=False)


@pytest.mark.parametrize("restarted", [False, True], ids=["running", "after a restart"])
def test_a_pause_lasts_as_long_as_its_rule_whatever_the_clock_says(
    tmp_path: Path, restarted: bool
) -> None:
    """A clock that was a year ahead and is put right again stops no connector for a year."""
    crm = Crm(limits=Limits(records=10, concurrency=1, linger=0))
    crm.faults = [AuthFailed("the token is refused")]

    async def scenario(opened: Rig) -> None:
        opened.clock.wrong = timedelta(days=365)
        one = await opened.account("ann")
        await opened.until(partial(_is_paused_beyond, opened, opened.clock()))
        opened.clock.wrong = timedelta(0)
        if restarted:
            await opened.restart()
            await opened.until(lambda: _leads(opened))
        opened.clock.ahead = PROBE + timedelta(seconds=1)
        await opened.until_done()
        assert await opened.states(one) == ["delivered"]

    run(tmp_path, crm, scenario)


def test_a_fault_of_deals_alone_is_looked_at_rarely_after_an_hour(tmp_path: Path) -> None:
    """The contact of each probe goes through before its deal fails: that is still the same pause,
    and costs few calls of the day.
    """

    async def scenario(opened: Rig) -> None:
        breaker, fault = opened.context.breaker, Misconfigured("no field aom_key")

        async def probe() -> float:
            opened.clock.ahead += timedelta(seconds=breaker.seconds_left() + 0.1)
            await breaker.succeeded()
            assert not breaker.paused
            await breaker.failed(fault, reason=str(fault))
            return breaker.seconds_left()

        await opened.context.leadership.take()
        assert opened.context.leadership.term
        await breaker.start(opened.context.leadership.term.epoch)
        await breaker.failed(fault, reason=str(fault))
        since = (await opened.inbox.find_state("crm")).since
        assert since
        waits = [await probe() for _ in range(95)]
        assert max(waits[:80]) <= PROBE.total_seconds()
        assert min(waits[92:]) > PROBE.total_seconds()
        assert waits[-1] == pytest.approx(LATE_PROBE.total_seconds(), abs=5)
        assert (await opened.inbox.find_state("crm")).since == since
        opened.clock.ahead += timedelta(seconds=breaker.seconds_left() + 0.1)
        await breaker.succeeded()
        opened.clock.ahead += timedelta(seconds=RELAPSE)
        await breaker.failed(fault, reason=str(fault))
        assert (await opened.inbox.find_state("crm")).since != since

    run(tmp_path, Crm(), scenario, running=False)


def test_a_defect_is_not_quoted_in_the_open(tmp_path: Path) -> None:
    """Its words may hold anything; `/readyz` and alarms show a pause's reason to whoever asks."""
    crm = Crm(limits=Limits(records=1, concurrency=1, linger=0))
    crm.faults = [ValueError("cannot convert ann@b.edu")] * 5

    async def scenario(opened: Rig) -> None:
        for number in range(5):
            await opened.account(f"p{number}")
        task = await start(opened)
        await opened.until(lambda: _is_paused_beyond(opened, opened.clock()))
        assert (
            await opened.inbox.find_state("crm")
        ).reason == "a defect of the connector (ValueError); the gateway's log says where"
        await opened.dispatcher.stop(timedelta(seconds=5))
        await task

    run(tmp_path, crm, scenario, running=False)


@pytest.mark.parametrize(
    ("kind", "since", "ends"),
    [
        ("auth", timedelta(hours=-1), True),
        ("misconfigured", timedelta(hours=-1), True),
        ("throttled", timedelta(hours=-1), False),
        ("auth", timedelta(hours=1), False),
    ],
)
def test_changed_settings_end_what_only_an_operator_can_end(
    tmp_path: Path, kind: PauseKind, since: timedelta, ends: bool
) -> None:
    """Where it began before they were changed; the store knows it at once."""

    async def scenario(opened: Rig) -> None:
        context = opened.context
        await context.leadership.take()
        assert context.leadership.term
        epoch, now = context.leadership.term.epoch, context.now()
        hour = timedelta(hours=1)
        await opened.inbox.keep_state(
            ConnectorState("crm", kind, "why", now + since, now + 3 * hour, 3 * hour), epoch
        )
        breaker = CircuitBreaker(
            opened.inbox, "crm", opened.metrics, context.now, context.random, mended_at=now
        )
        await breaker.start(epoch)
        assert breaker.paused is not ends
        assert ((await opened.inbox.find_state("crm")).paused is None) is ends

    run(tmp_path, Crm(), scenario, running=False)
