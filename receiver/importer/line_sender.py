"""Hands lines in, a few at once, each person's in order.

That they are delivered behind what comes live is the inbox's business.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from receiver.importer.line_validation import ValidatedLine

AT_ONCE = 8


class ImportStopped(Exception):
    """The gateway takes no more lines; the text says why."""


@dataclass(frozen=True, slots=True)
class LineAnswer:
    """What the gateway said of a line. With `faults`, (place, message) each, it was not taken."""

    duplicate: bool = False
    deliveries: int = 0
    faults: tuple[tuple[str, str], ...] = ()


class LineSender:
    """Submits lines a few at once; `post` hands in one."""

    def __init__(self, post: Callable[[ValidatedLine], Awaitable[LineAnswer]]) -> None:
        self._post = post
        self._free = asyncio.Semaphore(AT_ONCE)

    async def submit_batch(
        self, batch: Sequence[ValidatedLine]
    ) -> list[tuple[ValidatedLine, LineAnswer]]:
        """Hand in some lines; lines about the same people one after the other.

        Raises ImportStopped.
        """
        chains: dict[tuple[str, ...], list[ValidatedLine]] = {}
        for one in batch:
            chains.setdefault(one.people, []).append(one)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._in_order(chain)) for chain in chains.values()]
        except ExceptionGroup as several:
            raise several.exceptions[0] from None
        return [pair for task in tasks for pair in task.result()]

    async def _in_order(
        self, chain: Sequence[ValidatedLine]
    ) -> list[tuple[ValidatedLine, LineAnswer]]:
        answered = []
        for one in chain:
            async with self._free:
                answered.append((one, await self._post(one)))
        return answered
