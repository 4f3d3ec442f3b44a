"""Calls of a connector's code that hang are given up."""

from __future__ import annotations

import asyncio

import pytest

from connectors.base import TimedOut
from receiver.delivery.limits.call_timeout import CallTimeout


def test_what_hangs_is_given_up_and_cancelled() -> None:
    """A call without a sign of life is over after the patience, and does not go on behind it."""

    async def scenario() -> None:
        cancelled = asyncio.Event()

        async def hang() -> list[str]:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.set()
                raise
            return []

        with pytest.raises(TimedOut, match="gave no sign of life"):
            await CallTimeout(patience=0.01).run(hang())
        await asyncio.wait_for(cancelled.wait(), 30)

    asyncio.run(scenario())


def test_a_call_that_answers_is_answered() -> None:
    """Its result comes back, and so does what it raises."""

    async def scenario() -> None:
        async def answer() -> list[str]:
            return ["saved"]

        async def fail() -> list[str]:
            raise ZeroDivisionError

        assert await CallTimeout().run(answer()) == ["saved"]
        with pytest.raises(ZeroDivisionError):
            await CallTimeout().run(fail())

    asyncio.run(scenario())


def test_whoever_is_cancelled_takes_the_call_along() -> None:
    """A batch that is given up leaves no call of its own behind."""

    async def scenario() -> None:
        began, cancelled = asyncio.Event(), asyncio.Event()

        async def hang() -> list[str]:
            began.set()
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()
            return []

        running = asyncio.create_task(CallTimeout().run(hang()))
        await asyncio.wait_for(began.wait(), 30)
        running.cancel()
        await asyncio.wait_for(cancelled.wait(), 30)
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(scenario())
