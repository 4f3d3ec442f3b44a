"""Work that takes longer than whoever asked for it wants to wait: it goes on in the gateway, and
says how far it is.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import structlog

from receiver.inbox import InboxError

REMEMBERED = 10  # of those that ended


@dataclass(slots=True)
class Job:
    """One piece of work that goes on after whoever asked for it was answered.

    `done` of `total` are in the unit of the work; `total` is 0 until it is known. `result` is a
    sentence, `found` what there is to show of it, which may name people. `deliveries` are those
    that it is about, by their ids, so that they can be followed, but for `more` of them.
    """

    id: str
    what: str
    started_at: datetime
    done: int = 0
    total: int = 0
    state: Literal["running", "done", "failed", "stopped"] = "running"
    result: str = ""
    found: dict[str, Any] | None = None
    deliveries: Sequence[int] = ()
    more: int = 0

    def progress(self, done: int, total: int) -> None:
        self.done, self.total = done, total


Work = Callable[[Job], Awaitable[str]]
"""Gets the job to tell its progress to; returns what came of it, as a sentence."""


class JobRunner:
    """Runs the jobs of this process.

    Each task is held here until it ends: the event loop itself would let it be collected.
    """

    def __init__(self) -> None:
        self._running: dict[asyncio.Task[None], Job] = {}
        self._ended: deque[Job] = deque(maxlen=REMEMBERED)

    def jobs(self) -> tuple[Job, ...]:
        """Those under way, then the last that ended, the newest of each first."""
        return (*reversed(self._running.values()), *self._ended)

    def forget_found(self) -> None:
        """Drop whatever was found: it may name somebody who was erased."""
        for job in self.jobs():
            job.found = None

    def find(self, id: str) -> Job | None:
        """None where it is another process's (`WorkerJobs`), or ended long ago."""
        return next((job for job in self.jobs() if job.id == id), None)

    async def start(self, what: str, work: Work, *, now: datetime, patience: float = 1.0) -> Job:
        """Begin it, and return when it has ended or after `patience` seconds; the job's state says
        which.
        """
        job = Job(secrets.token_hex(8), what, now)
        task = asyncio.create_task(self._run(job, work), name=f"job {job.id}: {what}")
        self._running[task] = job
        task.add_done_callback(self._forget)
        await asyncio.wait([task], timeout=patience)
        return job

    async def aclose(self) -> None:
        """Stop what is under way: what it has committed stays, and it can be asked for again."""
        tasks = list(self._running)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks)

    async def _run(self, job: Job, work: Work) -> None:
        log = structlog.get_logger().bind(job=job.what)
        try:
            job.result = await work(job)
            job.state = "done"
            log.info("job.done", result=job.result)
        except asyncio.CancelledError:
            job.state, job.result = (
                "stopped",
                "The gateway was stopped. What was done stays; ask for the rest again.",
            )
            log.warning("job.stopped", done=job.done, total=job.total)
        except InboxError as error:
            job.state, job.result = "failed", str(error)
            log.warning("job.failed", reason=job.result)
        except Exception:
            job.state, job.result = "failed", "The gateway failed. Its log says where."
            log.exception("job.failed")

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._ended.appendleft(self._running.pop(task))
