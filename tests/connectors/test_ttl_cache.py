"""Look-ups are made once, shared, kept for a time, and made again when they must be."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.base import Misconfigured, Unavailable
from connectors.ttl_cache import TtlCache

HOUR = timedelta(hours=1)


class Crm:
    """Answers each look-up when a test lets it: `open` starts closed where a test wants to be
    first.
    """

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 1, tzinfo=UTC)
        self.asked: list[str] = []
        self.fault: Exception | None = None
        self.open = asyncio.Event()
        self.open.set()
        self.cache: TtlCache[str] = TtlCache(self.look_up, lambda: self.time, HOUR, (Unavailable,))

    async def look_up(self, key: str) -> str:
        self.asked.append(key)
        answer, fault = f"{key} {len(self.asked)}", self.fault
        await self.open.wait()
        if fault:
            raise fault
        return answer

    async def until_asked(self, times: int) -> None:
        while len(self.asked) < times:
            await asyncio.sleep(0)


def with_crm(test: Callable[[Crm], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """Run a test in a loop of its own, with a fresh cache."""

    def run() -> None:
        async def main() -> None:
            crm = Crm()
            await test(crm)
            await crm.cache.aclose()

        asyncio.run(main())

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run


@with_crm
async def test_a_value_serves_for_its_time(crm: Crm) -> None:
    """One look-up per key, and another one when it is too old: for all, or for who asks for
    less.
    """
    assert [await crm.cache.get(key) for key in ("a", "a", "b")] == ["a 1", "a 1", "b 2"]
    crm.time += HOUR - timedelta(seconds=1)
    assert await crm.cache.get("a") == "a 1"
    assert await crm.cache.get("a", ttl=timedelta(minutes=1)) == "a 3"
    crm.time += HOUR
    assert await crm.cache.get("a") == "a 4"


@with_crm
async def test_who_asks_meanwhile_waits_for_the_same_answer(crm: Crm) -> None:
    """At most one look-up of a key is under way; others are not held up."""
    crm.open.clear()
    waiting = [asyncio.ensure_future(crm.cache.get(key)) for key in ("a", "a", "b", "a")]
    await crm.until_asked(2)
    crm.open.set()
    assert await asyncio.gather(*waiting) == ["a 1", "a 1", "b 2", "a 1"]
    assert crm.asked == ["a", "b"]


@with_crm
async def test_an_error_is_shared_and_not_kept(crm: Crm) -> None:
    """All who wait get it; the next one asks anew."""
    crm.fault = Misconfigured("no such object")
    crm.open.clear()
    waiting = [asyncio.ensure_future(crm.cache.get("a")) for _ in range(3)]
    await crm.until_asked(1)
    crm.open.set()
    faults = await asyncio.gather(*waiting, return_exceptions=True)
    assert faults == [crm.fault] * 3
    crm.fault = None
    assert await crm.cache.get("a") == "a 2"


@with_crm
async def test_in_an_outage_the_old_value_serves_on(crm: Crm) -> None:
    """It is tried again each time.

    Any other error is told, and so is an outage where nothing is known.
    """
    with pytest.raises(Unavailable):
        await _failing(crm, Unavailable("away"))
    assert await crm.cache.get("a") == "a 2"
    crm.time += HOUR
    assert await _failing(crm, Unavailable("away")) == "a 2"
    with pytest.raises(Misconfigured):
        await _failing(crm, Misconfigured("gone"))
    assert await crm.cache.get("a") == "a 5"


async def _failing(crm: Crm, fault: Exception) -> str:
    crm.fault = fault
    try:
        return await crm.cache.get("a")
    finally:
        crm.fault = None


@with_crm
async def test_what_is_forgotten_is_asked_for_again(crm: Crm) -> None:
    """And an answer that was under way then is not kept: it may be as old as what was forgotten."""
    crm.open.clear()
    early = asyncio.ensure_future(crm.cache.get("a"))
    await crm.until_asked(1)
    crm.cache.forget("a")
    late = asyncio.ensure_future(crm.cache.get("a"))
    await crm.until_asked(2)
    crm.open.set()
    assert (await early, await late) == ("a 1", "a 2")
    assert await crm.cache.get("a") == "a 2"
    crm.cache.forget("a")
    assert await crm.cache.get("a") == "a 3"


@with_crm
async def test_one_value_is_forgotten_once(crm: Crm) -> None:
    """Many who find the same value wrong cost one look-up, not one each."""
    found = await crm.cache.get("a")
    crm.cache.forget("a", found)
    newer = await crm.cache.get("a")
    crm.cache.forget("a", found)
    assert await crm.cache.get("a") is newer
    assert crm.asked == ["a", "a"]


@with_crm
async def test_what_is_learnt_otherwise_is_kept(crm: Crm) -> None:
    """For its time, and what was being loaded before that is not kept over it."""
    crm.open.clear()
    loading = asyncio.create_task(crm.cache.get("a"))
    await crm.until_asked(1)
    crm.cache.put("a", "learnt")
    crm.open.set()
    assert await loading == "a 1"
    assert await crm.cache.get("a") == "learnt"
    crm.time += HOUR
    assert await crm.cache.get("a") == "a 2"


@with_crm
async def test_a_look_up_goes_on_when_nobody_waits(crm: Crm) -> None:
    """Its answer is there for the next one; closing waits for it."""
    crm.open.clear()
    waiting = asyncio.ensure_future(crm.cache.get("a"))
    await crm.until_asked(1)
    waiting.cancel()
    closing = asyncio.ensure_future(crm.cache.aclose())
    await asyncio.sleep(0)
    assert not closing.done()
    crm.open.set()
    await closing
    assert await crm.cache.get("a") == "a 1"
