# ruff: noqa: SLF001 - it looks into what it tests
"""What a batch leaves behind when its leader freezes, dies or is cut short."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from pathlib import Path

from connectors.base import (
    Limits,
    Outcome,
    Record,
    Ref,
    Refused,
)
from receiver.delivery import Leaders, Leadership
from receiver.inbox import Inbox
from tests.delivery.crm import Crm
from tests.delivery.rig import Clock, Rig, rig
from tests.delivery.scenario import HOUR, start

SHORT = timedelta(seconds=1)
ONE_BY_ONE = Limits(records=10, links=10, concurrency=1, linger=0)


def test_an_unfinished_lane_of_a_frozen_leader_is_delivered_again(
    tmp_path: Path, postgresql_url: str
) -> None:
    """What it wrote over is delivered again also where it was not through with the lane."""
    frozen, crm = Crm(limits=ONE_BY_ONE), Crm(limits=ONE_BY_ONE)
    crm.held = frozen.held
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        if frozen.received[-1].fields["firstname"] == "old":
            inside.set()
            await go_on.wait()

    frozen.before_answer = hold
    bad = Refused("INVALID", "that will not do", "firstname")
    written: list[tuple[str, str]] = []

    def rule(who: str, record: Record) -> Outcome | None:
        """A record is written as soon as it is ruled upon."""
        name = str(record.fields["firstname"])
        written.extend([] if name == "bad" else [(who, name)])
        return bad if name == "bad" else None

    frozen.rule, crm.rule = partial(rule, "frozen"), partial(rule, "other")
    directories = [tmp_path / name for name in ("one", "other")]
    for one in directories:
        one.mkdir()

    async def main() -> None:
        async with (
            rig(directories[0], frozen, running=False, store=postgresql_url, lease=SHORT) as one,
            rig(directories[1], crm, running=False, store=postgresql_url, lease=SHORT) as other,
        ):
            await one.account("ben", first_name="old")
            await one.account("ben", first_name="bad")
            batch = await one.batch()
            call = asyncio.create_task(batch.run())
            await asyncio.wait_for(inside.wait(), 60)
            task = await start(other)
            await other.until(partial(_in_time, other))
            newer = await other.account("ben", first_name="new")
            await other.until(partial(other.is_delivered, newer))
            assert await _is_named(crm, "new")
            before = list(written)
            go_on.set()
            await call
            assert batch.lost
            assert written[len(before)] == ("frozen", "old")
            await other.until(partial(_is_named, crm, "new"))
            assert written[-1] == ("other", "new")
            await other.dispatcher.stop(timedelta(seconds=5))
            await task

    asyncio.run(main())


async def _is_named(crm: Crm, name: str) -> bool:
    return crm.held.get(Ref("contact", "ben@b.edu"), {}).get("firstname") == name


def test_calls_of_a_dead_leader_are_known_to_the_one_after_next(postgresql_url: str) -> None:
    """A leads and dies in a call of five minutes, B takes over and gives back at once: C waits for
    the end of that call.
    """

    async def main() -> None:
        inbox = await Inbox.open(postgresql_url, dedup_hours=0)
        now = Clock()
        try:
            short = timedelta(seconds=0.2)
            first = await inbox.take_lead("connector crm", holder="a", lease=short, now=now())
            assert first
            await inbox.renew_lead(
                "connector crm", first.epoch, lease=short, calls_end_in=300, now=now()
            )
            await asyncio.sleep(0.3)
            second = Leadership(inbox, "crm", Leaders("b"), now, timeout=30)
            await second.take()
            assert second.term
            assert second.term.calls_end_in > 290
            await second._renew()
            await second.give_back()
            third = await inbox.take_lead("connector crm", holder="c", lease=HOUR, now=now())
            assert third
            assert (third.clean, third.calls_end_in > 200) == (False, True)
        finally:
            await inbox.aclose()

    asyncio.run(main())


def test_a_call_that_was_cut_short_is_in_doubt_also_later(postgresql_url: str) -> None:
    """Whoever leads after its end takes what was pending as doubtful, too."""

    async def main() -> None:
        inbox = await Inbox.open(postgresql_url, dedup_hours=0)
        now = Clock()
        try:
            first = await inbox.take_lead("connector crm", holder="a", lease=HOUR, now=now())
            assert first
            await inbox.give_back_lead("connector crm", first.epoch, calls_end_in=0.1, now=now())
            await asyncio.sleep(0.2)
            term = await inbox.take_lead("connector crm", holder="b", lease=HOUR, now=now())
            assert term
            assert not term.clean
        finally:
            await inbox.aclose()

    asyncio.run(main())


def test_a_process_that_leads_much_keeps_its_half(postgresql_url: str) -> None:
    """Of four connectors a newcomer is given two."""

    async def main() -> None:
        inbox = await Inbox.open(postgresql_url, dedup_hours=0)
        now = Clock()
        try:
            old = Leaders("a")
            leads = [Leadership(inbox, f"crm{n}", old, now, timeout=30) for n in range(4)]
            for one in leads:
                await one.take()
            new = Leaders("b")
            for n in range(4):
                await Leadership(inbox, f"crm{n}", new, now, timeout=30).take()
            for _ in range(3):
                for one in leads:
                    if one.term:
                        async with one._telling:
                            await one._tell(one.term)
                for one in leads:
                    if one.leaving:
                        await one.give_back()
            assert len(old.roles) == 2
        finally:
            await inbox.aclose()

    asyncio.run(main())


async def _in_time(opened: Rig) -> bool:
    """Pass the time that another leader's calls may take."""
    if opened.context.leadership.term is None:
        return False
    opened.clock.ahead += timedelta(seconds=60)
    return True
