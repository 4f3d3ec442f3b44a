"""What needs attention as a file."""

from __future__ import annotations

import asyncio
import json

from receiver.console.views.group_download import write_groups
from receiver.inbox import Inbox
from tests.inbox.store import faulty, stored

MANY = 501  # more than are written as one piece


@stored
async def test_every_group_is_in_the_file_once(inbox: Inbox) -> None:
    """In the order that the page has, however many pieces it is sent in."""
    await asyncio.gather(
        *(inbox.accept(faulty(str(number), ("id", f"{number} is wrong"))) for number in range(MANY))
    )
    pieces = [piece async for piece in write_groups(inbox, "newest", "json")]
    written = [json.loads(line)["id"] for line in "".join(pieces).splitlines()]
    _, quarantined = await inbox.list_groups(most=MANY, by="newest")
    assert len(pieces) > 1
    assert written == [one.id for one in quarantined]
    assert len(set(written)) == MANY


@stored
async def test_a_file_that_is_cut_says_so_in_its_last_line(inbox: Inbox) -> None:
    """One that has all groups says nothing of it."""
    for number in range(3):
        await inbox.accept(faulty(str(number), ("id", f"{number} is wrong")))
    for kind in ("csv", "json"):
        cut, whole = [
            "".join([piece async for piece in write_groups(inbox, "newest", kind, most=most)])
            for most in (2, 3)
        ]
        assert "cut behind the newest 2 of each kind" in cut.splitlines()[-1], kind
        assert [cut.count(f"{number} is wrong") for number in range(3)] == [0, 1, 1], kind
        assert "cut behind" not in whole, kind
        assert whole.count(" is wrong") == 3, kind
