"""The watch of a running gateway: what looks for alarms, from its start to its last words."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from receiver.alarms import StoreWatcher, open_watch
from receiver.gateway.gateway import Gateway

LAST_WORDS = 10.0  # seconds for an alarm that is being posted at shutdown


class RunningWatch:
    """A watch with its client for posting."""

    def __init__(self, watcher: StoreWatcher, stack: AsyncExitStack) -> None:
        self.watcher = watcher
        self._stack = stack
        self._task = asyncio.create_task(watcher.run(), name="alarms")

    @classmethod
    async def start(cls, gateway: Gateway) -> RunningWatch | None:
        """None where no alarms are configured."""
        stack = AsyncExitStack()
        watcher = await stack.enter_async_context(
            open_watch(
                gateway.settings,
                gateway.routes,
                gateway.inbox,
                gateway.standing,
                gateway.metrics,
                gateway.now,
                own=gateway.lasting.sent_alarms,
            )
        )
        return cls(watcher, stack) if watcher else None

    async def stop(self) -> None:
        await self.watcher.stop(LAST_WORDS)
        self._task.cancel()
        await self._stack.aclose()
