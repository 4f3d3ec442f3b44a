"""Work that goes on in the gateway after whoever asked for it has got an answer."""

from __future__ import annotations

import asyncio
import gc
from datetime import UTC, datetime

from receiver.inbox import StoreUnavailable
from receiver.jobs.job_runner import Job, JobRunner

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def test_short_work_is_done_when_start_returns() -> None:
    """And says what came of it."""

    async def work(job: Job) -> str:
        job.progress(3, 3)
        return "3 done."

    async def main() -> None:
        background = JobRunner()
        job = await background.start("count", work, now=NOW)
        assert (job.state, job.result, job.done, job.total) == ("done", "3 done.", 3, 3)
        assert background.jobs() == (job,)

    asyncio.run(main())


def test_what_was_found_can_be_dropped() -> None:
    """Of work that has ended and of work that goes on."""

    async def work(job: Job) -> str:
        job.found = {"name": "Ann"}
        return "found"

    async def main() -> None:
        background = JobRunner()
        job = await background.start("look", work, now=NOW)
        before = job.found
        background.forget_found()
        assert (before, job.found, job.result) == ({"name": "Ann"}, None, "found")

    asyncio.run(main())


def test_long_work_goes_on() -> None:
    """Start returns while it is under way; nobody has to hold it, and the newest is listed
    first.
    """
    go = asyncio.Event()

    async def work(_job: Job) -> str:
        await go.wait()
        return "at last"

    async def main() -> None:
        background = JobRunner()
        job = await background.start("long", work, now=NOW, patience=0)
        other = await background.start("longer", work, now=NOW, patience=0)
        gc.collect()
        assert [one.state for one in background.jobs()] == ["running", "running"]
        assert background.jobs() == (other, job)
        go.set()
        while job.state == "running" or other.state == "running":
            await asyncio.sleep(0)
        assert (job.state, job.result) == ("done", "at last")

    asyncio.run(main())


def test_what_fails_says_why() -> None:
    """The store's own trouble in its words; a defect without them, since they may hold anything."""

    async def unavailable(_job: Job) -> str:
        raise StoreUnavailable("the disk is full")

    async def defect(_job: Job) -> str:
        raise ValueError("ada@example.edu")

    async def main() -> None:
        background = JobRunner()
        first = await background.start("one", unavailable, now=NOW)
        second = await background.start("two", defect, now=NOW)
        assert (first.state, first.result) == ("failed", "the disk is full")
        assert (second.state, second.result) == (
            "failed",
            "The gateway failed. Its log says where.",
        )

    asyncio.run(main())


def test_closing_stops_what_is_under_way() -> None:
    """And waits until it has stopped. Only so many of those that ended are remembered."""

    async def forever(_job: Job) -> str:
        await asyncio.Event().wait()
        return ""

    async def short(_job: Job) -> str:
        return ""

    async def main() -> None:
        background = JobRunner()
        job = await background.start("forever", forever, now=NOW, patience=0)
        await background.aclose()
        assert job.state == "stopped"
        for number in range(30):
            await background.start(f"{number}", short, now=NOW)
        assert [one.what for one in background.jobs()] == [
            f"{number}" for number in range(29, 19, -1)
        ]

    asyncio.run(main())
