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
# seconds between two who are told: each makes a page anew, for which events would wait where all
# did so at once
APART: Final = 0.1
MOST: Final = 100  # followers of one process
MOST_OF_ONE: Final = 25  # of these of one name, so that there is room for others


@dataclass(slots=True, eq=False)
class Follower:
    """One who follows, by the name of `who`; `ended`: it is to go, and may come again."""

    who: str = ""
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

    def __init__(
        self, inbox: Inbox, jobs: JobRunner, *, most: int = MOST, most_of_one: int = MOST_OF_ONE
    ) -> None:
        self._inbox = inbox
        self._jobs = jobs
        self._most, self._most_of_one = most, most_of_one
        self._followers: set[Follower] = set()
        self._looking: asyncio.Task[None] | None = None
        self._closed = False

    def has_room(self, who: str) -> bool:
        """Whether one more may follow: not when as many do as a process serves, in all or of this
        name, or at its end.
        """
        of_them = sum(follower.who == who for follower in self._followers)
        return (
            not self._closed and len(self._followers) < self._most and of_them < self._most_of_one
        )

    @contextmanager
    def follow(self, who: str) -> Iterator[Follower]:
        """Be told of changes until the block ends."""
        follower = Follower(who, ended=self._closed)
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
                    await self._wake_in_turn()
                known = seen
            await asyncio.sleep(EVERY)

    async def _wake_in_turn(self) -> None:
        """What changes meanwhile is told in the next round."""
        for follower in tuple(self._followers):
            follower.wake()
            await asyncio.sleep(APART)

    def _progress(self) -> Sequence[object]:
        """How far this process's own work is."""
        return [(job.id, job.state, job.done) for job in self._jobs.jobs()]
