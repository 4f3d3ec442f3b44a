"""A copy of a SQLite store, and its way back into the store's place."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest

from receiver.inbox import AuditFilter, Inbox, StoreLocked
from receiver.inbox.transfer.backup import (
    BackupFault,
    back_up,
    check_backup,
    restore,
    store_file,
)
from tests.inbox.store import NOW, delivered, new, open_inbox, seconds, settle, take_one


def run(store: Path, work: Callable[[Inbox], Awaitable[object]]) -> None:
    async def main() -> None:
        async with open_inbox(f"sqlite:///{store}") as inbox:
            await work(inbox)

    asyncio.run(main())


def test_a_store_in_use_is_copied_as_it_is_at_one_moment(tmp_path: Path) -> None:
    """What was committed is in the copy, also from the write-ahead log; the copy is one file."""
    store, copy = tmp_path / "store.db", tmp_path / "copy.db"

    async def work(inbox: Inbox) -> None:
        await inbox.accept(new("1", connectors=("crm", "other")))
        content = await asyncio.to_thread(back_up, store, copy)
        assert (content.events, content.pending, content.newest) == (1, 2, NOW)
        assert content.connectors == ("crm", "other")
        await inbox.accept(new("2"))

    run(store, work)
    assert check_backup(copy).events == 1
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.glob("copy*")) == ["copy.db"]


def test_no_file_is_lost_or_left_half_made(tmp_path: Path) -> None:
    """A name that is taken, a store that is not there, one that is no store, a place that is not
    there.
    """
    store, copy = tmp_path / "store.db", tmp_path / "copy.db"
    with pytest.raises(BackupFault, match="no store at"):
        back_up(store, copy)
    store.write_bytes(b"this is no database at all, " * 100)
    with pytest.raises(BackupFault, match="cannot be copied: file is not a database"):
        back_up(store, copy)
    assert [path.name for path in tmp_path.iterdir()] == ["store.db"]
    with pytest.raises(BackupFault, match="No such file or directory"):
        back_up(store, tmp_path / "missing" / "copy.db")
    copy.write_text("mine")
    with pytest.raises(BackupFault, match="exists"):
        back_up(store, copy)
    assert copy.read_text() == "mine"


def test_a_restored_store_goes_on_from_the_copy(tmp_path: Path) -> None:
    """The former one stays beside it; what waited in the copy is not delivered before an operator
    says so.
    """
    store, copy = tmp_path / "store.db", tmp_path / "copy.db"

    async def first(inbox: Inbox) -> None:
        await inbox.accept(new("1"))
        await asyncio.to_thread(back_up, store, copy)
        await settle(inbox, [delivered(await take_one(inbox))], now=NOW)
        await inbox.accept(new("2", connectors=("other",)))

    async def restored(inbox: Inbox) -> None:
        (queue,) = await inbox.list_queues("crm", limit=9, busy=(), now=NOW + seconds(9))
        assert queue.due == ()
        state = (await inbox.find_states())["crm"]
        assert state.paused == "operator"
        assert "restored from a backup: what came after 2026-05-04 12:00 UTC" in state.reason
        assert "other" not in await inbox.find_states()
        assert (await inbox.read_status((), now=NOW)).pending == 1
        (entry,) = await inbox.list_audit(AuditFilter(), limit=9)
        assert (entry.who, entry.what, entry.outcome) == ("ann", "restore", "done")
        assert entry.about == {"since": "2026-05-04 12:00 UTC"}

    run(store, first)
    done = restore(copy, store, who="ann", now=NOW)
    assert done.aside == tmp_path / "store.db.before-20260504T120000"
    assert check_backup(done.aside).events == 2
    run(store, restored)
    assert copy.exists()


def test_a_store_that_is_gone_is_restored(tmp_path: Path) -> None:
    """Nothing is set aside, not even an empty file."""
    store, copy = tmp_path / "store.db", tmp_path / "copy.db"
    run(store, lambda inbox: inbox.accept(new("1")))
    back_up(store, copy)
    store.unlink()
    assert restore(copy, store, who="ann", now=NOW).aside is None
    assert check_backup(store).events == 1


def test_the_log_of_a_store_that_is_gone_is_not_read_into_the_copy(tmp_path: Path) -> None:
    """A crash leaves it, and a file that was removed by hand does not take it along."""
    store, copy = tmp_path / "store.db", tmp_path / "copy.db"

    async def work(inbox: Inbox) -> None:
        await inbox.accept(new("1"))
        await asyncio.to_thread(back_up, store, copy)
        await inbox.accept(new("2"))
        log.write_bytes((tmp_path / "store.db-wal").read_bytes())

    log = tmp_path / "log"
    run(store, work)
    store.unlink()
    log.rename(tmp_path / "store.db-wal")
    done = restore(copy, store, who="ann", now=NOW)
    assert check_backup(store).events == 1
    assert done.aside
    assert [path.name for path in tmp_path.glob("*-wal")] == [f"{done.aside.name}-wal"]


def test_a_restore_that_cannot_be_changes_nothing(tmp_path: Path) -> None:
    """While a gateway has the store, of a damaged copy, and of one by a newer version."""
    store, copy = tmp_path / "store.db", tmp_path / "copy.db"

    async def work(inbox: Inbox) -> None:
        await inbox.accept(new("1"))
        await asyncio.to_thread(back_up, store, copy)
        with pytest.raises(StoreLocked):
            await asyncio.to_thread(restore, copy, store, who="ann", now=NOW)

    run(store, work)
    before = sorted(path.name for path in tmp_path.iterdir())
    newer = tmp_path / "newer.db"
    newer.write_bytes(copy.read_bytes())
    with closing(sqlite3.connect(newer)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(BackupFault, match="a newer version of this program"):
        restore(newer, store, who="ann", now=NOW)
    broken = tmp_path / "broken.db"
    content = bytearray(copy.read_bytes())
    content[4096 * 3 : 4096 * 8] = b"\xff" * (4096 * 5)
    broken.write_bytes(content)
    with pytest.raises(BackupFault, match="is damaged"):
        restore(broken, store, who="ann", now=NOW)
    with pytest.raises(BackupFault, match="there is no file"):
        restore(tmp_path / "no.db", store, who="ann", now=NOW)
    for path in (newer, broken):
        path.unlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert check_backup(store).events == 1


def test_postgresql_has_its_own(tmp_path: Path) -> None:
    """A file is told from a server."""
    assert store_file(f"sqlite:///{tmp_path}/a.db?x=1") == tmp_path / "a.db"
    with pytest.raises(BackupFault, match="pg_dump"):
        store_file("postgresql://user@host/database")
