"""One event with its story, also where it is a whole school's."""

from __future__ import annotations

from receiver.inbox import Inbox, SettledLane
from tests.inbox.store import NOW, attempt, delivered, new, seconds, settle, stored, take_ready

SCHOOL = tuple(f"learner{number:03}@example.edu" for number in range(450))


@stored
async def test_what_needs_attention_comes_first(inbox: Inbox) -> None:
    """200 deliveries are shown, the dead ones first, then what is pending, and all are counted;
    attempts are of those shown.
    """
    kept = await inbox.accept(new("all", *SCHOOL, connectors=("crm", "other")))
    lanes = sorted(await take_ready(inbox, limit=500), key=lambda one: one.person_key)
    done = [delivered(one, attempt=attempt()) for one in lanes[:440]]
    dead = [
        SettledLane(one, dead=((one.deliveries[0].delivery_id, "no"),), attempt=attempt("refused"))
        for one in lanes[440:447]
    ]
    await settle(inbox, [*done, *dead], now=NOW)
    found = await inbox.find_event(kept.id)
    assert found.counts == {
        "crm": {"dead": 7, "delivered": 440, "pending": 3},
        "other": {"pending": 450},
    }
    assert (found.count, found.people) == (900, 450)
    assert [one.state for one in found.deliveries] == ["dead"] * 7 + ["pending"] * 193
    assert {one.person for one in found.deliveries[:7]} == set(SCHOOL[440:447])
    assert [[at.outcome for at in one.attempts] for one in found.deliveries] == [
        ["refused"]
    ] * 7 + [[]] * 193
    (row,) = (await inbox.list_events()).items
    assert row.deliveries == {"dead": 7, "delivered": 440, "pending": 453}


@stored
async def test_many_attempts_of_one_leave_room_for_the_others(inbox: Inbox) -> None:
    """Of each delivery the last attempts are shown, however often another one was tried."""
    kept = await inbox.accept(new("two", *SCHOOL[:2]))
    for number in range(600):
        at = NOW + seconds(number)
        first = next(one for one in await take_ready(inbox, at=at) if one.person_key == SCHOOL[0])
        await settle(
            inbox,
            [SettledLane(first, retry_at=at, attempt=attempt("retry", at=at, message=f"{number}"))],
            now=at,
        )
    at = NOW + seconds(1000)
    last = [one for one in await take_ready(inbox, at=at) if one.person_key == SCHOOL[1]]
    await settle(inbox, [delivered(one, attempt=attempt(at=at)) for one in last], now=at)
    shown = {
        one.person: [at.started_at for at in one.attempts]
        for one in (await inbox.find_event(kept.id)).deliveries
    }
    assert shown[SCHOOL[1]] == [at]
    assert shown[SCHOOL[0]] == [NOW + seconds(number) for number in range(101, 600)]
