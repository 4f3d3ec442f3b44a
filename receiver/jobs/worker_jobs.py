"""The work of the other workers on this port: a page about it may be asked of any of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from receiver.jobs.job_runner import Job, JobRunner

LONGEST_WAIT: Final = 1.0  # seconds for the others; one that hangs or is being started is left out
_MOST: Final = 16 * 1024 * 1024  # bytes of an answer
_ALL: Final = ""


class WorkerJobs:
    """Each worker tells of its own work at a socket in the directory that all of them know: of one
    job, or without its deliveries of all. What a job has found stays with its worker.
    """

    def __init__(self, directory: Path, number: int, of: int, own: JobRunner) -> None:
        self._directory = directory
        self._number = number
        self._others = [other for other in range(1, of + 1) if other != number]
        self._own = own

    @asynccontextmanager
    async def served(self) -> AsyncIterator[None]:
        path = self._path(self._number)
        path.unlink(missing_ok=True)  # of one that crashed
        server = await asyncio.start_unix_server(self._give, path)
        try:
            yield
        finally:
            server.close()

    async def find(self, id: str) -> Job | None:
        """Whichever worker's it is; None where none that answers knows it."""
        own = self._own.find(id)
        if own or not id.isalnum():
            return own
        return next(iter(await self._ask_others(id)), None)

    async def list_jobs(self) -> list[Job]:
        """Of all that answer, one's own first."""
        return [*self._own.jobs(), *await self._ask_others(_ALL)]

    async def _give(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked = (await reader.readline()).decode().strip()
            jobs = (
                [replace(job, deliveries=()) for job in self._own.jobs()]
                if asked == _ALL
                else [job for job in self._own.jobs() if job.id == asked]
            )
            writer.write(_encode_jobs(jobs))
            await writer.drain()
        finally:
            writer.close()

    async def _ask_others(self, what: str) -> list[Job]:
        answers = await asyncio.gather(*(self._ask(other, what) for other in self._others))
        return [job for jobs in answers for job in jobs]

    async def _ask(self, other: int, what: str) -> list[Job]:
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                reader, writer = await asyncio.open_unix_connection(self._path(other), limit=_MOST)
                try:
                    writer.write(f"{what}\n".encode())
                    return _decode_jobs(await reader.readline())
                finally:
                    writer.close()
        except OSError:  # TimeoutError is one
            return []

    def _path(self, number: int) -> Path:
        return self._directory / f"{number}-jobs.sock"


def _encode_jobs(jobs: list[Job]) -> bytes:
    told = [
        asdict(replace(job, found=None)) | {"started_at": job.started_at.isoformat()}
        for job in jobs
    ]
    return json.dumps(told).encode() + b"\n"


def _decode_jobs(line: bytes) -> list[Job]:
    """None of one that ended before it had answered."""
    told: list[dict[str, Any]] = json.loads(line) if line.endswith(b"\n") else []
    return [Job(**one | {"started_at": datetime.fromisoformat(one["started_at"])}) for one in told]
