"""Tells whoever follows that something has changed in the store, by whichever process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

import structlog

from receiver.inbox import ChangeMark, Inbox, StoreUnavailable
from receiver.jobs.job_runner import JobRunner

# seconds between two looks: changes within these are told as one, and each page asks anew for it
EVERY: Final = 2.0
MOST: Final = 100  # followers of one process


@dataclass(slots=True, eq=False)
class Follower:
    """One who follows; `ended`: it is to go, and may come again."""

    ended: bool = False
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait(self, seconds: float) -> bool:
        """Return whether anything has changed since the last time, after so long at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        changed = self._woken.is_set()
        self._woken.clear()
        return changed

    def wake(self) -> None:
        self._woken.set()


class ChangeFeed:
    """Looks into the store now and then for all who follow, and not at all while nobody does.

    A mark that any process moves is read, so that no process has to tell the others.
    """

    def __init__(self, inbox: Inbox, jobs: JobRunner, *, most: int = MOST) -> None:
        self._inbox = inbox
        self._jobs = jobs
        self._most = most
        self._followers: set[Follower] = set()
        self._looking: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def has_room(self) -> bool:
        """Whether one more may follow: not when as many do as a process serves, or at its end."""
        return not self._closed and len(self._followers) < self._most

    @contextmanager
    def follow(self) -> Iterator[Follower]:
        """Be told of changes until the block ends."""
        follower = Follower(ended=self._closed)
        self._followers.add(follower)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look(), name="change feed")
        try:
            yield follower
        finally:
            self._followers.discard(follower)
            if not self._followers and self._looking:
                self._looking.cancel()
                self._looking = None

    def end_all(self) -> None:
        """Let all who follow go: they come again, to the configuration in force."""
        for follower in self._followers:
            follower.ended = True
            follower.wake()

    def close(self) -> None:
        """Let all go, and take nobody any more."""
        self._closed = True
        self.end_all()

    async def _look(self) -> None:
        known: tuple[ChangeMark | None, Sequence[object]] | None = None
        while True:
            try:
                seen = (await self._inbox.read_change_mark(), self._progress())
            except StoreUnavailable:
                pass  # who follows sees for themselves that it is away
            except Exception:  # noqa: BLE001 - nobody would be told again
                structlog.get_logger().exception("changes.not_read")
            else:
                if known is not None and seen != known:
                    for follower in self._followers:
                        follower.wake()
                known = seen
            await asyncio.sleep(EVERY)

    def _progress(self) -> Sequence[object]:
        """How far this process's own work is."""
        return [(job.id, job.state, job.done) for job in self._jobs.jobs()]
