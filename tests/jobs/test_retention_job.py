"""What is old and done goes, by itself."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from receiver.inbox import AuditFilter, Inbox, Unknown
from receiver.jobs.retention_job import keep_purging
from tests.inbox.store import NOW, delivered, new, settle, take_one


def test_what_is_old_and_done_is_removed(tmp_path: Path) -> None:
    """A delivered event is gone once it is older than it is to be kept, and so is an entry of the
    audit; an event that waits stays; purging goes on.
    """

    async def main() -> None:
        inbox = await Inbox.open(f"sqlite:///{tmp_path}/inbox.db", dedup_hours=1)
        try:
            await inbox.add_audit_entry("dana", "replay", {}, "done", now=NOW - timedelta(days=400))
            done = await inbox.accept(new("done"))
            await settle(inbox, [delivered(await take_one(inbox))], now=NOW)
            waiting = await inbox.accept(new("waiting"))
            moment = timedelta(seconds=0.01)
            task = asyncio.create_task(
                keep_purging(
                    inbox,
                    timedelta(days=90),
                    lambda: NOW + timedelta(days=91),
                    first=moment,
                    every=moment,
                )
            )
            async with asyncio.timeout(20):
                while await _is_there(inbox, done.id) or await inbox.list_audit(AuditFilter()):
                    await asyncio.sleep(0.01)
            assert await _is_there(inbox, waiting.id)
            task.cancel()
        finally:
            await inbox.aclose()

    asyncio.run(main())


async def _is_there(inbox: Inbox, id: str) -> bool:
    try:
        await inbox.find_event(id)
    except Unknown:
        return False
    return True


def test_what_is_young_stays(tmp_path: Path) -> None:
    """Nothing is removed before its time."""

    async def main() -> None:
        inbox = await Inbox.open(f"sqlite:///{tmp_path}/inbox.db", dedup_hours=1)
        try:
            done = await inbox.accept(new("done", at=datetime.now(UTC)))
            await settle(
                inbox,
                [delivered(await take_one(inbox, at=datetime.now(UTC)))],
                now=datetime.now(UTC),
            )
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await keep_purging(
                        inbox,
                        timedelta(days=90),
                        lambda: datetime.now(UTC),
                        first=timedelta(0),
                        every=timedelta(seconds=0.01),
                    )
            assert await _is_there(inbox, done.id)
        finally:
            await inbox.aclose()

    asyncio.run(main())


def test_no_error_is_the_end_of_it(tmp_path: Path) -> None:
    """A purge that fails, for whatever reason, is logged with its traceback and tried again."""

    async def main() -> None:
        inbox = await Inbox.open(f"sqlite:///{tmp_path}/inbox.db", dedup_hours=1)
        looked = 0

        def now() -> datetime:
            nonlocal looked
            looked += 1
            raise OverflowError

        moment = timedelta(seconds=0.01)
        with capture_logs() as lines:
            task = asyncio.create_task(
                keep_purging(inbox, timedelta(days=90), now, first=moment, every=moment)
            )
            async with asyncio.timeout(20):
                while looked < 3:
                    await asyncio.sleep(0.01)
            task.cancel()
            await inbox.aclose()
        assert [(line["event"], line["exc_info"]) for line in lines][:2] == [
            ("retention.failed", True)
        ] * 2

    asyncio.run(main())
