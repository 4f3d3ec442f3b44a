"""What was sent of records before."""

from __future__ import annotations

from typing import Any

from receiver.inbox import Inbox
from receiver.inbox.reads.sent_history import MOST_COMPARED, MOST_EARLIER
from tests.inbox.store import (
    NOW,
    attempt,
    delivered,
    new,
    remote,
    seconds,
    settle,
    stored,
    take_one,
    take_ready,
)


def contact(key: str, result: str = "saved", **fields: Any) -> dict[str, Any]:
    return {"object": "contact", "key": key, "result": result, "fields": fields, "links": []}


async def deliver(inbox: Inbox, number: int, *sent: dict[str, Any], **other: Any) -> str:
    """One more event of Ann's, written at that second."""
    at = NOW + seconds(number)
    kept = await inbox.accept(new(f"event {number}", at=at))
    lane = await take_one(inbox, at=at)
    await settle(inbox, [delivered(lane, attempt=attempt(at=at, sent=sent, **other))], now=at)
    return kept.id


async def names(inbox: Inbox, id: str, key: str = "ann") -> list[str]:
    """As the contact was saved until the event, the oldest first."""
    found = await inbox.find_sent_history((await inbox.find_event(id)).deliveries)
    return [saved.fields["name"] for saved in found.get(("crm", "contact", key), ())]


@stored
async def test_the_same_record_as_it_was_saved_until_then(inbox: Inbox) -> None:
    """Of the same lane: neither other records, nor what was not saved, nor what came later."""
    await deliver(inbox, 1, contact("ann", name="A"), contact("ben", name="other"))
    await deliver(inbox, 2, contact("ann", "refused", name="B"), contact("ann", name="C"))
    id = await deliver(inbox, 3, contact("ann", name="D"))
    await deliver(inbox, 4, contact("ann", name="E"))
    assert await names(inbox, id) == ["A", "C", "D"]
    assert await names(inbox, id, "ben") == []


@stored
async def test_a_record_that_another_person_wrote(inbox: Inbox) -> None:
    """Is found where their event set a field of it."""
    await inbox.accept(new("hers", "eve@example.edu"))
    lane = await take_one(inbox)
    made = attempt(sent=[contact("shared", name="by Eve")])
    state = remote("contact", "shared", "7", lane)
    await settle(inbox, [delivered(lane, attempt=made)], records=[state], now=NOW)
    id = await deliver(inbox, 1, contact("shared", name="by Ann"))
    assert await names(inbox, id, "shared") == ["by Eve", "by Ann"]


@stored
async def test_only_so_much_is_looked_at(inbox: Inbox) -> None:
    """The last attempts of a lane, and the first of very many deliveries."""
    for number in range(MOST_EARLIER + 5):
        id = await deliver(inbox, number, contact("ann", name=str(number)))
    assert await names(inbox, id) == [str(number) for number in range(5, MOST_EARLIER + 5)]
    people = [f"{number:03}@example.edu" for number in range(MOST_COMPARED + 5)]
    kept = await inbox.accept(new("all", *people))
    lanes = await take_ready(inbox, limit=100, at=NOW + seconds(100))
    done = [
        delivered(one, attempt=attempt(sent=[contact(one.person_key, name="x")])) for one in lanes
    ]
    await settle(inbox, done, now=NOW + seconds(100))
    found = await inbox.find_sent_history((await inbox.find_event(kept.id)).deliveries)
    assert len(found) == MOST_COMPARED


@stored
async def test_nothing_was_sent(inbox: Inbox) -> None:
    """Of an event that waits, and of none."""
    kept = await inbox.accept(new("waits"))
    assert await inbox.find_sent_history((await inbox.find_event(kept.id)).deliveries) == {}
    assert await inbox.find_sent_history(()) == {}
