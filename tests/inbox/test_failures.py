"""A full disk, a killed process, a lost server: nothing that was answered is lost, and the store
recovers by itself.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, Engine, event

from receiver.inbox import Inbox, StoreUnavailable
from tests.inbox.store import (
    ANN,
    NOW,
    bodies,
    check,
    delivered,
    new,
    open_inbox,
    rows,
    settle,
    stored,
    take_one,
    take_ready,
)

HEAVY = "x" * 20_000


async def until_it_works(call: Callable[[], Awaitable[object]]) -> None:
    """Repeat the call until it no longer raises StoreUnavailable."""
    for _ in range(1000):
        try:
            await call()
        except StoreUnavailable:
            await asyncio.sleep(0.01)
        else:
            return
    raise AssertionError("it never worked")


def test_a_full_database_recovers(sqlite_url: str) -> None:
    """Where the file may not grow, events are refused as StoreUnavailable, and accepted again once
    it may.
    """

    async def main() -> None:
        async with open_inbox(sqlite_url) as inbox:
            first = await inbox.accept(new("first"))
            # SQLite's own limit sits on the connection
            await inbox._writer.run_bare(_limit(300))  # noqa: SLF001
            results = await asyncio.gather(
                *(inbox.accept(new(f"{number} {HEAVY}")) for number in range(100)),
                return_exceptions=True,
            )
            assert all(isinstance(one, StoreUnavailable) for one in results)
            assert "full" in str(results[0])
            await inbox.check_writable(NOW)
            kept = await asyncio.gather(
                *(inbox.accept(new(f"{number} {HEAVY}")) for number in range(100))
            )
            assert not any(one.duplicate for one in kept)
            assert len({first.id, *(one.id for one in kept)}) == 101

    asyncio.run(main())


def _limit(pages: int) -> Callable[[object], None]:
    def limit(connection: object) -> None:
        driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[attr-defined]
        driver.execute(f"PRAGMA max_page_count = {pages}").close()

    return limit


FULL_DISK = """
import asyncio, resource, signal, sys
from datetime import timedelta
from receiver.inbox import Inbox, StoreUnavailable
from tests.inbox.store import NOW, new

async def main():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    inbox = await Inbox.open(sys.argv[1], dedup_hours=24)
    most, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, hard))
    kept, refused = [], 0
    for number in range(400):
        try:
            kept.append((await inbox.accept(new(f"{number} " + "x" * 20_000))).id)
        except StoreUnavailable:
            refused += 1
    try:
        await inbox.check_writable(NOW)
        raise SystemExit("the store lanes to be writable")
    except StoreUnavailable as error:
        print("not ready:", error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    await inbox.check_writable(NOW)
    for number in range(400):
        accepted = await inbox.accept(new(f"{number} " + "x" * 20_000))
        assert accepted.duplicate == (accepted.id in kept), number
    print("refused", refused, "kept", len(kept))
    await inbox.aclose()

asyncio.run(main())
"""


def test_a_full_disk_recovers(sqlite_url: str) -> None:
    """Where no file may grow any more, events are refused and `ready` says so; what was answered is
    there; then all goes on.
    """
    result = subprocess.run(
        [sys.executable, "-c", FULL_DISK, sqlite_url], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert "not ready: the store is not available" in result.stdout
    assert int(result.stdout.split("refused")[1].split()[0]) > 100
    check(sqlite_url)
    assert len(rows(sqlite_url, "SELECT id FROM event")) == 400


ACCEPTING = """
import asyncio, sys
from receiver.inbox import Inbox
from tests.inbox.store import new

async def accept(inbox, name):
    number = 0
    while True:
        kept = await inbox.accept(new(f"{name} {number}", f"{name}@example.edu"))
        sys.stdout.write(f"{kept.id} {name} {number}\\n")
        number += 1

async def main():
    inbox = await Inbox.open(sys.argv[1], dedup_hours=24)
    await asyncio.gather(*(accept(inbox, name) for name in range(32)))

asyncio.run(main())
"""


def test_a_killed_process_loses_nothing_that_it_answered(store_url: str) -> None:
    """Killed in the middle of accepting, three times: every event that was acknowledged is there,
    in order, with its delivery.
    """
    answered: list[list[str]] = []
    for _ in range(3):
        command = [sys.executable, "-u", "-c", ACCEPTING, store_url]
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path.cwd())},
        )
        assert process.stdout
        answered.extend(process.stdout.readline().split() for _ in range(700))
        process.send_signal(signal.SIGKILL)
        answered += [
            line.split() for line in process.stdout.read().splitlines() if line.count(" ") == 2
        ]
        process.wait()
        process.stdout.close()

    async def main() -> None:
        async with open_inbox(store_url) as inbox:
            lanes = {one.person_key: one for one in await take_ready(inbox)}
            for name in range(32):
                mine = [(id, number) for id, by, number in answered if by == f"{name}"]
                kept = [
                    (one.event_id, one.body.decode().split()[1])
                    for one in lanes[f"{name}@example.edu"].deliveries
                ]
                assert set(mine[:100]) <= set(kept) or lanes[f"{name}@example.edu"].capped

    check(store_url)
    stored_ids = {row.id for row in rows(store_url, "SELECT id FROM event")}
    assert {id for id, *_ in answered} <= stored_ids
    asyncio.run(main())


def terminate(url: str) -> int:
    """Cut all connections of others to this database; returns how many there were."""
    query = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = "
        "current_database() AND pid <> pg_backend_pid()"
    )
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query).fetchone()
        assert row
        return int(row[0])


def test_lost_connections_recover(postgresql_url: str) -> None:
    """After the server cut all connections, everything works at once: accept, look, settle,
    queries.
    """

    async def main() -> None:
        async with open_inbox(postgresql_url) as inbox:
            await inbox.accept(new("a"))
            await asyncio.gather(*(inbox.read_status(now=NOW) for _ in range(8)))
            assert terminate(postgresql_url) >= 2
            await inbox.accept(new("b"))
            await asyncio.gather(*(inbox.read_status(now=NOW) for _ in range(8)))
            taken = await take_one(inbox)
            assert bodies(taken) == ["a", "b"]
            terminate(postgresql_url)
            assert (await settle(inbox, [delivered(taken)], now=NOW)).delivered == 2
            terminate(postgresql_url)
            assert (
                await inbox.add_deliveries(
                    {taken.deliveries[0].event_id: [("other", ANN)]}, now=NOW
                )
                == 1
            )

    asyncio.run(main())


def test_whoever_is_beaten_tries_again(postgresql_url: str) -> None:
    """Where the server gives up a transaction in favour of another, as in a deadlock, it is
    repeated; an event is not refused for it.
    """
    beaten = 0

    def beat(
        _connection: Any, _cursor: Any, statement: str, values: Any, *_: Any
    ) -> tuple[str, Any]:
        nonlocal beaten
        if beaten or "INSERT INTO lane" not in statement:
            return statement, values
        beaten += 1
        return (
            "DO $$ BEGIN RAISE EXCEPTION 'beaten' USING ERRCODE = 'deadlock_detected'; END $$",
            (),
        )

    async def main() -> None:
        nonlocal beaten
        async with open_inbox(postgresql_url) as inbox:
            event.listen(Engine, "before_cursor_execute", beat, retval=True)
            kept = await inbox.accept(new("a"))
            assert (beaten, kept.duplicate, kept.deliveries) == (1, False, 1)
            beaten = 0
            assert await inbox.add_deliveries({kept.id: [("other", ANN)]}, now=NOW) == 1
            assert beaten == 1
            assert bodies(await take_one(inbox)) == ["a"]

    try:
        asyncio.run(main())
    finally:
        event.remove(Engine, "before_cursor_execute", beat)


@pytest.mark.parametrize("dedup_hours", [0, 24])
def test_a_commit_whose_answer_was_lost(store_url: str, dedup_hours: float) -> None:
    """The connection breaks just after the database has committed: the events are accepted, and
    there once.
    """
    left = 1

    def commit_and_break(connection: Connection) -> None:
        nonlocal left
        if left:
            left -= 1
            driver: Any = connection.connection.driver_connection
            driver.commit()
            driver.close()

    async def main() -> None:
        async with open_inbox(store_url, dedup_hours=dedup_hours) as inbox:
            event.listen(Engine, "commit", commit_and_break)
            kept = await asyncio.gather(*(inbox.accept(new(f"{number}")) for number in range(5)))
            assert left == 0
            assert [(one.duplicate, one.deliveries) for one in kept] == [(False, 1)] * 5
            assert bodies(await take_one(inbox)) == ["0", "1", "2", "3", "4"]

    try:
        asyncio.run(main())
    finally:
        event.remove(Engine, "commit", commit_and_break)


def test_connections_that_are_cut_all_the_time(postgresql_url: str) -> None:
    """Events are accepted or refused, and each that was accepted is there once, with its delivery,
    in order.
    """

    async def main() -> None:
        kept: list[str] = []
        async with open_inbox(postgresql_url) as inbox:
            done = False

            async def cut() -> None:
                while not done:
                    await asyncio.to_thread(terminate, postgresql_url)
                    await asyncio.sleep(0.02)

            cutting = asyncio.create_task(cut())
            for number in range(60):
                accepted = await asyncio.gather(
                    *(
                        _until_accepted(inbox, f"{number} {index}", f"learner{index}@example.edu")
                        for index in range(8)
                    )
                )
                kept += accepted
            done = True
            await cutting
            await until_it_works(lambda: inbox.check_writable(NOW))
            for one in await take_ready(inbox):
                numbers = [int(body.split()[0]) for body in bodies(one)]
                assert numbers == list(range(60))
        assert len(set(kept)) == 480

    asyncio.run(main())


async def _until_accepted(inbox: Inbox, content: str, person: str) -> str:
    while True:
        try:
            return (await inbox.accept(new(content, person))).id
        except StoreUnavailable:
            await asyncio.sleep(0.005)


@stored
async def test_a_store_that_is_closing_refuses(inbox: Inbox) -> None:
    """What was handed in before is kept; what comes after is refused as StoreUnavailable."""
    waiting = [inbox.accept(new(f"{number}")) for number in range(10)]
    await asyncio.sleep(0)
    await inbox.aclose()
    assert [one.duplicate for one in await asyncio.gather(*waiting)] == [False] * 10
    for call in (
        lambda: inbox.accept(new("late")),
        lambda: inbox.read_status(now=NOW),
        lambda: take_ready(inbox),
        lambda: inbox.check_writable(NOW),
    ):
        with pytest.raises(StoreUnavailable, match="closing"):
            await call()


@stored
async def test_more_than_fits_is_refused(inbox: Inbox) -> None:
    """Where events come faster than they can be written, those beyond 20,000 are refused instead of
    filling the memory.
    """
    results = await asyncio.gather(*(_accepted(inbox, number) for number in range(20_050)))
    assert results == [True] * 20_000 + [False] * 50


async def _accepted(inbox: Inbox, number: int) -> bool:
    try:
        await inbox.accept(new(f"{number}", connectors=()))
    except StoreUnavailable as error:
        assert "does not keep up" in str(error)  # noqa: PT017 - one of many
        return False
    return True


@stored
async def test_ready_asks_the_disk_once_a_second(inbox: Inbox) -> None:
    """A store that works is ready, however often it is asked."""
    for _ in range(100):
        await inbox.check_writable(NOW)


def test_a_file_that_cannot_be_written(sqlite_url: str, tmp_path: Path) -> None:
    """Another program that holds the file locked makes the store unavailable, until it lets go."""

    async def main() -> None:
        async with open_inbox(sqlite_url) as inbox:
            other = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreUnavailable, match="locked"):
                await inbox.accept(new("a"))
            other.execute("ROLLBACK")
            other.close()
            assert not (await inbox.accept(new("a"))).duplicate

    asyncio.run(main())
