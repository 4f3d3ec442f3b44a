"""Calls that nobody can put in order: of two processes at once, or without an answer. The newest is written once more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from connectors.base import Limits, Outcome, Record, Saved, Unavailable
from receiver.delivery import Dispatcher, Timing
from tests.delivery.crm import Crm
from tests.delivery.rig import rig
from tests.delivery.scenario import DEAL, attempted, held, stage_is, stages_sent, start


@pytest.mark.parametrize("first", ["older", "newer"])
def test_processes_that_write_one_record_at_once_end_with_the_newest(tmp_path: Path, postgresql_url: str, first: str) -> None:
    """Neither knows of the other, and nobody knows whose call the CRM has carried out last: whoever tells second sees it."""
    alone = Limits(records=10, links=10, concurrency=1, linger=0)
    crms = {"older": Crm(limits=alone), "newer": Crm(limits=alone)}
    crms["newer"].held = crms["older"].held
    for name in crms:
        (tmp_path / name).mkdir()

    async def main() -> None:
        async with (
            rig(tmp_path / "older", crms["older"], running=False, store=postgresql_url) as older,
            rig(tmp_path / "newer", crms["newer"], running=False, store=postgresql_url) as newer,
        ):
            orders, tasks, let_go = {}, [], {}
            for name, one, person, status in (("older", older, "ben", "COMPLETED"), ("newer", newer, "ann", "REFUNDED")):
                inside, let_go[name] = held(crms[name], "deal")
                orders[name] = await one.order(person, 19, status)
                tasks.append(await start(one))
                await inside.wait()
            overwritten: list[Outcome] = [Saved("id-deal-19")]  # the CRM has carried out the older one after it
            crms["newer"].rule = lambda record: overwritten.pop() if overwritten and record.ref == DEAL else None
            for name in sorted(orders, reverse=first == "older"):
                let_go[name].set()
                await older.until(partial(attempted, older, orders[name].id))
            await older.until(partial(stage_is, crms["older"], "REFUNDED"))
            await older.until_done()
            assert await stage_is(crms["older"], "REFUNDED")
            for one in (older, newer):
                await one.dispatcher.stop(timedelta(seconds=5))
            await asyncio.gather(*tasks)

    asyncio.run(main())


@pytest.mark.parametrize("lost", ["answer", "process"])
def test_what_was_carried_out_without_anybody_knowing_does_not_stay(tmp_path: Path, postgresql_url: str, lost: str) -> None:
    """The CRM carries out an older call after a newer one, and its answer is lost, or whoever waits for it."""
    slow, crm = (Crm(limits=Limits(records=10, links=10, concurrency=1, linger=0)) for _ in range(2))
    crm.held = slow.held
    for name in ("one", "other"):
        (tmp_path / name).mkdir()

    async def main() -> None:
        async with (
            rig(tmp_path / "one", slow, running=False, store=postgresql_url, timing=Timing(lease=timedelta(seconds=2))) as one,
            rig(tmp_path / "other", crm, store=postgresql_url, timing=Timing(lease=timedelta(seconds=2))) as other,
        ):
            await other.dispatcher.stop(timedelta(seconds=5))
            inside, go_on = held(slow, "deal")
            await one.order("ben", 19, "COMPLETED")
            task = await start(one)
            await inside.wait()
            refunded = await other.order("ann", 19, "REFUNDED")
            other.dispatcher = Dispatcher(other.context, idle=timedelta(seconds=0.05))
            tasks = [task, await start(other)]
            await other.until(partial(other.is_delivered, refunded))
            if lost == "answer":
                slow.apply_before_fault, slow.before_answer = True, None
                slow.rule = _loses_the_answer(slow)
                go_on.set()
            else:
                await one.dispatcher.stop(timedelta(0))
                slow.held[DEAL]["stage"] = "COMPLETED"
            await other.until(partial(stages_sent, (slow, crm), "REFUNDED", times=2))
            await other.until_done()
            assert await stage_is(slow, "REFUNDED")
            for opened in (one, other):
                await opened.dispatcher.stop(timedelta(seconds=5))
            await asyncio.gather(*tasks)

    asyncio.run(main())


def _loses_the_answer(crm: Crm) -> Callable[[Record], Outcome | None]:
    """The CRM carries out the first call about the deal, and the connector hears nothing of it."""
    lost = [Unavailable("no answer")]

    def rule(record: Record) -> Outcome | None:
        if record.ref == DEAL and lost:
            crm.held[DEAL] = dict(record.fields)
            raise lost.pop()
        return None

    return rule
