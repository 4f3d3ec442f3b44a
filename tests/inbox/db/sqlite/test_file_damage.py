"""One damaged page of a SQLite file: it is told, remembered, and what does not need it goes on."""

from __future__ import annotations

import asyncio
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
import structlog

from receiver.inbox import Inbox, StoreDamaged, StoreUnavailable
from tests.damaged_file import damage_header, damage_page
from tests.inbox.store import NOW, new, open_inbox, rows

EVENTS = 600


@pytest.fixture
def filled(sqlite_url: str, tmp_path: Path) -> Path:
    """A closed store in which every table that is asked for has several pages."""

    async def main() -> None:
        async with open_inbox(sqlite_url) as inbox:
            await asyncio.gather(
                *(
                    inbox.accept(new(f"event {n:04}", f"person{n:04}@example.edu"))
                    for n in range(EVENTS)
                )
            )

    asyncio.run(main())
    return tmp_path / "store.db"


async def load_queues(inbox: Inbox) -> list[int]:
    """Load all that is ready, as a leader does, and return the lanes that could be."""
    loaded: list[int] = []
    while ids := [
        id
        for queue in await inbox.list_queues("crm", limit=100, busy=loaded, now=NOW)
        for id in queue.due
    ]:
        loaded += [lane.lane_id for lane in await inbox.load_lanes(ids, now=NOW)]
    return loaded


async def work(inbox: Inbox) -> None:
    """What a gateway does in turn: deliver, show, accept."""
    await load_queues(inbox)
    await inbox.read_status(now=NOW)
    posts = (inbox.accept(new(f"again {n:04}", f"person{n:04}@example.edu")) for n in range(EVENTS))
    await asyncio.gather(*posts, return_exceptions=True)


@pytest.mark.parametrize(
    "name", ["lane", "lane_due", "lane_person", "delivery", "delivery_lane", "event", "event_thing"]
)
def test_damage_is_told_in_words_and_remembered(sqlite_url: str, filled: Path, name: str) -> None:
    """Where it was met and what to do; `ready` says so from then on, also where the damage is not
    met again.
    """
    damage_page(filled, name)

    async def main() -> None:
        inbox = await Inbox.open(sqlite_url, dedup_hours=24)
        try:
            with suppress(StoreDamaged):
                await work(inbox)
            told = inbox.damage
            assert told
            assert told.startswith(
                f"{filled} is damaged (database disk image is malformed, seen in "
            )
            assert (
                name.split("_", maxsplit=1)[0]
                in told.split("seen in ")[1].split(")", maxsplit=1)[0]
            )
            for remedy in ("Stop the gateway", "copy store.db", ".clone NEW", "backup"):
                assert remedy in told
            for _ in range(2):
                with pytest.raises(StoreDamaged, match="is damaged"):
                    await inbox.check_writable(NOW)
        finally:
            await inbox.aclose()

    asyncio.run(main())


def test_damage_is_logged_once_for_each_place(sqlite_url: str, filled: Path) -> None:
    """However often it is met: a gateway meets it many times a second."""
    damage_page(filled, "delivery_state")

    async def main() -> None:
        inbox = await Inbox.open(sqlite_url, dedup_hours=24)
        for _ in range(5):
            with pytest.raises(StoreDamaged):
                await inbox.read_status(now=NOW)
        await inbox.aclose()

    with structlog.testing.capture_logs() as logs:
        asyncio.run(main())
    assert [line["event"] for line in logs].count("store.damaged") == 1


def test_what_does_not_need_the_page_is_kept_beside_what_does(
    sqlite_url: str, filled: Path
) -> None:
    """Events that share a commit with one that meets the damage are kept; that one is refused, not
    lost in silence.
    """
    damage_page(filled, "lane_person")  # its last leaf: the last people by name

    async def main() -> None:
        inbox = await Inbox.open(sqlite_url, dedup_hours=24)
        try:
            names = [f"person{number:04}@example.edu" for number in (0, EVENTS - 1, 1, 2)]
            posts = (inbox.accept(new(f"later {name}", name)) for name in names)
            outcomes = await asyncio.gather(*posts, return_exceptions=True)
            kept = [getattr(one, "id", None) for one in outcomes]
            assert isinstance(outcomes[1], StoreDamaged)
            assert all(kept[place] for place in (0, 2, 3)), outcomes
        finally:
            await inbox.aclose()
        stored = {id for (id,) in rows(sqlite_url, "SELECT id FROM event NOT INDEXED")}
        assert {id for id in kept if id} <= stored

    asyncio.run(main())


@pytest.mark.parametrize("name", ["event", "delivery", "lane", "delivery_lane"])
def test_what_lies_on_other_pages_is_still_delivered(
    sqlite_url: str, filled: Path, name: str
) -> None:
    """The leader gets each lane but those on the damaged page, and is not given these again and
    again.
    """
    damage_page(filled, name)

    async def main() -> None:
        inbox = await Inbox.open(sqlite_url, dedup_hours=24)
        try:
            assert EVENTS / 2 < len(await load_queues(inbox)) < EVENTS
            assert inbox.damage
        finally:
            await inbox.aclose()

    asyncio.run(main())


def test_the_remedy_works(sqlite_url: str, filled: Path, tmp_path: Path) -> None:
    """As the words say: what is recovered from the copy is a store again, and holds all but what
    lay on the page.
    """
    damage_page(filled, "event_thing")
    script = (
        'cp store.db COPY && sqlite3 COPY ".clone NEW" && mv NEW store.db && rm -f store.db-wal '
        "store.db-shm"
    )
    subprocess.run(["sh", "-ec", script], cwd=tmp_path, check=True)

    async def main() -> None:
        async with open_inbox(sqlite_url) as inbox:
            await inbox.check_writable(NOW)
            assert len(await load_queues(inbox)) == EVENTS

    asyncio.run(main())


def test_a_file_that_lost_its_header_is_told_at_the_start(sqlite_url: str, filled: Path) -> None:
    """With its name and what to do."""
    damage_header(filled)
    with pytest.raises(
        StoreUnavailable,
        match=r"store\.db is damaged \(file is not a database.*mend .store. url.*backup",
    ):
        asyncio.run(Inbox.open(sqlite_url, dedup_hours=24))
