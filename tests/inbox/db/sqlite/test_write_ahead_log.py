"""SQLite's write-ahead log beside somebody who reads on and on: it is told, bounded, and emptied
when they are gone.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import structlog
from sqlalchemy import text

from receiver.inbox import Inbox, StoreUnavailable
from receiver.inbox.db import engine
from tests.inbox.store import NOW, new, open_inbox, seconds

MB = 1024 * 1024
HEAVY = "x" * MB
MOST = 256  # MB: the least that may be set


@contextmanager
def endless_reader(file: Path) -> Iterator[sqlite3.Connection]:
    """Another program that has begun to read and does not end; until the block does."""
    connection = sqlite3.connect(file, isolation_level=None)
    try:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM event").fetchall()
        yield connection
    finally:
        connection.close()


async def fill(inbox: Inbox, enough: Callable[[], bool]) -> str | None:
    """Accept large events until there are enough of them, or one is refused: then why."""
    for number in range(2 * MOST):
        if enough():
            return None
        try:
            await inbox.accept(new(f"{number} {HEAVY}"))
        except StoreUnavailable as error:
            return str(error)
    raise AssertionError("neither enough nor refused")


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)


def test_it_is_told_and_emptied(sqlite_url: str, tmp_path: Path) -> None:
    """In words, once in the log; events are still taken.

    When the reader is gone it is emptied though nothing more is written.
    """
    log = tmp_path / "store.db-wal"

    async def main() -> None:
        inbox = await Inbox.open(sqlite_url, dedup_hours=24, max_wal_mb=MOST)
        try:
            await inbox.accept(new("before"))
            with endless_reader(tmp_path / "store.db"):
                assert await fill(inbox, lambda: inbox.long_log is not None) is None
                assert inbox.long_log
                assert inbox.long_log.startswith(f"{log} has grown to ")
                assert "in a transaction that does not end" in inbox.long_log
                assert "at 256 MB events will be refused" in inbox.long_log
                await inbox.check_writable(NOW)
                await inbox.accept(new("taken all the same"))
                assert inbox.log_bytes > MOST * MB / 8
            await until(lambda: log.stat().st_size < MB)
            await until(lambda: inbox.long_log is None)
        finally:
            await inbox.aclose()

    with structlog.testing.capture_logs() as lines:
        asyncio.run(main())
    assert [line["event"] for line in lines if line["event"].startswith("store.log")] == [
        "store.log_grows",
        "store.log_emptied",
    ]


def test_it_has_an_end(sqlite_url: str, tmp_path: Path) -> None:
    """At its bound events are refused and the gateway is not ready, in the same words; both end by
    themselves after the reader.
    """

    async def main() -> None:
        async with open_inbox(sqlite_url, max_wal_mb=MOST) as inbox:
            await inbox.accept(new("before"))
            with endless_reader(tmp_path / "store.db"):
                told = await fill(inbox, lambda: False)
                assert told
                assert "events are refused until then" in told
                with pytest.raises(StoreUnavailable, match="events are refused until then"):
                    await inbox.check_writable(NOW + seconds(5))
                size = (tmp_path / "store.db-wal").stat().st_size
                assert MOST * MB <= size < 1.5 * MOST * MB
            await until(lambda: inbox.long_log is None)
            await inbox.accept(new("after"))
            await inbox.check_writable(NOW + seconds(10))

    asyncio.run(main())


def test_what_writes_much_alone_is_no_reader(sqlite_url: str, tmp_path: Path) -> None:
    """However much comes at once: nothing is told, and the log is cut again."""

    async def main() -> None:
        async with open_inbox(sqlite_url, max_wal_mb=MOST) as inbox:
            for number in range(3):
                await asyncio.gather(
                    *(inbox.accept(new(f"{number} {each} {HEAVY}")) for each in range(100))
                )
                assert inbox.long_log is None
            await until(lambda: (tmp_path / "store.db-wal").stat().st_size <= MOST * MB / 8)

    asyncio.run(main())


FOREVER = (
    "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number) SELECT count(*) "
    "FROM number"
)


def test_our_own_reads_end(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A question that takes too long is refused in words, and its connection answers the next
    one.
    """
    monkeypatch.setattr(engine, "LONGEST_READ", 0.2)

    async def main() -> None:
        async with open_inbox(sqlite_url) as inbox:
            for _ in range(4):
                with pytest.raises(
                    StoreUnavailable, match="would be read for too long; ask for less"
                ):
                    await inbox._read(  # noqa: SLF001 - no read of its own takes so long
                        lambda transaction: transaction.connection.scalar(text(FOREVER))
                    )
                assert (await inbox.read_status(now=NOW)).pending == 0

    asyncio.run(main())
