"""The lease on a batch's lanes, kept alive for as long as the batch runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog

from receiver.inbox import Claim, Inbox, StoreUnavailable


class Lease:
    """It is lost where the store was not told in time (it was down, or this process was stopped), or where another took the lane."""

    def __init__(self, inbox: Inbox, claims: Sequence[Claim], length: timedelta, now: Callable[[], datetime]) -> None:
        self._inbox = inbox
        self._claims = claims
        self._length = length
        self._now = now
        self._until = now() + length
        self._held = frozenset(claim.lane_id for claim in claims)

    def holds(self, lane_id: int) -> bool:
        return lane_id in self._held and self.in_time()

    def in_time(self) -> bool:
        return self._now() < self._until

    async def keep(self) -> None:
        """Renew it until cancelled. A store that does not answer is asked again."""
        while True:
            await asyncio.sleep(self._length.total_seconds() / 4)
            now = self._now()
            try:
                self._held &= await self._inbox.extend(self._claims, lease=self._length, now=now)
            except StoreUnavailable as error:
                structlog.get_logger().warning("lease.not_renewed", reason=str(error))
            else:
                self._until = now + self._length
