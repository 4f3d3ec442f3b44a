"""What is kept of attempts stays small, however long an outage lasts and however large an event
is.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from connectors.base import Limits, Refused, Unavailable
from tests.delivery.crm import Crm
from tests.delivery.rig import Rig, rig
from tests.delivery.scenario import start

PEOPLE = 400
TEXT = "All courses begin on Monday. " * 2400  # 69 kB


def test_an_outage_writes_no_history_that_grows(tmp_path: Path) -> None:
    """A large announcement to many people against a CRM that is down: the store holds little more
    than the event itself.
    """
    crm = Crm(limits=Limits(records=100, links=100, concurrency=4, linger=0))
    file = tmp_path / "inbox.db"

    async def empty() -> None:
        async with rig(tmp_path, crm, running=False):
            pass

    async def outage(opened: Rig) -> None:
        crm.faults = [Unavailable("503")] * 60
        await opened.announce(PEOPLE, TEXT)
        task = await start(opened)
        while crm.faults:
            opened.clock.ahead += timedelta(minutes=1)
            await asyncio.sleep(0.02)
        crm.faults = [Unavailable("503")] * 1000
        await opened.dispatcher.stop(timedelta(seconds=5))
        await task

    async def main() -> None:
        async with rig(tmp_path, crm, running=False) as opened:
            await outage(opened)

    asyncio.run(empty())
    before = file.stat().st_size
    asyncio.run(main())
    body = len(TEXT) + 60 * PEOPLE
    assert file.stat().st_size - before < 3 * body + 1000 * PEOPLE


def test_what_was_sent_is_cut_to_what_people_read(tmp_path: Path) -> None:
    """A long text stands there with its beginning and its length, and what a CRM says of it is
    whole.
    """
    crm = Crm()
    crm.rule = lambda _record: Refused("TOO_LONG", "69600 characters are too many", "announced")

    async def scenario() -> None:
        async with rig(tmp_path, crm) as opened:
            accepted = await opened.announce(1, TEXT)
            await opened.until_done(dead=1)
            (delivery,) = (await opened.story(accepted)).deliveries
            (attempt,) = delivery.attempts
            shown = attempt.sent[0]["fields"]["announced"]
            assert shown.startswith("All courses begin")
            assert shown.endswith(f"… ({len(TEXT)} characters)")
            assert len(shown) < 300
            assert attempt.message == "69600 characters are too many"

    asyncio.run(scenario())


def test_attempts_alike_are_one_row_with_their_number(tmp_path: Path) -> None:
    """An operator reads how often, and since when."""
    crm = Crm(limits=Limits(records=1, links=1, concurrency=1, linger=0))
    crm.faults = [Unavailable("503 of maintenance")] * 8

    async def scenario() -> None:
        async with rig(tmp_path, crm, running=False) as opened:
            accepted = await opened.account("ann")
            task = await start(opened)

            async def is_delivered() -> bool:
                opened.clock.ahead += timedelta(minutes=1)
                return await opened.is_delivered(accepted)

            await opened.until(is_delivered)
            (delivery,) = (await opened.story(accepted)).deliveries
            assert [one.outcome for one in delivery.attempts] == ["retry", "saved"]
            assert delivery.attempts[0].times > 2
            assert [one.sent[0]["result"] for one in delivery.attempts] == ["unanswered", "saved"]
            await opened.dispatcher.stop(timedelta(seconds=5))
            await task

    asyncio.run(scenario())
