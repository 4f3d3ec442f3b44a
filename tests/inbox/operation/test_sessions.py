"""Who is signed in is kept until it ends."""

from __future__ import annotations

from dataclasses import replace

from receiver.inbox import Inbox, KeptSession
from tests.inbox.store import NOW, seconds, stored

DANA = KeptSession("1", "dana", "digest", NOW, NOW, NOW + seconds(60))
OLAF = replace(DANA, id="2", operator="olaf", since=NOW + seconds(1), ends=NOW + seconds(90))


@stored
async def test_a_session_is_kept_used_and_ended(inbox: Inbox) -> None:
    """To end one that is not there does no harm, and is told."""
    await inbox.keep_session(DANA)
    assert await inbox.find_session("1") == DANA
    await inbox.touch_session("1", now=NOW + seconds(5))
    assert await inbox.find_session("1") == replace(DANA, used_at=NOW + seconds(5))
    assert await inbox.end_session("1")
    assert not await inbox.end_session("1")
    assert await inbox.find_session("1") is None


@stored
async def test_those_that_have_run_out_are_listed_no_more_and_removed(inbox: Inbox) -> None:
    """The newest first."""
    for one in (DANA, OLAF):
        await inbox.keep_session(one)
    assert list(await inbox.list_sessions(now=NOW)) == [OLAF, DANA]
    assert list(await inbox.list_sessions(now=NOW + seconds(60))) == [OLAF]
    await inbox.purge_operation(now=NOW + seconds(60))
    assert await inbox.find_session("1") is None
    assert await inbox.find_session("2") == OLAF
