"""Search in what came, on both databases."""

from __future__ import annotations

import pytest

from receiver.inbox import Inbox
from receiver.inbox.reads import text_search
from tests.inbox.store import ANN, new, stored


async def kept(inbox: Inbox, body: bytes) -> str:
    """The id of an event with this body."""
    told = new("", ANN)
    told.body, told.digest = body, body
    return (await inbox.accept(told)).id


@stored
async def test_a_text_is_found_however_it_was_written(inbox: Inbox) -> None:
    """Plain, with JSON's escapes or HTML's, and beside bytes that are no text."""
    names = {
        b'{"last": "Zo\xc3\xab O\'Brien"}': ["zoë", "ZOë o'brien"],
        b'{"last": "Zo\\u00eb"}': ["Zoë"],
        b'{"last": "D&#039;Arcy & Co"}': ["D'Arcy", 'co"}'],
        b'\xff\xfe \\"Back\\\\slash': ["back\\slash", "back\\\\slash", '"back'],
    }
    ids = {body: await kept(inbox, body) for body in names}
    for body, texts in names.items():
        for text in texts:
            found = await inbox.find_text(text)
            assert ids[body] in found.event_ids, text
            assert found.further is None
    assert set((await inbox.find_text("Zoë")).event_ids) == {*list(ids.values())[:2]}
    assert (await inbox.find_text("nobody")).event_ids == ()
    assert (await inbox.find_text("zo")).event_ids == (), "too short"
    assert (await inbox.find_text("%___%")).event_ids == ()


@stored
async def test_older_events_are_looked_at_in_turn(inbox: Inbox) -> None:
    """So many at a time, so that the page is there at once, until none is left."""
    ids = [await kept(inbox, b'{"name": "Ada", "n": %d}' % number) for number in range(5)]
    ids.append(await kept(inbox, b'{"name": "Ben"}'))
    seen: list[str] = []
    before, turns = None, 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_search.find_text, "__kwdefaults__", {"before": None, "most_read": 2})
        while turns == 0 or before:
            found = await inbox.find_text("ada", before=before)
            seen += found.event_ids
            before, turns = found.further, turns + 1
    assert seen == ids[4::-1]
    assert turns == 4


@stored
async def test_many_that_fit_are_told_in_turn(inbox: Inbox) -> None:
    """None is left out between two turns."""
    ids = [await kept(inbox, b'{"name": "Ada", "n": %d}' % number) for number in range(25)]
    first = await inbox.find_text("Ada")
    assert first.event_ids == tuple(ids[:4:-1])
    rest = await inbox.find_text("Ada", before=first.further)
    assert (rest.event_ids, rest.further) == (tuple(ids[4::-1]), None)
