"""Threads: a connector's own, and no more of them than it says."""

from __future__ import annotations

import asyncio
import threading
from contextvars import ContextVar

import pytest

from connectors.threads import Threads


def test_results_and_errors_come_back() -> None:
    """A call's result is returned and its error raised, on a thread that bears the connector's
    name.
    """

    async def main() -> None:
        threads = Threads("crm", workers=1)
        assert await threads.run(int, "ff", base=16) == 255
        assert (await threads.run(threading.current_thread)).name.startswith("crm")
        with pytest.raises(ZeroDivisionError):
            await threads.run(divmod, 1, 0)
        await threads.aclose()

    asyncio.run(main())


def test_stop_iteration_does_not_hang() -> None:
    """A StopIteration, which no future can carry, comes back as an error that says so."""

    async def main() -> None:
        threads = Threads("crm", workers=1)
        with pytest.raises(RuntimeError, match="StopIteration"):
            await threads.run(next, iter(()))
        await threads.aclose()

    asyncio.run(asyncio.wait_for(main(), 10))


def test_calls_run_side_by_side_up_to_workers() -> None:
    """Two workers run two calls at a time and never three."""
    meeting, running, most = threading.Barrier(2), 0, 0
    lock = threading.Lock()

    def call() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        meeting.wait(10)
        with lock:
            running -= 1

    async def main() -> None:
        threads = Threads("crm", workers=2)
        await asyncio.gather(*(threads.run(call) for _ in range(6)))
        await threads.aclose()

    asyncio.run(main())
    assert most == 2


def test_context_variables_follow() -> None:
    """What is logged inside a call carries the caller's context."""
    event: ContextVar[str] = ContextVar("event")

    async def main() -> None:
        threads = Threads("crm", workers=1)
        event.set("0190")
        assert await threads.run(event.get) == "0190"
        await threads.aclose()

    asyncio.run(main())


def test_closing_waits_for_calls_that_were_taken() -> None:
    """Closing finishes the call under way and the one that waits, ends the threads and takes no
    more calls.
    """
    gate, done = threading.Event(), []

    def call(number: int) -> None:
        gate.wait(10)
        done.append(number)

    async def main() -> None:
        threads = Threads("crm", workers=1)
        calls = [asyncio.create_task(threads.run(call, number)) for number in range(2)]
        await asyncio.sleep(0)
        closing = asyncio.create_task(threads.aclose())
        await asyncio.sleep(0)
        gate.set()
        await closing
        await asyncio.gather(*calls)
        assert done == [0, 1]
        await threads.aclose()
        with pytest.raises(RuntimeError, match="crm are closed"):
            await threads.run(call, 3)

    asyncio.run(main())
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("crm")]
