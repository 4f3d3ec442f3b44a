"""Which event set a record's field last, and what that stands against."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from receiver.inbox import Claim, Inbox, Remote, RemoteRow, Settled
from receiver.inbox.identifiers import EventIds, first_id
from receiver.inbox.stamps import Stamp, is_newer, stands_against
from receiver.inbox.times import micros
from tests.inbox import store
from tests.inbox.store import claim, delivered, new, open_inbox, rows, seconds, stored

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
    assert remote.superseded(deal(old, "stage", "owner", "note", "other").stamps, first_id(store.NOW + HOUR)) == {"stage", "owner", "note"}


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


@stored
async def test_a_lane_may_take_back_what_it_wrote(inbox: Inbox) -> None:
    """Its newest event is given up, and the one before it is what the CRM holds: another's that came between stands against nothing."""
    old, middle, newest = await three_people(inbox)
    await inbox.remember([(newest, deal(newest, "stage"))], now=store.NOW)
    before = Stamp(old.deliveries[-1].event_id, newest.lane_id)
    await inbox.remember([(newest, replace(deal(newest), stamps={"stage": before}))], now=store.NOW)
    remote = await known(inbox)
    assert remote.stamps["stage"] == before
    assert not remote.superseded(deal(middle, "stage").stamps, first_id(store.NOW + HOUR))


@stored
async def test_what_is_told_at_once_is_told_one_by_one(inbox: Inbox) -> None:
    """Two rows of one record in one call, whether the record was known before or not."""
    old, middle, newest = await three_people(inbox)
    for first in (newest, old):
        await inbox.remember([(first, deal(first, "stage", "note")), (middle, deal(middle, "owner"))], now=store.NOW)
        remote = await known(inbox)
        assert remote.stamps.keys() == {"stage", "owner", "note"}
        assert (remote.event_id, remote.lane_id) == (newest.deliveries[-1].event_id, newest.lane_id)


@stored
async def test_a_newer_write_that_is_told_first_is_written_again(inbox: Inbox) -> None:
    """Whoever had looked the record up before that was told may have had the CRM carry out the older one after it."""
    old, _, newest = await three_people(inbox)
    seen = replace(deal(old, "stage", "note"), based_on=0)
    await inbox.settle([delivered(newest, remotes=(replace(deal(newest, "stage", "owner"), based_on=0),))], now=store.NOW)
    report = await inbox.settle([delivered(old, remotes=(seen,))], now=store.NOW)
    assert report.crossed == {Stamp(newest.deliveries[-1].event_id, newest.lane_id)}
    assert await store.states(inbox, newest.deliveries[-1].event_id) == ["pending"]
    assert await store.states(inbox, old.deliveries[-1].event_id) == ["delivered"]


@stored
async def test_a_newer_write_that_is_told_last_is_written_again(inbox: Inbox) -> None:
    """The older one was told first, but the CRM may have carried it out after the newer; also of a lane that is not through."""
    old, _, newest = await three_people(inbox)
    await inbox.settle([delivered(old, remotes=(replace(deal(old, "stage"), based_on=0),))], now=store.NOW)
    crossed = await inbox.remember([(newest, replace(deal(newest, "stage"), based_on=0))], now=store.NOW)
    assert crossed == {Stamp(newest.deliveries[-1].event_id, newest.lane_id)}
    await inbox.settle([delivered(newest)], now=store.NOW)
    assert await store.states(inbox, newest.deliveries[-1].event_id) == ["pending"]


@stored
async def test_what_did_not_cross_is_not_written_again(inbox: Inbox) -> None:
    """Whoever knew what was told, writes other fields, or tells the same write as another lane of its batch; nor what a lane wrote
    itself, whatever another has told of the record.
    """
    old, middle, newest = await three_people(inbox)
    first = replace(deal(newest, "stage"), based_on=0)
    assert not await inbox.remember([(newest, first)], now=store.NOW)
    assert not await inbox.remember([(middle, first)], now=store.NOW)
    assert not await inbox.remember([(old, replace(deal(old, "owner"), based_on=0))], now=store.NOW)
    assert not await inbox.remember([(middle, replace(deal(middle, "owner"), based_on=(await known(inbox)).version))], now=store.NOW)
    seen = (await known(inbox)).version
    await inbox.remember([(old, replace(deal(old), add_links=("contact/1",)))], now=store.NOW)
    assert (await known(inbox)).version == seen
    await inbox.remember([(old, deal(old, "note"))], now=store.NOW)
    before = {"owner": Stamp(old.deliveries[-1].event_id, middle.lane_id)}
    assert not await inbox.remember([(middle, replace(deal(middle), stamps=before, based_on=seen))], now=store.NOW)


@stored
async def test_what_is_written_again_disturbs_nothing_else(inbox: Inbox) -> None:
    """A lane in back-off keeps its time, what is dead stays dead, and a lane that is written to now is written to again."""
    old, middle, newest = await three_people(inbox)
    written = replace(deal(newest, "stage"), again=frozenset(Stamp(one.deliveries[-1].event_id, one.lane_id) for one in (old, middle)))
    later = await inbox.accept(new("later", "a@x.org", at=store.NOW + seconds(9)))
    await inbox.settle([delivered(old)], now=store.NOW + seconds(9))
    (again,) = await claim(inbox, at=store.NOW + seconds(9))
    await inbox.settle([Settled(again, retry_at=store.NOW + HOUR)], now=store.NOW + seconds(9))
    await inbox.settle([Settled(middle, dead=((middle.deliveries[-1].delivery_id, "no"),))], now=store.NOW + seconds(9))
    await inbox.settle([delivered(newest, remotes=(written,))], now=store.NOW + seconds(9))
    assert await store.states(inbox, old.deliveries[-1].event_id) == ["pending"]
    assert await store.states(inbox, later.id) == ["pending"]
    assert await store.states(inbox, middle.deliveries[-1].event_id) == ["dead"]
    assert await claim(inbox, at=store.NOW + seconds(10)) == []
    (again,) = await claim(inbox, at=store.NOW + HOUR)
    assert [one.event_id for one in again.deliveries] == [old.deliveries[-1].event_id, later.id]
    assert again.failing_since == store.NOW + seconds(9)
    await inbox.remember([(again, replace(written, again=frozenset({Stamp(later.id, again.lane_id)})))], now=store.NOW + HOUR)
    await inbox.settle([delivered(again)], now=store.NOW + HOUR)
    assert await store.states(inbox, later.id) == ["pending"]


@stored
async def test_many_records_are_looked_up_and_told_at_once(inbox: Inbox) -> None:
    """More than a database takes parameters in one statement."""
    _, _, newest = await three_people(inbox)
    refs = [("deal", str(number)) for number in range(70_000)]
    assert await inbox.remotes("crm", refs) == {}
    for _ in range(2):
        await inbox.remember([(newest, replace(deal(newest, "stage"), key=str(number))) for number in range(1_500)], now=store.NOW)
    assert len(await inbox.remotes("crm", refs)) == 1_500


def test_processes_that_tell_at_once_lose_nothing(postgresql_url: str) -> None:
    """Each with many records in common, handed over in any order: every field is known at the end, and nobody waited in a circle."""

    async def main() -> None:
        async with open_inbox(postgresql_url) as inbox, open_inbox(postgresql_url) as other:
            claims = await three_people(inbox)

            async def tell(through: Inbox, claimed: Claim, name: str, chance: Random) -> None:
                rows = [replace(deal(claimed, name), key=f"{number:03}") for number in range(200)]
                for _ in range(5):
                    chance.shuffle(rows)
                    await through.remember([(claimed, row) for row in rows[:150]], now=store.NOW)
                await through.remember([(claimed, row) for row in rows], now=store.NOW)

            await asyncio.gather(*(tell(one, claims[n], f"field{n}", Random(n)) for n, one in enumerate((inbox, other, inbox))))
            found = await inbox.remotes("crm", [("deal", f"{number:03}") for number in range(200)])
            assert {frozenset(remote.stamps) for remote in found.values()} == {frozenset({"field0", "field1", "field2"})}
            assert len(found) == 200

    asyncio.run(main())
    assert deadlocks(postgresql_url) == 0


def test_processes_that_cross_do_not_wait_in_a_circle(postgresql_url: str) -> None:
    """Each tells of a record that the other has told of, time and again, while new events come for both."""

    async def main() -> None:
        async with open_inbox(postgresql_url) as inbox, open_inbox(postgresql_url) as other:
            old, _, newest = await three_people(inbox)

            async def tell(through: Inbox, claimed: Claim) -> None:
                for _ in range(40):
                    await through.settle([delivered(claimed, remotes=(replace(deal(claimed, "stage"), based_on=0),))], now=store.NOW)

            async def take() -> None:
                for number in range(40):
                    await inbox.accept(new(f"more {number}", "a@x.org", "b@x.org", "c@x.org"))

            await asyncio.gather(tell(inbox, old), tell(other, newest), take())

    asyncio.run(main())
    assert deadlocks(postgresql_url) == 0


def deadlocks(url: str) -> int:
    """So far, in this database."""
    ((count,),) = rows(url, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    return int(count)
