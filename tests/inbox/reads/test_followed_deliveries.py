"""What came of deliveries that somebody acted on."""

from __future__ import annotations

from receiver.inbox import DeliverySelection, EventFilter, Inbox
from tests.inbox.store import ANN, BEN, NOW, delivered, new, settle, stored, take_ready


@stored
async def test_deliveries_are_followed_by_their_ids(inbox: Inbox) -> None:
    """The newest first; their states and events are told as they are now, whatever came since."""
    first = (await inbox.accept(new("a", ANN))).id
    second = (await inbox.accept(new("b", BEN))).id
    followed = await inbox.find_newest_deliveries(DeliverySelection(filter=EventFilter()))
    assert len(followed) == 2
    assert followed[0] > followed[1]
    third = (await inbox.accept(new("c", ANN))).id
    (added,) = await inbox.find_newest_deliveries(
        DeliverySelection(events=(first, second, third)), after=followed[0]
    )
    assert added not in followed
    lanes = {lane.person_key: lane for lane in await take_ready(inbox)}
    await settle(inbox, [delivered(lanes[BEN])], now=NOW)
    assert await inbox.count_delivery_states(followed) == {"delivered": 1, "pending": 1}
    assert await inbox.find_delivery_events(followed, "delivered") == (second,)
    assert set(await inbox.find_delivery_events(followed)) == {first, second}
    assert await inbox.count_delivery_states(()) == {}
