"""Claiming: who gets a lane, for how long, and with how much in it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from itertools import chain

import pytest

from receiver.inbox import Claim, Inbox, Selection, Settled
from receiver.inbox import claim as claiming
from tests.inbox.store import ANN, BEN, LEASE, NOW, bodies, claim, claim_one, delivered, new, open_inbox, seconds, stored


@stored
async def test_a_claim_says_what_is_to_be_delivered(inbox: Inbox) -> None:
    """The lane, its pending deliveries oldest first with their events, and nothing of other connectors."""
    first = await inbox.accept(new("a", named=None))
    second = await inbox.accept(new("b", name="quiz.submitted", named="quiz.submitted", source="shelbyville", at=NOW + seconds(1)))
    await inbox.accept(new("c", connectors=("other",)))
    claimed = await claim_one(inbox, at=NOW + seconds(2))
    assert (claimed.connector, claimed.person_key, claimed.attempts, claimed.failing_since, claimed.capped) == ("crm", ANN, 0, None, False)
    told = [(one.event_id, one.source, one.name, one.named, one.body, one.received_at) for one in claimed.deliveries]
    assert told == [
        (first.id, "springfield", "order.placed", None, b"a", NOW),
        (second.id, "shelbyville", "quiz.submitted", "quiz.submitted", b"b", NOW + seconds(1)),
    ]


@stored
async def test_lanes_are_claimed_in_the_order_in_which_they_are_due(inbox: Inbox) -> None:
    """Up to the limit; a lane that is not due yet is left."""
    for number in range(10):
        await inbox.accept(new(f"{number}", f"learner{number}@example.edu", at=NOW + seconds(number)))
    first = await claim(inbox, limit=4, at=NOW + seconds(8))
    rest = await claim(inbox, limit=100, at=NOW + seconds(8))
    assert sorted(body for one in first for body in bodies(one)) == ["0", "1", "2", "3"]
    assert sorted(body for one in rest for body in bodies(one)) == ["4", "5", "6", "7", "8"]
    assert await inbox.ready_lanes("crm", limit=100, now=NOW + seconds(8)) == (0, 0)
    assert await inbox.ready_lanes("crm", limit=100, now=NOW + seconds(9)) == (1, 0)


@stored
async def test_ready_lanes_are_counted_up_to_the_limit(inbox: Inbox) -> None:
    """Counting costs no more than what is asked for."""
    await asyncio.gather(*(inbox.accept(new(f"{number}", f"learner{number}@example.edu")) for number in range(10)))
    assert [(await inbox.ready_lanes("crm", limit=limit, now=NOW)).live for limit in (1, 9, 10, 11)] == [1, 9, 10, 10]


@stored
async def test_a_leased_lane_is_nobody_elses(inbox: Inbox) -> None:
    """Until the lease ends; what comes meanwhile does not open it."""
    await inbox.accept(new("a"))
    assert len(await claim(inbox)) == 1
    await inbox.accept(new("b"))
    assert await claim(inbox) == []
    assert await claim(inbox, at=NOW + LEASE - timedelta(microseconds=1)) == []
    assert await inbox.next_due("crm", NOW) == NOW + LEASE


@stored
async def test_an_expired_lease_is_claimed_anew(inbox: Inbox) -> None:
    """With what came meanwhile, under another token, and with the attempt counted: it may have written."""
    await inbox.accept(new("a"))
    first = await claim_one(inbox)
    await inbox.accept(new("b"))
    second = await claim_one(inbox, at=NOW + LEASE)
    assert bodies(second) == ["a", "b"]
    assert (first.attempts, second.attempts) == (0, 1)
    assert first.lease_token != second.lease_token


@stored
async def test_a_lease_can_be_extended(inbox: Inbox) -> None:
    """As long as it holds: it then ends later, and a lost one stays lost."""
    await inbox.accept(new("a"))
    first = await claim_one(inbox)
    assert await inbox.extend([first], lease=LEASE, now=NOW + seconds(100)) == {first.lane_id}
    assert await claim(inbox, at=NOW + LEASE) == []
    second = await claim_one(inbox, at=NOW + seconds(100) + LEASE)
    assert await inbox.extend([first], lease=timedelta(hours=1), now=NOW + seconds(300)) == frozenset()
    assert await inbox.next_due("crm", NOW) == NOW + seconds(100) + 2 * LEASE
    report = await inbox.settle([delivered(second)], now=NOW + seconds(300))
    assert (report.delivered, len(report.lost)) == (1, 0)


@stored
async def test_tasks_that_race_never_share_a_lane(inbox: Inbox) -> None:
    """Eight claimers at once: every lane goes to exactly one of them."""
    await asyncio.gather(*(inbox.accept(new(f"{number}", f"learner{number}@example.edu")) for number in range(200)))
    claims = await asyncio.gather(*(claim(inbox, limit=7) for _ in range(40)))
    lanes = Counter(one.lane_id for some in claims for one in some)
    assert len(lanes) == 200
    assert set(lanes.values()) == {1}


CLAIMER = """
import asyncio, sys
from datetime import timedelta
from receiver.inbox import Inbox
from tests.inbox.store import NOW, claim, delivered

async def main():
    inbox = await Inbox.open(sys.argv[1], dedup_hours=24)
    print("ready", flush=True)
    sys.stdin.readline()
    while claims := await claim(inbox, limit=5):
        print(*(one.lane_id for one in claims), flush=True)
        await inbox.settle([delivered(one) for one in claims], now=NOW)
    await inbox.aclose()

asyncio.run(main())
"""


def test_processes_that_race_never_share_a_lane(postgresql_url: str) -> None:
    """Three processes drain one store together: every lane is claimed once, and all is delivered."""

    async def fill() -> None:
        async with open_inbox(postgresql_url) as inbox:
            await asyncio.gather(*(inbox.accept(new(f"{number}", f"learner{number}@example.edu")) for number in range(300)))

    async def pending() -> int:
        async with open_inbox(postgresql_url) as inbox:
            return (await inbox.status(now=NOW)).pending

    asyncio.run(fill())
    command = [sys.executable, "-c", CLAIMER, postgresql_url]
    claimers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    for claimer in claimers:
        assert claimer.stdout
        assert claimer.stdout.readline() == "ready\n"
    for claimer in claimers:
        assert claimer.stdin
        claimer.stdin.write("go\n")
        claimer.stdin.flush()
    claimed = [claimer.communicate()[0].split() for claimer in claimers]
    assert [claimer.returncode for claimer in claimers] == [0, 0, 0]
    lanes = Counter(lane for some in claimed for lane in some)
    assert len(lanes) == 300
    assert set(lanes.values()) == {1}
    assert asyncio.run(pending()) == 0


@stored
async def test_a_long_lane_is_claimed_in_parts(inbox: Inbox) -> None:
    """200 deliveries at once; settling them leaves the lane ready for the next part, in order."""
    await asyncio.gather(*(inbox.accept(new(f"{number}")) for number in range(450)))
    found = []
    for size, capped in ((200, True), (200, True), (50, False)):
        claimed = await claim_one(inbox)
        assert (len(claimed.deliveries), claimed.capped) == (size, capped)
        found += bodies(claimed)
        await inbox.settle([delivered(claimed)], now=NOW)
    assert found == [str(number) for number in range(450)]
    assert await claim(inbox) == []


@stored
async def test_a_heavy_lane_is_claimed_in_parts(inbox: Inbox) -> None:
    """4 MiB of bodies at once, and one delivery at least; lanes that do not fit beside others wait for the next claim."""
    heavy = "x" * (3 * 1024 * 1024)
    await inbox.accept(new("a" + heavy * 2))
    await inbox.accept(new("b" + heavy))
    await inbox.accept(new("c"))
    found = []
    for capped in (True, False):
        claimed = await claim_one(inbox)
        assert claimed.capped is capped
        found.append("".join(body[0] for body in bodies(claimed)))
        await inbox.settle([delivered(claimed)], now=NOW)
    assert found == ["a", "bc"]


@stored
async def test_a_claim_fits_into_memory(inbox: Inbox) -> None:
    """Lanes that are too much together are claimed one after the other; none loses an attempt by it."""
    heavy = "x" * (claiming.MOST_BYTES - 100)
    await asyncio.gather(*(inbox.accept(new(f"{number}{heavy}", f"learner{number}@example.edu")) for number in range(12)))
    claims = [await claim(inbox) for _ in range(4)]
    assert [len(one) for one in claims] == [4, 4, 4, 0]
    assert {one.attempts for one in chain(*claims)} == {0}
    assert len({one.lane_id for one in chain(*claims)}) == 12


@stored
async def test_a_large_event_for_many_is_held_once(inbox: Inbox) -> None:
    """An enrolment of thousands is delivered in full batches: its body takes no more room for a hundred people than for one."""
    await inbox.accept(new("x" * (claiming.MOST_BYTES - 100), *(f"learner{number}@example.edu" for number in range(100))))
    claims = await claim(inbox, limit=100)
    assert len(claims) == 100
    assert len({id(body) for one in claims for body in [one.deliveries[0].body]}) == 1


@stored
async def test_a_lane_with_nothing_left_is_put_to_rest(inbox: Inbox) -> None:
    """No claim without deliveries; and a new event wakes the lane again."""
    kept = await inbox.accept(new("a"))
    (row,) = (await inbox.event(kept.id)).deliveries
    await inbox.discard(Selection(deliveries=(row.id,)), now=NOW)
    assert await claim(inbox) == []
    assert await inbox.next_due("crm", NOW) is None
    await inbox.accept(new("b"))
    assert bodies(await claim_one(inbox)) == ["b"]


@stored
async def test_next_due_is_the_first_of_all_lanes(inbox: Inbox) -> None:
    """Of this connector, and not before now; None where nothing is pending."""
    assert await inbox.next_due("crm", NOW) is None
    await inbox.accept(new("a", ANN))
    await inbox.accept(new("b", BEN, at=NOW + seconds(30)))
    await inbox.accept(new("c", BEN, connectors=("other",), at=NOW - seconds(30)))
    assert await inbox.next_due("crm", NOW) == NOW
    assert await inbox.next_due("crm", NOW + seconds(10)) == NOW + seconds(10)
    await inbox.settle([delivered(one) for one in await claim(inbox)], now=NOW)
    assert await inbox.next_due("crm", NOW) == NOW + seconds(30)


def test_leases_of_a_dead_process_end_when_its_file_is_opened(sqlite_url: str) -> None:
    """Only one process can have a SQLite file, so that no lease of another can still be running."""

    async def main() -> None:
        async with open_inbox(sqlite_url) as inbox:
            await inbox.accept(new("a"))
            lost = await claim_one(inbox)
        async with open_inbox(sqlite_url) as inbox:
            claimed = await claim_one(inbox)
            assert (bodies(claimed), claimed.attempts) == (["a"], 1)
            assert (await inbox.settle([delivered(lost)], now=NOW)).lost == frozenset({lost.lane_id})

    asyncio.run(main())


def test_leases_of_other_processes_hold(postgresql_url: str) -> None:
    """A gateway that starts beside another leaves the other's leases alone."""

    async def main() -> None:
        async with open_inbox(postgresql_url) as one:
            await one.accept(new("a"))
            claimed = await claim_one(one)
            async with open_inbox(postgresql_url) as other:
                assert await claim(other) == []
            report = await one.settle([Settled(claimed, retry_at=NOW, burn=False)], now=NOW)
            assert len(report.lost) == 0

    asyncio.run(main())


@pytest.mark.parametrize("history", [0, 3000])
def test_a_claim_does_not_read_what_is_delivered(sqlite_url: str, history: int) -> None:
    """A lane's history costs a claim nothing: the work of SQLite's machine is the same with 3,000 delivered events as with none."""

    async def main() -> None:
        async with open_inbox(sqlite_url) as inbox:
            await asyncio.gather(*(inbox.accept(new(f"{number}")) for number in range(history)))
            while claims := await claim(inbox):
                await inbox.settle([delivered(one) for one in claims], now=NOW)
            await inbox.accept(new("new"))
            assert await _steps(inbox) < 2

    async def _steps(inbox: Inbox) -> int:
        ticks = 0

        def tick() -> int:
            nonlocal ticks
            ticks += 1
            return 0

        def watch(connection: object) -> None:
            connection.connection.driver_connection.set_progress_handler(tick, 1000)  # type: ignore[attr-defined]

        await inbox._writer.run_bare(watch)  # noqa: SLF001 - SQLite's own counter sits on the connection
        claims: list[Claim] = await claim(inbox)
        assert [bodies(one) for one in claims] == [["new"]]
        return ticks

    asyncio.run(main())


@stored
async def test_extending_tells_which_leases_hold(inbox: Inbox) -> None:
    """Of several, those that were neither settled nor lost; with none given, none."""
    people = ["ann@example.edu", "ben@example.edu", "cleo@example.edu"]
    await asyncio.gather(*(inbox.accept(new(person, person)) for person in people))
    settled, lost, held = claims = await claim(inbox)
    await inbox.settle([delivered(settled)], now=NOW)
    await inbox.extend([held], lease=3 * LEASE, now=NOW)
    (taken,) = await claim(inbox, at=NOW + LEASE)
    assert taken.lane_id == lost.lane_id
    assert await inbox.extend(claims, lease=LEASE, now=NOW + LEASE) == {held.lane_id}
    assert await inbox.extend([held, taken], lease=LEASE, now=NOW + LEASE) == {held.lane_id, taken.lane_id}
    assert await inbox.extend([], lease=LEASE, now=NOW + LEASE) == frozenset()


@stored
async def test_what_waits_longest_is_claimed_first_whatever_fits(inbox: Inbox) -> None:
    """Lanes that are too much for one claim keep their place: nobody starves behind people who came before him."""
    people = [f"learner{number}@example.edu" for number in range(6)]
    for person in people:
        await inbox.accept(new(f"first of {person}", person))
    await inbox.settle([delivered(one) for one in await claim(inbox)], now=NOW)
    heavy = "x" * (claiming.MOST_BYTES - 100)
    for second, person in enumerate(reversed(people)):  # the last one is due first
        await inbox.accept(new(f"{person}{heavy}", person, at=NOW + seconds(second)))
    later = NOW + seconds(60)
    first = await claim(inbox, at=later)
    assert [one.person_key for one in first] == people[:1:-1]
    await inbox.accept(new("young", "young@example.edu", at=NOW + seconds(30)))
    assert [one.person_key for one in await claim(inbox, at=later)] == [people[1], people[0], "young@example.edu"]


@stored
async def test_what_comes_live_goes_before_what_waits_in_bulk(inbox: Inbox) -> None:
    """A replay of many, or an import, does not hold up a learner who buys; nor does it hold up those whom it is about."""
    kept = [await inbox.accept(new(f"{number}", f"learner{number}@example.edu")) for number in range(20)]
    await inbox.settle([delivered(one) for one in await claim(inbox)], now=NOW)
    await inbox.replay(Selection(events=[one.id for one in kept]), now=NOW)
    await inbox.accept(new("history", "late@example.edu", at=NOW - timedelta(days=400), late_at=NOW))
    assert await inbox.ready_lanes("crm", limit=50, now=NOW) == (0, 21)
    await inbox.accept(new("new", ANN, at=NOW + seconds(1)))
    await inbox.accept(new("again", "learner7@example.edu", at=NOW + seconds(1)))
    first = await claim(inbox, at=NOW + seconds(2), bulk=False)
    assert {one.person_key for one in first} == {ANN, "learner7@example.edu"}
    assert await inbox.next_due("crm", NOW - seconds(9)) == NOW
    rest = await claim(inbox, at=NOW + seconds(2), bulk=True)
    assert len(rest) == 20
    await inbox.settle([delivered(one) for one in [*first, *rest]], now=NOW + seconds(2))
    await inbox.accept(new("live once more", "learner3@example.edu", at=NOW + seconds(3)))
    await inbox.replay(Selection(events=[kept[0].id]), now=NOW + seconds(3))
    assert [one.person_key for one in await claim(inbox, at=NOW + seconds(4), bulk=False)] == ["learner3@example.edu"]
    assert [one.person_key for one in await claim(inbox, at=NOW + seconds(4), bulk=True)] == ["learner0@example.edu"]


@stored
async def test_only_times_that_nobody_means_are_recalled(inbox: Inbox) -> None:
    """A long wait that a CRM has asked for is kept, and so is a lease."""
    for person in (ANN, BEN):
        await inbox.accept(new(person, person))
    ann, ben = sorted(await claim(inbox), key=lambda one: one.person_key)
    hour, day = timedelta(hours=1), timedelta(days=1)
    await inbox.settle([Settled(ann, retry_at=NOW + 2 * hour)], now=NOW)
    assert await inbox.extend([ben], lease=timedelta(minutes=50), now=NOW)
    assert await inbox.recall("crm", longest_wait=day, longest_lease=hour, now=NOW) == 0
    assert await inbox.recall("crm", longest_wait=day, longest_lease=hour, now=NOW - hour) == 1
    assert await inbox.extend([ben], lease=hour, now=NOW) == frozenset()
    assert await inbox.recall("crm", longest_wait=day, longest_lease=hour, now=NOW - 2 * day) == 2
