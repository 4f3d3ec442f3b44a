"""What waits for a decision, grouped by why."""

from __future__ import annotations

from receiver.inbox import (
    AttentionGroup,
    DeliverySelection,
    EventFilter,
    GroupCounts,
    Inbox,
    SettledLane,
)
from receiver.inbox.lanes.failure_groups import reason_key
from tests.inbox.store import (
    NOW,
    faulty,
    new,
    seconds,
    settle,
    states,
    stored,
    take_one,
    take_ready,
)


async def kill(inbox: Inbox, *reasons: str, connector: str = "crm") -> list[str]:
    """An event for each reason, of a person of its own, whose delivery died of it; the events'
    ids.
    """
    kept = [
        await inbox.accept(
            new(f"{connector} {reason}", f"{reason}@x.example", connectors=(connector,))
        )
        for reason in reasons
    ]
    why = dict(zip((one.id for one in kept), reasons, strict=True))
    lanes = await take_ready(inbox, connector=connector, limit=1000)
    settled = [
        SettledLane(
            one, dead=tuple((each.delivery_id, why[each.event_id]) for each in one.deliveries)
        )
        for one in lanes
    ]
    await settle(inbox, settled, now=NOW)
    return [one.id for one in kept]


def invalid(word: str, field: str = "num") -> str:
    return f"{field}: {word} was not a valid number. (INVALID_INTEGER)"


@stored
async def test_groups_by_reason(inbox: Inbox) -> None:
    """Dead deliveries by connector and reason, quarantined calls by source, name and faults; the
    most frequent first.
    """
    for number, reason in enumerate(("no", "no", "never")):
        at = NOW + seconds(number)
        await inbox.accept(new(f"{number}", at=at))
        taken = await take_one(inbox, at=at)
        await settle(
            inbox, [SettledLane(taken, dead=((taken.deliveries[0].delivery_id, reason),))], now=at
        )
    for number, fault in enumerate(("is missing", "is no address", "is missing")):
        await inbox.accept(faulty(f"x{number}", ("email", fault), at=NOW + seconds(number)))
    dead, aside = await inbox.list_groups()
    newest = [
        (await inbox.list_events(EventFilter(state="dead", reason=reason))).items[0].id
        for reason in ("no", "never")
    ]
    keys = [reason_key("crm", reason) for reason in ("no", "never")]
    assert dead == [
        AttentionGroup("dead", keys[0], "crm", None, "no", 2, NOW, NOW + seconds(1), newest[0]),
        AttentionGroup(
            "dead", keys[1], "crm", None, "never", 1, NOW + seconds(2), NOW + seconds(2), newest[1]
        ),
    ]
    assert [(one.where, one.event, one.count, one.first, one.last) for one in aside] == [
        ("springfield", "order.placed", 2, NOW, NOW + seconds(2)),
        ("springfield", "order.placed", 1, NOW + seconds(1), NOW + seconds(1)),
    ]
    assert await inbox.count_groups() == GroupCounts(2, 2)
    assert (
        len(
            (
                await inbox.list_events(EventFilter(state="quarantined", reason=aside[0].reason))
            ).items
        )
        == 2
    )
    newest_dead, newest_aside = await inbox.list_groups(by="newest")
    assert ([one.reason for one in newest_dead], [one.count for one in newest_aside]) == (
        ["never", "no"],
        [2, 1],
    )


@stored
async def test_a_group_holds_all_of_a_cause_whatever_the_words(inbox: Inbox) -> None:
    """Looked at, replayed and discarded as a whole; nothing else goes with it."""
    mine = await kill(inbox, *(invalid(f"word{number}x") for number in range(150)))
    (other,) = await kill(inbox, invalid("word", "age"))
    (elsewhere,) = await kill(inbox, invalid("word"), connector="other")
    (whole, *rest), _ = await inbox.list_groups()
    assert (whole.count, whole.example, len(rest)) == (150, mine[-1], 2)
    chosen = EventFilter(state="dead", connector=whole.where, reason_key=whole.id)
    assert [row.id for row in (await inbox.list_events(chosen, limit=500)).items] == mine[::-1]
    assert (
        await inbox.replay_deliveries(DeliverySelection(filter=chosen), now=NOW, dry_run=True)
    ).chosen == 150
    assert await inbox.discard_selected(DeliverySelection(filter=chosen), now=NOW) == 150
    assert [await states(inbox, id) for id in (mine[0], other, elsewhere)] == [
        ["discarded"],
        ["dead"],
        ["dead"],
    ]
    assert await inbox.find_group(whole.id) is None


@stored
async def test_a_small_group_among_very_many(inbox: Inbox) -> None:
    """It is found by its id, counted, and on a later page; each is on one page."""
    await kill(
        inbox,
        *(f"{'a' * number} is wrong" for number in range(1, 131)),
        *("a is wrong " for _ in range(1)),
    )
    for number in range(130):
        await inbox.accept(
            faulty(f"x{number}", ("email", "is wrong" * number), at=NOW + seconds(number))
        )
    assert await inbox.count_groups() == GroupCounts(130, 130)
    pages = [await inbox.list_groups(most=50, skip=skip) for skip in (0, 50, 100)]
    for found in (
        [one for page in pages for one in page[0]],
        [one for page in pages for one in page[1]],
    ):
        assert len({one.id for one in found}) == len(found) == 130
        assert [one.count for one in found] == sorted((one.count for one in found), reverse=True)
        assert await inbox.find_group(found[-1].id) == found[-1]
    assert await inbox.find_group("none") is None
    assert await inbox.find_group("\x00") is None


@stored
async def test_what_lives_again_is_in_no_group(inbox: Inbox) -> None:
    """Nor is it once it is delivered; and what dies again is in that of its new cause."""
    await kill(inbox, "no", "no ")
    await inbox.replay_deliveries(DeliverySelection(filter=EventFilter(state="dead")), now=NOW)
    assert await inbox.list_groups() == ([], [])
    first, second = await take_ready(inbox)
    await settle(inbox, [SettledLane(first, delivered=(first.deliveries[0].delivery_id,))], now=NOW)
    await settle(
        inbox, [SettledLane(second, dead=((second.deliveries[0].delivery_id, "never"),))], now=NOW
    )
    (only,), _ = await inbox.list_groups()
    assert (only.reason, only.count, only.id) == ("never", 1, reason_key("crm", "never"))
