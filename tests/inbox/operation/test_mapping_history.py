"""The mappings that were in force."""

from __future__ import annotations

import asyncio
import contextlib

from receiver.inbox import CallReader
from receiver.inbox.operation.mapping_history import MOST_VERSIONS
from tests.inbox.store import NOW, open_inbox, seconds


def test_the_last_few_are_kept_with_their_times(sqlite_url: str) -> None:
    """The newest first, one that returns once more, and none twice in a row."""

    async def main() -> None:
        async with open_inbox(sqlite_url) as inbox:
            for at, toml in enumerate(("a", "a", "b", "b", "a")):
                await inbox.keep_mapping(toml, now=NOW + seconds(at))

    asyncio.run(main())
    with CallReader.open(sqlite_url) as reader:
        assert [(one.toml, one.since, one.until) for one in reader.mappings()] == [
            ("a", NOW + seconds(4), None),
            ("b", NOW + seconds(2), NOW + seconds(4)),
            ("a", NOW, NOW + seconds(2)),
        ]


def test_old_ones_are_forgotten(store_url: str) -> None:
    """As many as are of use."""

    async def main() -> None:
        async with open_inbox(store_url) as inbox:
            for number in range(MOST_VERSIONS + 5):
                await inbox.keep_mapping(f"mapping {number}", now=NOW)

    asyncio.run(main())
    with CallReader.open(store_url) as reader:
        kept = [one.toml for one in reader.mappings()]
    assert kept == [f"mapping {number}" for number in range(MOST_VERSIONS + 4, 4, -1)]


def test_processes_that_begin_at_once(store_url: str) -> None:
    """Several workers that take the same one over keep it once; of different ones none is lost."""

    async def main() -> None:
        async with open_inbox(store_url) as inbox, contextlib.AsyncExitStack() as stack:
            others = [
                await stack.enter_async_context(open_inbox(store_url))
                for _ in range(3 if inbox.is_shared else 0)
            ]
            same = (one.keep_mapping("first", now=NOW) for one in (inbox, *others))
            await asyncio.gather(*same)
            for turn in range(20):
                own = [(one, f"{turn}: of {n}") for n, one in enumerate((inbox, *others))]
                await asyncio.gather(*(one.keep_mapping(toml, now=NOW) for one, toml in own))
                with CallReader.open(store_url) as reader:
                    kept = [one.toml for one in reader.mappings()]
                assert turn or kept[-1] == "first"
                assert sorted(kept[: len(own)]) == [toml for _, toml in own]
                assert len(set(kept)) == len(kept)

    asyncio.run(main())
