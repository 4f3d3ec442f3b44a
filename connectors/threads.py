"""A synchronous client's calls, on threads of the connector's own: a slow CRM takes nobody
else's.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """At most `workers` calls run at a time; more wait their turn, first come first served."""

    def __init__(self, name: str, workers: int) -> None:
        self.name = name
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix=name)
        self._closed = False

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return or raise what `function(*args, **kwargs)` does; it sees the caller's context
        variables.

        Cancelling drops a call that waits for its turn, but only stops waiting for one that runs:
        give every call a time-out of its own. Raises RuntimeError after `aclose`.
        """
        if self._closed:
            raise RuntimeError(f"the threads of {self.name} are closed")
        call = partial(_without_stop_iteration, function, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(
            self._pool, copy_context().run, call
        )

    async def aclose(self) -> None:
        """Take no more calls, wait for those that were taken, and end the threads.

        Repeating it is harmless.
        """
        self._closed = True
        await asyncio.to_thread(self._pool.shutdown)


def _without_stop_iteration(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    # A future can't carry StopIteration: before Python 3.12 whoever awaits it would wait for ever.
    try:
        return function(*args, **kwargs)
    except StopIteration as error:
        raise RuntimeError("StopIteration left a call") from error
