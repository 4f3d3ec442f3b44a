"""The uses of tokens that a process remembers, and what the store then knows."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from receiver.inbox import Inbox, TokenUse
from receiver.jobs.token_use_log import TokenUseLog
from tests.inbox.store import NOW, seconds, stored


@stored
async def test_uses_are_known_at_once_and_written_soon(inbox: Inbox) -> None:
    """Who asks this process hears of a call at once, who asks another one once it is written."""
    here = TokenUseLog(inbox, b"key", every=timedelta(milliseconds=10))
    there = TokenUseLog(inbox, b"key")
    here.note(("north", "t"), NOW, kept=True)
    here.note(("north", "t"), NOW + seconds(1), kept=False)
    use = TokenUse("north", "t", NOW + seconds(1), NOW)
    assert await here.uses() == {("north", "t"): use}
    assert await there.uses() == {}
    writing = asyncio.create_task(here.run())
    async with asyncio.timeout(30):
        while await there.uses() != {("north", "t"): use}:
            await asyncio.sleep(0.01)
    writing.cancel()


@stored
async def test_an_earlier_use_here_hides_no_later_one_elsewhere(inbox: Inbox) -> None:
    """Of what this process has not written and another has, the later times are told."""
    here, there = TokenUseLog(inbox, b"key"), TokenUseLog(inbox, b"key")
    there.note(("north", "t"), NOW + seconds(5), kept=True)
    await there.flush()
    here.note(("north", "t"), NOW, kept=False)
    assert await here.uses() == await there.uses()


@stored
async def test_a_token_is_named_by_the_key_of_the_installation(inbox: Inbox) -> None:
    """The same everywhere in one installation, another in each; the token is not in it."""
    here, there, elsewhere = (TokenUseLog(inbox, key) for key in (b"a", b"a", b"b"))
    name = here.name_token("secret-of-the-school")
    assert name == there.name_token("secret-of-the-school")
    assert name != elsewhere.name_token("secret-of-the-school")
    assert name != here.name_token("secret-of-the-schoo")
    assert len(name) == 8
