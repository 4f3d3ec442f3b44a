"""The files of a SQLite store are deleted or replaced under a running gateway."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from receiver.inbox import Inbox, StoreUnavailable
from tests.inbox.store import NOW, new, open_inbox, rows


def delete(path: Path) -> None:
    path.unlink()


def replace(path: Path) -> None:
    shutil.copy(path, path.with_name("copy"))
    path.with_name("copy").replace(path)


async def refusal(inbox: Inbox) -> str:
    """Why an event is not taken; it is tried until then, since the files are looked at once a
    second only.
    """
    async with asyncio.timeout(20):
        for number in range(100_000):
            try:
                await inbox.accept(new(f"after {number}"))
            except StoreUnavailable as error:
                return str(error)
            await asyncio.sleep(0.05)
    raise AssertionError


@pytest.mark.parametrize("harm", [delete, replace])
@pytest.mark.parametrize(
    ("ending", "remedy"),
    [
        ("", "restore a backup"),
        ("-wal", "restart the gateway; what it has accepted is in the database"),
        (".lock", "another process may have opened the store"),
    ],
)
def test_a_file_that_is_gone_is_told(
    sqlite_url: str, tmp_path: Path, ending: str, remedy: str, harm: Callable[[Path], None]
) -> None:
    """Events are refused, the gateway is not ready, and both say which file it is and what to
    do.
    """

    async def main() -> None:
        inbox = await Inbox.open(sqlite_url, dedup_hours=24)
        try:
            await inbox.accept(new("before"))
            await inbox.check_writable(NOW)
            harm(tmp_path / f"store.db{ending}")
            told = await refusal(inbox)
            assert told.startswith(
                f"{tmp_path}/store.db{ending} was deleted or replaced under the running gateway"
            )
            assert remedy in told
            with pytest.raises(StoreUnavailable, match="was deleted or replaced"):
                await inbox.check_writable(NOW + timedelta(seconds=5))
        finally:
            await inbox.aclose()

    asyncio.run(main())


def test_a_lost_write_ahead_log_loses_nothing(sqlite_url: str, tmp_path: Path) -> None:
    """As soon as it is noticed, what is in it is brought into the database, so that even killing
    the gateway would lose nothing.
    """

    async def main() -> None:
        inbox = await Inbox.open(sqlite_url, dedup_hours=24)
        try:
            kept = await inbox.accept(new("before"))
            (tmp_path / "store.db-wal").unlink()
            await refusal(inbox)
            shutil.copy(tmp_path / "store.db", tmp_path / "as-after-a-kill.db")
            assert (kept.id,) in rows(
                f"sqlite:///{tmp_path}/as-after-a-kill.db", "SELECT id FROM event"
            )
        finally:
            await inbox.aclose()

    asyncio.run(main())


def test_a_file_that_comes_back_is_taken_again(sqlite_url: str, tmp_path: Path) -> None:
    """Moved away and back it is the same file: nothing was lost, so nothing has to be restarted."""

    async def main() -> None:
        async with open_inbox(sqlite_url) as inbox:
            before = await inbox.accept(new("before"))
            (tmp_path / "store.db").rename(tmp_path / "elsewhere")
            await refusal(inbox)
            (tmp_path / "elsewhere").rename(tmp_path / "store.db")
            async with asyncio.timeout(20):
                while (after := await accepted_at_last(inbox)) is None:
                    await asyncio.sleep(0.05)
        assert {(before.id,), (after,)} <= set(rows(sqlite_url, "SELECT id FROM event"))

    asyncio.run(main())


async def accepted_at_last(inbox: Inbox) -> str | None:
    try:
        return (await inbox.accept(new("at last"))).id
    except StoreUnavailable:
        return None
