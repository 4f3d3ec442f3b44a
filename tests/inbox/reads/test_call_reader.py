"""Stored calls in their order, read beside the gateway."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from receiver.facts import KnownFacts
from receiver.inbox import (
    CallReader,
    ConnectorState,
    CountedEvent,
    EventFilter,
    Inbox,
    StoreUnavailable,
)
from receiver.inbox.db.engine import open_read_only
from receiver.inbox.db.event_filter import ALL_EVENTS
from receiver.inbox.reads import call_reader
from tests.inbox.store import NOW, faulty, keep_state, new, open_inbox, seconds


async def fill(url: str, number: int) -> list[str]:
    """So many events, one second apart, with one in quarantine between them."""
    inbox = await Inbox.open(url, dedup_hours=24)
    made = [
        (await inbox.accept(new(f"body {at}", at=NOW + seconds(at), source=f"s{at % 2}"))).id
        for at in range(number)
    ]
    await inbox.accept(faulty("aside", at=NOW + seconds(1)))
    await keep_state(inbox, ConnectorState("crm", sizes={"deal": 7}))
    await inbox.aclose()
    return made


def read(reader: CallReader, chosen: EventFilter = ALL_EVENTS, *after: str) -> list[str]:
    return [one.id for page in reader.names(chosen, *after) for one in page]


def test_in_order_by_pages(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Oldest first, each once, whatever the pages and the bodies that fit into memory; what is in
    quarantine is counted, and not read.
    """
    monkeypatch.setattr(call_reader, "PAGE", 3)
    monkeypatch.setattr(call_reader, "MOST_BYTES", 13)
    made = asyncio.run(fill(store_url, 10))
    with CallReader.open(store_url) as reader:
        assert (read(reader), reader.count(ALL_EVENTS)) == (made, 11)
        assert [call.body for calls in reader.calls(made) for call in calls] == [
            f"body {at}".encode() for at in range(10)
        ]
        assert read(reader, EventFilter(source="s1")) == made[1::2]
        chosen = EventFilter(since=NOW + seconds(2), until=NOW + seconds(6))
        assert (read(reader, chosen), reader.count(chosen)) == (made[2:6], 4)
        newest = reader.before_newest(chosen, 3)
        assert (read(reader, chosen, newest), reader.count(chosen, newest)) == (made[3:6], 3)
        assert read(reader, chosen, reader.before_newest(chosen, 99)) == made[2:6]
        nothing = EventFilter(source="elsewhere")
        assert read(reader, nothing, reader.before_newest(nothing, 3)) == []
        assert reader.batch_sizes() == {"crm": {"deal": 7}}


def test_profiles_are_counted_source_by_source(store_url: str) -> None:
    """Once its history is marked, and all that is marked is counted."""

    async def start(*sources: str) -> None:
        async with open_inbox(store_url) as inbox:
            await inbox.start_counting(sources=sources, now=NOW)
            told = [CountedEvent(one, {}) for one in await inbox.list_uncounted()]
            await inbox.keep_facts([one for one in told if one.event.source != "s1"], now=NOW)

    asyncio.run(fill(store_url, 2))
    with CallReader.open(store_url) as reader:
        assert reader.counts_profiles([])
        assert not reader.counts_profiles(["s0"])
        asyncio.run(start("s0"))
        assert reader.counts_profiles(["s0"])
        assert not reader.counts_profiles(["s0", "s1"])
        asyncio.run(start("s0", "s1"))
        assert reader.counts_profiles(["s0"])
        assert not reader.counts_profiles(["s1"])


def test_more_people_than_a_statement_takes(
    store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few events for a whole school name more than PostgreSQL has parameters for."""
    asyncio.run(fill(store_url, 1))
    many = [f"p{number}@example.edu" for number in range(66_000)]
    with CallReader.open(store_url) as reader:
        assert reader.people(many) == {}
        monkeypatch.setattr(call_reader, "MOST_PEOPLE", 2)
        some = [("s0", one) for one in many[:5]]
        assert reader.facts(some) == dict.fromkeys(some, KnownFacts())


def test_beside_the_owner(sqlite_url: str) -> None:
    """While a gateway has the file, also what it accepts meanwhile; and nothing can be written."""

    async def beside() -> None:
        inbox = await Inbox.open(sqlite_url, dedup_hours=24)
        try:
            with CallReader.open(sqlite_url) as reader:
                first = (await inbox.accept(new("a"))).id
                assert read(reader) == [first]
                second = (await inbox.accept(new("b"))).id
                assert read(reader) == [first, second]
                with (
                    open_read_only(sqlite_url).connect() as connection,
                    pytest.raises(OperationalError, match="readonly"),
                ):
                    connection.exec_driver_sql("DELETE FROM event")
        finally:
            await inbox.aclose()

    asyncio.run(beside())


def test_there_must_be_a_store(tmp_path: Path) -> None:
    """To look is no reason to make one."""
    url = f"sqlite:///{tmp_path}/none.db"
    with pytest.raises(StoreUnavailable, match="nothing was ever received"), CallReader.open(url):
        pass
    assert list(tmp_path.iterdir()) == []
