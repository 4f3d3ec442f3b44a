"""Which event set a record's field last, and what that stands against."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from receiver.inbox import Claim, Inbox, Remote, RemoteRow
from receiver.inbox.identifiers import EventIds, first_id
from receiver.inbox.stamps import Stamp, is_newer, stands_against
from receiver.inbox.times import micros
from tests.inbox import store
from tests.inbox.store import claim, delivered, new, open_inbox, seconds, stored

NOW = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
IDS = EventIds()
OLD, NEW, AHEAD = (IDS.make(micros(at)) for at in (NOW - 2 * HOUR, NOW - HOUR, NOW + HOUR))
LATE = IDS.make(micros(NOW - 2 * HOUR), came_at=micros(NOW))


@pytest.mark.parametrize(
    ("known", "stamp", "stands"),
    [
        (Stamp(NEW, 1), Stamp(OLD, 2), True),
        (Stamp(OLD, 1), Stamp(NEW, 2), False),
        (Stamp(OLD, 1), Stamp(OLD, 2), False),  # one event of two people
        (Stamp(NEW, 1), Stamp(OLD, 1), False),  # the lane's own
        (Stamp(NEW, 1), Stamp(LATE, 1), True),
        (Stamp(LATE, 1), Stamp(LATE, 1), False),
        (Stamp(LATE, 1), Stamp(NEW, 1), False),
        (Stamp(AHEAD, 1), Stamp(NEW, 2), False),
        (Stamp(AHEAD, 1), Stamp(LATE, 1), False),
        (Stamp(NEW, 1), Stamp(AHEAD, 2), False),
    ],
)
def test_a_newer_event_stands_against_an_older_one(known: Stamp, stamp: Stamp, stands: bool) -> None:
    """Of another lane always; of the same lane only against what was handed in late; never, where a clock was ahead."""
    assert stands_against(known, stamp, first_id(NOW)) is stands


def test_an_event_is_not_newer_than_itself() -> None:
    """A replay writes again what it wrote."""
    assert (is_newer(NEW, OLD), is_newer(OLD, NEW), is_newer(NEW, NEW)) == (True, False, False)


async def three_people(inbox: Inbox) -> list[Claim]:
    """One event each, oldest first."""
    for number, person in enumerate(("a@x.org", "b@x.org", "c@x.org")):
        await inbox.accept(new(person, person, at=store.NOW + seconds(number)))
    return sorted(await claim(inbox, at=store.NOW + seconds(3)), key=lambda one: one.person_key)


def deal(claimed: Claim, *names: str) -> RemoteRow:
    """What one tells who knew nothing of the deal before."""
    event_id = claimed.deliveries[-1].event_id
    return RemoteRow("deal", "7", "1", event_id, stamps={name: Stamp(event_id, claimed.lane_id) for name in names})


async def known(inbox: Inbox) -> Remote:
    return (await inbox.remotes("crm", [("deal", "7")]))["deal", "7"]


@stored
async def test_writers_who_do_not_know_of_each_other_both_count(inbox: Inbox) -> None:
    """Two that wrote other fields of one record at the same moment: what each has set stands, whoever tells it last."""
    old, middle, newest = await three_people(inbox)
    await inbox.remember([(newest, deal(newest, "stage", "note"))], now=store.NOW)
    await inbox.remember([(middle, deal(middle, "owner", "note"))], now=store.NOW)
    remote = await known(inbox)
    assert {name: stamp.lane_id for name, stamp in remote.stamps.items()} == {
        "stage": newest.lane_id,
        "note": newest.lane_id,
        "owner": middle.lane_id,
    }
    assert remote.event_id == newest.deliveries[-1].event_id
    older = deal(old, "stage", "owner", "note", "other").stamps or {}
    assert remote.superseded(older, first_id(store.NOW + HOUR)) == {"stage", "owner", "note"}


@stored
async def test_what_is_told_again_takes_nothing_back(inbox: Inbox) -> None:
    """A lane that is settled at its end tells once more what it wrote in its first round; another has written meanwhile."""
    old, _, newest = await three_people(inbox)
    first = deal(newest, "stage")
    await inbox.remember([(newest, first)], now=store.NOW)
    await inbox.settle([delivered(old, remotes=(deal(old, "owner"),))], now=store.NOW)
    await inbox.settle([delivered(newest, remotes=(first,))], now=store.NOW)
    assert (await known(inbox)).stamps.keys() == {"stage", "owner"}


@stored
async def test_a_stamp_of_a_clock_that_was_ahead_is_replaced(inbox: Inbox) -> None:
    """It stands against nothing, so it must not stay until its time has come."""
    await inbox.accept(new("ahead", "a@x.org", at=store.NOW + timedelta(days=365)))
    await inbox.accept(new("right", "b@x.org"))
    ahead, right = sorted(await claim(inbox, at=store.NOW + timedelta(days=366)), key=lambda one: one.person_key)
    for one in (ahead, right):
        await inbox.remember([(one, deal(one, "stage"))], now=store.NOW)
    assert (await known(inbox)).stamps["stage"].lane_id == right.lane_id


def test_processes_that_tell_at_once_lose_nothing(postgresql_url: str) -> None:
    """Two processes, each with many records in common: every field is known of every record at the end, and nobody waits in a circle."""

    async def main() -> None:
        async with open_inbox(postgresql_url) as inbox, open_inbox(postgresql_url) as other:
            claims = await three_people(inbox)

            async def tell(through: Inbox, claimed: Claim, name: str) -> None:
                rows = [replace(deal(claimed, name), key=f"{number:03}") for number in range(200)]
                for start in range(0, 200, 50):
                    await through.remember([(claimed, row) for row in rows[start : start + 80]], now=store.NOW)

            await asyncio.gather(*(tell(one, claims[n], f"field{n}") for n, one in enumerate((inbox, other, inbox))))
            found = await inbox.remotes("crm", [("deal", f"{number:03}") for number in range(200)])
            assert {frozenset(remote.stamps) for remote in found.values()} == {frozenset({"field0", "field1", "field2"})}
            assert len(found) == 200

    asyncio.run(main())
