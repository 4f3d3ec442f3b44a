"""The records of one `upsert` in several calls: what came of each, in order, also where one of the
calls fails.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterator, Sequence
from typing import Generic, TypeVar, cast

from connectors.base import (
    AuthFailed,
    BatchRefused,
    ConnectorError,
    Link,
    Misconfigured,
    Outcome,
    Record,
    Throttled,
    TimedOut,
)
from connectors.http.failures import CallDeferred, CallRefused

T = TypeVar("T", Record, Link)
R = TypeVar("R")
Item = TypeVar("Item")

_GRAVEST = (TimedOut, AuthFailed, Misconfigured, Throttled, ConnectorError)
"""Of several faults the first of these is told: what may be written still must not go again soon,
and what only people can mend is to be known at once.
"""


async def write_in_parts(
    items: Sequence[T],
    write: Callable[[Sequence[T]], Awaitable[Sequence[Outcome]]],
    *,
    size: int,
    at_once: int,
    by: Callable[[T], Hashable] | None = None,
) -> list[Outcome]:
    """Write records or links in calls of up to `size`, `at_once` calls at a time.

    Outcomes come in the order of the items, as many. Those in one call are all alike `by`: new
    records and known ones, where a CRM takes them in calls of their own.

    Where a call of a single item is refused or put off, that becomes the item's own outcome. Where
    a call fails otherwise, no further one is made, those under way are awaited, and the failure is
    raised with the `outcomes` of all that were through.
    """

    async def call(part: Sequence[T]) -> Sequence[Outcome]:
        try:
            return await write(part)
        except (BatchRefused, CallDeferred) as error:
            if len(part) > 1:
                raise
            return [_own_outcome(error)]

    calls = _Calls(items, call)
    await calls.make(_parts(items, size, by), at_once)
    if calls.faults:
        raise calls.gravest(with_outcomes=True)
    return calls.results()


def read_outcomes(items: Sequence[Item], read: Callable[[Item], Outcome]) -> list[Outcome]:
    """Read what a CRM answers of each record of a call, in order.

    Where `read` raises for some what concerns all, that is raised with the `outcomes` of the rest.
    """
    outcomes: list[Outcome | None] = []
    faults: list[ConnectorError] = []
    for item in items:
        try:
            outcomes.append(read(item))
        except ConnectorError as fault:
            faults.append(fault)
            outcomes.append(None)
    if faults:
        gravest = min(faults, key=_gravity)
        gravest.outcomes = outcomes
        raise gravest
    return [outcome for outcome in outcomes if outcome is not None]


async def read_each(
    items: Sequence[T], read: Callable[[T], Awaitable[R]], *, at_once: int
) -> list[R]:
    """Ask about records one by one, `at_once` at a time; the answers come in their order.

    Where a call fails no further one is made, and the failure is raised.
    """

    async def call(part: Sequence[T]) -> Sequence[R]:
        return [await read(part[0])]

    calls = _Calls(items, call)
    await calls.make(_parts(items, 1, None), at_once)
    if calls.faults:
        raise calls.gravest()
    return calls.results()


class _Calls(Generic[T, R]):
    """Calls for some items each, and what has come of them so far."""

    def __init__(
        self, items: Sequence[T], call: Callable[[Sequence[T]], Awaitable[Sequence[R]]]
    ) -> None:
        self._items: Sequence[T] = items
        self._call: Callable[[Sequence[T]], Awaitable[Sequence[R]]] = call
        self._results: list[R | None] = [None] * len(items)
        self.faults: list[Exception] = []

    async def make(self, parts: Iterator[list[int]], at_once: int) -> None:
        """Make all calls, or as many as go well."""

        async def work() -> None:
            for part in parts:
                await self._make(part)
                if self.faults:
                    return

        async with asyncio.TaskGroup() as workers:
            for _ in range(min(at_once, len(self._items))):
                workers.create_task(work())

    def results(self) -> list[R]:
        """Give what came of all items."""
        return cast("list[R]", self._results)

    def gravest(self, *, with_outcomes: bool = False) -> Exception:
        """Give the fault to raise."""
        fault = min(self.faults, key=_gravity)
        if with_outcomes and isinstance(fault, ConnectorError):
            fault.outcomes = cast("list[Outcome | None]", self._results)
        return fault

    async def _make(self, part: list[int]) -> None:
        try:
            results = await self._call([self._items[place] for place in part])
            for place, result in zip(part, results, strict=True):
                self._results[place] = result
        except Exception as fault:  # noqa: BLE001 - raised once the calls under way are over
            self.faults.append(fault)
            if isinstance(fault, ConnectorError) and len(fault.outcomes) == len(part):
                for place, known in zip(part, fault.outcomes, strict=True):
                    self._results[place] = cast("R | None", known)


def _own_outcome(error: BatchRefused | CallDeferred) -> Outcome:
    return error.outcome if isinstance(error, CallRefused | CallDeferred) else error.refusal


def _parts(
    items: Sequence[T], size: int, by: Callable[[T], Hashable] | None
) -> Iterator[list[int]]:
    """Give the places of the items that go in one call each."""
    alike: dict[Hashable, list[int]] = {}
    for place, item in enumerate(items):
        alike.setdefault(by(item) if by else None, []).append(place)
    for places in alike.values():
        for start in range(0, len(places), size):
            yield places[start : start + size]


def _gravity(fault: Exception) -> int:
    ranks = (rank for rank, kind in enumerate(_GRAVEST) if isinstance(fault, kind))
    return next(ranks, len(_GRAVEST))
