"""Who is tried again, and when."""

from __future__ import annotations

from receiver.inbox import (
    ACCOUNT_RULE,
    DeliverySelection,
    Inbox,
    SettledLane,
    WaitingLanes,
)
from tests.inbox.store import (
    NOW,
    attempt,
    delivered,
    new,
    seconds,
    settle,
    stored,
    take_ready,
)

PEOPLE = [f"learner{number}@example.edu" for number in range(4)]


@stored
async def test_who_is_tried_again(inbox: Inbox) -> None:
    """The newest reason, without what was sent, and what a rule holds back; nobody of whom nothing
    is pending any more.
    """
    for number in range(4):
        await inbox.accept(new(f"{number}", PEOPLE[number]))
    lanes = await take_ready(inbox, at=NOW)
    sent = [{"key": PEOPLE[0], "fields": {"lastname": "Lovelace"}}]
    told = [
        attempt(
            "retry", message="LOCKED: Lovelace is being edited", sent=sent, at=NOW + seconds(2)
        ),
        attempt(
            "retry", code=ACCOUNT_RULE, message="the account demands phone", at=NOW + seconds(1)
        ),
        attempt("retry", message="LOCKED: somebody else", at=NOW),
        attempt("paused", message="no field", at=NOW + seconds(3)),
    ]
    later = NOW + seconds(600)
    await settle(
        inbox,
        [
            SettledLane(one, retry_at=later, attempt=made)
            for one, made in zip(lanes, told, strict=True)
        ],
        now=NOW,
    )
    found = WaitingLanes(
        3, "LOCKED: … is being edited", NOW + seconds(2), "the account demands phone"
    )
    assert await inbox.find_waiting(["crm", "other"]) == {"crm": found}
    assert (await inbox.read_status(["crm"], now=NOW)).connectors["crm"].waiting == found
    assert str(found) == "3 people wait: LOCKED: … is being edited (newest 12:00 UTC)"
    await inbox.discard_selected(
        DeliverySelection(deliveries=[lanes[1].deliveries[0].delivery_id]), now=NOW
    )
    await inbox.replay_deliveries(
        DeliverySelection(deliveries=[lanes[2].deliveries[0].delivery_id]), now=NOW
    )
    again = await take_ready(inbox, at=later)
    assert await inbox.find_waiting(["crm"]) == {
        "crm": WaitingLanes(1, "LOCKED: … is being edited", NOW + seconds(2))
    }
    await settle(inbox, [delivered(one) for one in again], now=later)
    assert await inbox.find_waiting(["crm"]) == {}
