"""Removes what is older than `keep_days` from a running gateway, in small chunks that let new
events through.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from receiver.inbox import Inbox, StoreUnavailable

FIRST = timedelta(minutes=1)
EVERY = timedelta(hours=1)


async def keep_purging(
    inbox: Inbox,
    keep: timedelta,
    now: Callable[[], datetime],
    *,
    first: timedelta = FIRST,
    every: timedelta = EVERY,
    count: Callable[[], Awaitable[object]] | None = None,
) -> None:
    """Purge what is too old now and then, until cancelled.

    What waits, is dead or in quarantine stays, however old; whatever fails is tried again.
    Where profiles are kept, `count` adds to them what the events tell before they go.
    """
    log = structlog.get_logger()
    wait = first
    while True:
        await asyncio.sleep(wait.total_seconds())
        wait = every
        try:
            if count:
                await count()
            removed = await inbox.purge_old(before=now() - keep, keep_uncounted=count is not None)
            await inbox.purge_operation(now=now())
        except StoreUnavailable as error:
            log.warning("retention.failed", reason=str(error))
        except Exception:  # a defect of this must not be the end of it
            log.exception("retention.failed")
        else:
            if removed:
                log.info(
                    "retention.purged", events=removed, older_than_days=keep / timedelta(days=1)
                )
