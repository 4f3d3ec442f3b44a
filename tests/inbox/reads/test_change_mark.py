"""Whether anything happened since the last look."""

from __future__ import annotations

from receiver.inbox import Inbox
from tests.inbox.store import NOW, new, stored


@stored
async def test_it_moves_with_what_comes(inbox: Inbox) -> None:
    """It is the same until something is stored."""
    empty = await inbox.read_change_mark()
    assert await inbox.read_change_mark() == empty
    id = (await inbox.accept(new("a"))).id
    came = await inbox.read_change_mark()
    assert (came.event, came.delivery > empty.delivery) == (id, True)
    await inbox.add_audit_entry("dana", "replay", {}, "begun", now=NOW)
    assert (await inbox.read_change_mark()).act > came.act
