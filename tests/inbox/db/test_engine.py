"""Opening a store: one owner for a SQLite file, and clear words where it cannot be opened."""

from __future__ import annotations

import asyncio
import os
import re
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
    """Its number, and what to do; once that process is gone, even by kill -9, the file can be
    opened.
    """
    owner = subprocess.Popen(
        [sys.executable, "-c", HOLD, sqlite_url], stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout
    assert owner.stdout.readline() == "open\n"
    with pytest.raises(
        StoreLocked, match=rf"store\.db is in use by process {owner.pid} on .* admin API"
    ):
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


def name_again(store: Path, how: str) -> str:
    """Another name of the same file."""
    other = store.with_name("other.db")
    if how == "symbolic link":
        other.symlink_to(store.name)
    elif how == "hard link":
        other.hardlink_to(store)
    elif how == "linked directory":
        other = store.parent / "elsewhere" / store.name
        other.parent.symlink_to(store.parent)
    else:
        return f"sqlite:///{os.path.relpath(store)}"
    return f"sqlite:///{other}"


@pytest.mark.parametrize("how", ["symbolic link", "hard link", "linked directory", "relative path"])
def test_a_file_has_one_owner_whatever_it_is_called(
    sqlite_url: str, tmp_path: Path, how: str
) -> None:
    """Two processes on one file by two names are refused as by one, and the owner is named; it goes
    on undisturbed.
    """

    async def main() -> None:
        async with open_inbox(sqlite_url) as inbox:
            await inbox.accept(new("before"))
            url = name_again(tmp_path / "store.db", how)
            command = [sys.executable, "-c", HOLD, url]
            second = await asyncio.to_thread(
                subprocess.run, command, capture_output=True, text=True, check=False
            )
            assert second.stdout == ""
            assert re.search(
                rf"StoreLocked: .* is in use by process {os.getpid()}\b.* admin API", second.stderr
            )
            await inbox.accept(new("after"))
            await inbox.check_writable(NOW)

    asyncio.run(main())


def test_what_a_crash_left_beside_another_name_is_not_passed_over(
    sqlite_url: str, tmp_path: Path
) -> None:
    """SQLite's log stands beside one name; opened by another, what was answered would be missing,
    so that is refused in words.
    """
    owner = subprocess.Popen(
        [sys.executable, "-c", HOLD, sqlite_url], stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout
    assert owner.stdout.readline() == "open\n"
    owner.send_signal(signal.SIGKILL)
    owner.communicate()
    other = name_again(tmp_path / "store.db", "hard link")
    with pytest.raises(
        StoreUnavailable,
        match=r"store\.db-wal holds what was accepted by that name: open it as store\.db",
    ):
        asyncio.run(Inbox.open(other, dedup_hours=24))

    async def main() -> None:
        async with open_inbox(sqlite_url) as inbox:
            await inbox.check_writable(NOW)
        async with open_inbox(other) as inbox:
            await inbox.check_writable(NOW)

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
            await inbox.read_status(now=NOW)

    asyncio.run(main())
    assert {path.name for path in tmp_path.iterdir()} == {"store.db", "store.db.lock"}


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite://", "the store is a file"),
        ("sqlite:///:memory:", "the store is a file"),
        (
            "sqlite:////no/such/directory/store.db",
            r"/no/such/directory/store\.db: No such file or directory",
        ),
        ("mysql://localhost/x", "mysql: the store is SQLite"),
        ("store.db", "no database URL"),
        (
            "postgresql://someone:secret@127.0.0.1:1/x",
            r"someone:\*\*\*@127\.0\.0\.1:1/x: the store is not available: .*refused",
        ),
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
