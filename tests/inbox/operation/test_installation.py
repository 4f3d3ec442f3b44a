"""The secret of an installation."""

from __future__ import annotations

import asyncio

import pytest

from tests.inbox.store import open_inbox


def test_the_key_of_the_log_survives_restarts(store_url: str) -> None:
    """It is made once, whoever asks at the same time, and is the same in every process of the
    store.
    """

    async def keys() -> set[bytes]:
        async with open_inbox(store_url) as inbox:
            return set(await asyncio.gather(*(inbox.log_key() for _ in range(4))))

    first = asyncio.run(keys())
    assert [len(key) for key in first] == [32]
    assert asyncio.run(keys()) == first


def test_each_installation_has_a_key_of_its_own(
    store_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """So that what is known of one log helps nobody with another."""

    async def key(url: str) -> bytes:
        async with open_inbox(url) as inbox:
            return await inbox.log_key()

    assert asyncio.run(key(store_url)) != asyncio.run(
        key("sqlite:///" + str(tmp_path_factory.mktemp("other") / "store.db"))
    )
