"""Lets the processes on one store know of each other, and by which configuration each works."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from receiver.config_errors import ConfigFault
from receiver.inbox import Inbox, RunningProcess, StoreUnavailable, process_name
from receiver.text.plurals import pluralize

EVERY: Final = timedelta(seconds=10)
LOOK: Final = 0.1  # seconds between looks whether siblings have followed


class ProcessRegistry:
    """The process among those on its store. `run` it while it works, then `withdraw`.

    `needs_restart`: places at which the file says what this process can take over only by a
    restart.
    """

    def __init__(self, inbox: Inbox, now: Callable[[], datetime]) -> None:
        self._inbox = inbox
        self._now = now
        name = process_name()
        self.own = RunningProcess(name, name, "", now())
        self.needs_restart: Sequence[str] = ()
        self._differed: frozenset[str] = frozenset()  # at the last look
        self._log = structlog.get_logger()

    def join(self, parent: int) -> None:
        """Be one of the workers of this parent process."""
        host = self.own.name.rpartition(":")[0]
        self.own = replace(self.own, parent=f"{host}:{parent}")

    async def run(self) -> None:
        """Announce this process again and again, until cancelled."""
        while True:
            with suppress(StoreUnavailable):  # the next time
                await self.announce()
                self._tell_differing(await self.others())
            await asyncio.sleep(EVERY.total_seconds())

    async def announce(self) -> None:
        """Raises StoreUnavailable."""
        await self._inbox.announce_process(self.own, now=self._now())

    async def withdraw(self) -> None:
        """Tell that the process ends."""
        with suppress(StoreUnavailable):  # the others see it by its silence
            await self._inbox.withdraw_process(self.own.name)

    async def work_by(self, digest: str, needs_restart: Sequence[str] = ()) -> None:
        """Let the others know which configuration is in force here from now on."""
        since = self.own.since if digest == self.own.digest else self._now()
        self.own = replace(self.own, digest=digest, since=since, refused_at=None, faults=())
        self.needs_restart = needs_restart
        with suppress(StoreUnavailable):
            await self.announce()

    async def refuse(self, faults: Iterable[ConfigFault]) -> None:
        """Let the others know that a configuration could not be taken over here."""
        described = tuple((fault.place, fault.message, fault.remedy) for fault in faults)
        self.own = replace(self.own, refused_at=self._now(), faults=described)
        with suppress(StoreUnavailable):
            await self.announce()

    async def others(self) -> Sequence[RunningProcess]:
        """All other processes on this store. Raises StoreUnavailable."""
        found = await self._inbox.list_processes(now=self._now())
        for dead in filter(self._has_died, found):
            await self._inbox.withdraw_process(dead.name)
        return [one for one in found if one.name != self.own.name and not self._has_died(one)]

    def _has_died(self, other: RunningProcess) -> bool:
        """A worker of this gateway that could not withdraw: it has crashed."""
        return other.parent == self.own.parent and not _exists(int(other.name.rpartition(":")[2]))

    async def wait_for_siblings(self, seconds: float) -> Sequence[str]:
        """Wait until all workers of this gateway work by the same configuration.

        Returns those that do not within the time.
        """
        behind: Sequence[str] = ()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while behind := await self._siblings_behind():  # noqa: ASYNC110 - in the store
                    await asyncio.sleep(LOOK)
        return behind

    async def _siblings_behind(self) -> Sequence[str]:
        return [
            one.name
            for one in await self.others()
            if one.parent == self.own.parent and one.digest != self.own.digest
        ]

    def _tell_differing(self, found: Iterable[RunningProcess]) -> None:
        """Once, of those that differ at two looks in a row: a reload reaches all within moments."""
        differing = frozenset(one.name for one in found if one.digest != self.own.digest)
        if differing and differing == self._differed:
            self._log.warning(
                "configuration.differs", here=self.own.digest, processes=sorted(differing)
            )
        self._differed = differing


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def describe_differences(
    own: RunningProcess, others: Iterable[RunningProcess], needs_restart: Sequence[str] = ()
) -> list[str]:
    """What an operator should know of the configurations in force, in words."""
    found = [
        f"{one.name} could not take the configuration over at {one.refused_at:%Y-%m-%d %H:%M} UTC "
        f"and goes on with the former one: {pluralize(len(one.faults), 'fault')}, such as "
        f"{': '.join(one.faults[0][:2]) if one.faults else 'an unknown one'}"
        for one in (own, *others)
        if one.refused_at
    ]
    found += [
        f"{one.name} works by another configuration than {own.name}, since "
        f"{one.since:%Y-%m-%d %H:%M} UTC: give both the same, and reload or restart them"
        for one in others
        if own.digest and one.digest != own.digest
    ]
    if needs_restart:
        found.append(f"needs a restart to count: {', '.join(needs_restart)}")
    return found
