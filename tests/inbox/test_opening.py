"""Opening a store: one owner for a SQLite file, and clear words where it cannot be opened."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from receiver.inbox import Inbox, StoreLocked, StoreUnavailable
from tests.inbox.store import NOW, new, open_inbox

HOLD = """
import asyncio, sys
from receiver.inbox import Inbox

async def main():
    inbox = await Inbox.open(sys.argv[1], dedup_hours=24)
    print("open", flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


def test_a_second_process_is_told_who_owns_the_file(sqlite_url: str, tmp_path: Path) -> None:
    """Its number, and what to do; once that process is gone, even by kill -9, the file can be opened."""
    owner = subprocess.Popen([sys.executable, "-c", HOLD, sqlite_url], stdout=subprocess.PIPE, text=True)
    assert owner.stdout
    assert owner.stdout.readline() == "open\n"
    with pytest.raises(StoreLocked, match=rf"store\.db is in use by process {owner.pid} on .* admin API"):
        asyncio.run(Inbox.open(sqlite_url, dedup_hours=24))
    owner.send_signal(signal.SIGKILL)
    owner.communicate()

    async def main() -> None:
        async with open_inbox(sqlite_url) as inbox:
            await inbox.accept(new("a"))
            assert f"process {os.getpid()}" in (tmp_path / "store.db.lock").read_text()
            with pytest.raises(StoreLocked):
                await Inbox.open(sqlite_url, dedup_hours=24)
        assert (tmp_path / "store.db.lock").read_text() == ""

    asyncio.run(main())


def test_the_file_is_its_owners_alone(sqlite_url: str, tmp_path: Path) -> None:
    """It holds personal data: no one else may read the database or its log."""

    def modes() -> set[int]:
        return {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("store.db*")}

    async def main() -> None:
        async with open_inbox(sqlite_url) as inbox:
            await inbox.accept(new("a"))
            assert modes() == {0o600}

    asyncio.run(main())


def test_closing_leaves_one_file(sqlite_url: str, tmp_path: Path) -> None:
    """SQLite's log is back in the database, so that copying the one file copies all."""

    async def main() -> None:
        async with open_inbox(sqlite_url) as inbox:
            await inbox.accept(new("a"))
            await inbox.status(now=NOW)

    asyncio.run(main())
    assert {path.name for path in tmp_path.iterdir()} == {"store.db", "store.db.lock"}


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite://", "the store is a file"),
        ("sqlite:///:memory:", "the store is a file"),
        ("sqlite:////no/such/directory/store.db", r"/no/such/directory/store\.db: No such file or directory"),
        ("mysql://localhost/x", "mysql: the store is SQLite"),
        ("store.db", "no database URL"),
        ("postgresql://someone:secret@127.0.0.1:1/x", r"someone:\*\*\*@127\.0\.0\.1:1/x: the store is not available: .*refused"),
    ],
)
def test_what_cannot_be_opened_is_explained(url: str, words: str) -> None:
    """By what was wrong and what would be right; never with the password."""
    with pytest.raises(StoreUnavailable, match=words) as raised:
        asyncio.run(Inbox.open(url, dedup_hours=24))
    assert "secret" not in str(raised.value)


def test_a_file_that_is_no_database(sqlite_url: str, tmp_path: Path) -> None:
    """Is left as it is."""
    (tmp_path / "store.db").write_text("a letter to the headmaster, longer than a header\n" * 10)
    with pytest.raises(StoreUnavailable, match="not a database"):
        asyncio.run(Inbox.open(sqlite_url, dedup_hours=24))
    assert (tmp_path / "store.db").read_text().startswith("a letter")


def test_opening_again_and_again(store_url: str) -> None:
    """Nothing is left behind by an open store that is closed: no thread, no connection, no lock."""

    async def main() -> None:
        for number in range(20):
            async with open_inbox(store_url) as inbox:
                assert (await inbox.accept(new("a"))).duplicate == (number > 0)

    asyncio.run(main())
