"""Each worker knows the work of the others."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from receiver.jobs.job_runner import Job, JobRunner
from receiver.jobs.worker_jobs import WorkerJobs
from tests.inbox.store import NOW


async def count_two(job: Job) -> str:
    job.progress(1, 2)
    job.deliveries, job.more = (7, 8), 3
    job.found = {"person": "ada@example.edu"}
    return "Counted."


async def ask_other() -> tuple[Job, Job | None, list[Job]]:
    """A job of the first of three workers, of which the third is away, as the second finds it."""
    first, second = JobRunner(), JobRunner()
    with tempfile.TemporaryDirectory() as name:  # a short one: a socket's path has its limit
        one, other = (
            WorkerJobs(Path(name), number, 3, own) for number, own in ((1, first), (2, second))
        )
        async with one.served(), other.served():
            job = await first.start("counting", count_two, now=NOW, patience=60.0)
            assert await other.find("none") is None
            assert await other.find("\n") is None
            return job, await other.find(job.id), await other.list_jobs()


def test_a_job_is_found_wherever_it_is_done() -> None:
    """With what it is about and how far it is; what it found, which may name people, stays where
    it was found.
    """
    job, found, listed = asyncio.run(ask_other())
    assert found
    assert (found.id, found.what, found.started_at) == (job.id, "counting", NOW)
    assert (found.done, found.total, found.state, found.result) == (1, 2, "done", "Counted.")
    assert (list(found.deliveries), found.more, found.found) == ([7, 8], 3, None)
    assert [(one.id, list(one.deliveries)) for one in listed] == [(job.id, [])]
