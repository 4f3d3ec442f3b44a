"""The sandbox's file: shared by processes, safe from their end, and never somebody else's."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from connectors.base import Misconfigured, Page, Saved, Unavailable
from connectors.sandbox import SandboxConnector
from tests.connectors.sandbox.opening import contact, in_sandbox

WRITER = """
import asyncio, sys
from pathlib import Path
from tests.connectors.sandbox.opening import contact, in_sandbox

async def use(crm):
    for turn in range(int(sys.argv[2])):
        await crm.upsert("contact", [contact(f"n{number}", turn=turn) for number in range(20)])
        print(turn, flush=True)

in_sandbox(Path(sys.argv[1]), use)
"""


def writer(directory: Path, turns: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(directory), str(turns)],
        stdout=subprocess.PIPE,
        text=True,
    )


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    """It holds people's data: nobody else may read it, whatever the process's mask, nor the journal
    beside it.
    """
    found: set[int] = set()

    def modes() -> set[int]:
        return {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}

    async def use(crm: SandboxConnector) -> None:
        await crm.upsert("contact", [contact("ada")])
        found.update(await asyncio.to_thread(modes))

    before = os.umask(0)
    try:
        in_sandbox(tmp_path, use)
    finally:
        os.umask(before)
    assert found == {0o600}


def test_processes_share_a_file(tmp_path: Path) -> None:
    """Four processes that begin at once on a new file lose no write and double no record, and it
    can be read meanwhile.
    """

    async def page(crm: SandboxConnector) -> Page:
        return await crm.records("contact", 100)

    processes = [writer(tmp_path, 50) for _ in range(4)]
    with ThreadPoolExecutor(1) as reader:
        reading = reader.submit(in_sandbox, tmp_path, page)
        for process in processes:
            process.communicate(timeout=60)
        reading.result(timeout=60)
    assert [process.returncode for process in processes] == [0] * 4
    entries = in_sandbox(tmp_path, page).items
    assert sorted(entry.key for entry in entries) == sorted(
        f"n{number}@example.test" for number in range(20)
    )
    assert {entry.writes for entry in entries} == {4 * 50}


def test_a_killed_process_leaves_whole_batches(tmp_path: Path) -> None:
    """What was answered is there after kill -9, a batch is there whole or not at all, and repeating
    it doubles nothing.
    """
    with writer(tmp_path, 1_000_000) as process:
        assert process.stdout is not None
        turns = iter(process.stdout)
        answered = next(turn for turn in map(int, turns) if turn > 30)
        process.kill()
        answered = max([answered, *map(int, turns)])

    async def repeat(crm: SandboxConnector) -> None:
        before = (await crm.records("contact", 100)).items
        assert len(before) == 20
        (writes,) = {entry.writes for entry in before}
        assert writes in {answered + 1, answered + 2}
        outcomes = await crm.upsert("contact", [contact(f"n{number}") for number in range(20)])
        known = [one.id for one in outcomes if isinstance(one, Saved) and not one.created]
        assert {entry.id for entry in before} == set(known)

    in_sandbox(tmp_path, repeat)


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    """A path that names the gateway's own store, say, is a fault, and the file stays as it was."""
    path = tmp_path / "other.db"
    other = sqlite3.connect(path)
    other.execute("PRAGMA journal_mode = WAL")
    other.execute("CREATE TABLE precious (id INTEGER)")
    other.commit()
    other.close()
    before = path.read_bytes()

    async def use(crm: SandboxConnector) -> None:
        with pytest.raises(Misconfigured, match="another program's database"):
            await crm.upsert("contact", [contact("ada")])

    in_sandbox(tmp_path, use, path="other.db")
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "content", [b"no database, but long enough to be read as one" * 100, b"short"]
)
def test_a_file_that_is_no_database_is_a_fault(content: bytes, tmp_path: Path) -> None:
    """The error names the file and what to do."""
    (tmp_path / "notes.txt").write_bytes(content)

    async def use(crm: SandboxConnector) -> None:
        with pytest.raises(
            Misconfigured, match=r"notes\.txt: file is not a database; see that `path`"
        ):
            await crm.upsert("contact", [contact("ada")])

    in_sandbox(tmp_path, use, path="notes.txt")
    assert (tmp_path / "notes.txt").read_bytes() == content


def test_a_locked_file_is_unavailable_and_then_works(tmp_path: Path) -> None:
    """Somebody who holds the lock too long makes calls fail for now; the next one goes through."""

    async def use(crm: SandboxConnector) -> None:
        await crm.upsert("contact", [contact("ada")])
        holder = sqlite3.connect(tmp_path / "sandbox-crm.db", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="database is locked"):
            await crm.upsert("contact", [contact("bob")])
        holder.execute("ROLLBACK")
        holder.close()
        await crm.upsert("contact", [contact("bob")])
        assert await crm.objects() == {"contact": 2}

    in_sandbox(tmp_path, use, timeout=0.1)


def test_a_file_removed_while_in_use_begins_anew(tmp_path: Path) -> None:
    """Deleting the file empties the sandbox, also of a running gateway: one call fails for now, the
    next begins a new file.
    """

    async def use(crm: SandboxConnector) -> None:
        await crm.upsert("contact", [contact("ada")])
        (tmp_path / "sandbox-crm.db").unlink()
        with pytest.raises(Unavailable, match="was moved or removed"):
            await crm.upsert("contact", [contact("bob")])
        await crm.upsert("contact", [contact("bob")])
        assert await crm.objects() == {"contact": 1}

    in_sandbox(tmp_path, use)


def test_a_full_disk_is_unavailable_and_loses_nothing(tmp_path: Path) -> None:
    """A batch that finds no room is not there by half, and goes through once there is room
    again.
    """

    async def use(crm: SandboxConnector) -> None:
        await crm.upsert("contact", [contact("ada")])
        big = [contact(f"n{number}", text="x" * 60_000) for number in range(20)]
        assert crm._store._connection is not None  # noqa: SLF001
        # as good as a full disk
        crm._store._connection.execute("PRAGMA max_page_count = 20")  # noqa: SLF001
        with pytest.raises(Unavailable, match="database or disk is full"):
            await crm.upsert("contact", big)
        assert await crm.objects() == {"contact": 1}
        await crm.upsert("contact", big)
        assert await crm.objects() == {"contact": 21}

    in_sandbox(tmp_path, use)


def test_calls_wait_for_their_turn(tmp_path: Path) -> None:
    """Calls at once, as a dispatcher makes them, are written one after the other, with reads
    between.
    """

    async def use(crm: SandboxConnector) -> None:
        writes = [
            crm.upsert("contact", [contact(f"n{number}", turn=turn) for number in range(100)])
            for turn in range(8)
        ]
        await asyncio.gather(*writes, *(crm.records("contact", 10) for _ in range(8)))
        assert {entry.writes for entry in (await crm.records("contact", 100)).items} == {8}

    in_sandbox(tmp_path, use)
