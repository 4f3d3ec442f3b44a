"""A SQLite store moved to PostgreSQL."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import Table, create_engine, select

from receiver.inbox import Inbox, StoreLocked
from receiver.inbox.db.tables import metadata
from receiver.inbox.transfer.move import MoveFault, move_store
from tests.inbox.store import (
    ANN,
    BEN,
    NOW,
    delivered,
    faulty,
    new,
    open_inbox,
    rows,
    seconds,
    settle,
    take_ready,
)


async def fill(inbox: Inbox) -> None:
    """Events, people, deliveries that are through and that wait, quarantine, an erased person."""
    for number in range(25):
        await inbox.accept(new(f"{number} ü \U0001f600", ANN, BEN, at=NOW + seconds(number)))
    await inbox.accept(faulty("{", ("body", "is no JSON")))
    for lane in await take_ready(inbox, at=NOW + seconds(60)):
        await settle(inbox, [delivered(lane)], now=NOW)
    await inbox.accept(new("late", BEN))
    await inbox.erase_person(ANN)


def test_every_row_arrives(sqlite_url: str, postgresql_url: str) -> None:
    """And the gateway goes on there: what waits is due, new numbers follow the old ones."""

    async def main() -> None:
        async with open_inbox(sqlite_url) as inbox:
            await fill(inbox)
        told: dict[str, int] = {}
        moved = await asyncio.to_thread(
            move_store,
            sqlite_url,
            postgresql_url,
            lambda table, rows: told.update({table: told.get(table, 0) + rows}),
        )
        assert {table.name: table.rows for table in moved} == dict.fromkeys(
            metadata.tables, 0
        ) | told
        assert told["event"] > 20
        for table in metadata.sorted_tables:
            assert contents(sqlite_url, table) == contents(postgresql_url, table)
        last = max(row[0] for row in rows(sqlite_url, "SELECT seq FROM sqlite_sequence"))
        async with open_inbox(postgresql_url) as inbox:
            (queue,) = await inbox.list_queues("crm", limit=9, busy=(), now=NOW + seconds(99))
            assert len(queue.due) == 1
            await inbox.accept(new("newer", "new@example.edu"))
        assert rows(postgresql_url, f"SELECT count(*) FROM delivery WHERE id > {last}") == [(1,)]

    asyncio.run(main())


def test_a_target_that_is_used_stays_as_it_is(sqlite_url: str, postgresql_url: str) -> None:
    """So does one whose source is in use."""

    async def main() -> None:
        async with open_inbox(sqlite_url) as inbox:
            await fill(inbox)
            with pytest.raises(StoreLocked):
                await asyncio.to_thread(move_store, sqlite_url, postgresql_url)
        async with open_inbox(postgresql_url) as inbox:
            await inbox.accept(new("there"))
        with pytest.raises(MoveFault, match="holds data already, in delivery, event"):
            await asyncio.to_thread(move_store, sqlite_url, postgresql_url)
        assert rows(postgresql_url, "SELECT count(*) FROM event") == [(1,)]

    asyncio.run(main())


def contents(url: str, table: Table) -> list[dict[str, Any]]:
    """All rows, in the order of the key."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        found = connection.execute(select(table).order_by(*table.primary_key.columns)).mappings()
        all_rows = [dict(row) for row in found]
    engine.dispose()
    return all_rows
