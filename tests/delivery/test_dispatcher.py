"""From the inbox to the CRM and back: what a dispatcher does with every kind of answer, on a real
store.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from connectors.base import (
    Limits,
    Record,
    Ref,
    Unavailable,
)
from receiver.aom import Event, Profile
from receiver.delivery.batch import LaneBatch
from receiver.inbox import DeliverySelection, LeaderTerm, PendingDelivery, ReadyLane
from tests.delivery.crm import Crm
from tests.delivery.rig import Rig
from tests.delivery.scenario import BAD, attempts_of, held, run, start


def test_an_event_is_delivered_at_once(tmp_path: Path) -> None:
    """An idle gateway delivers what comes in, and remembers the CRM's id and the link."""

    async def scenario(opened: Rig) -> None:
        order = await opened.order("ann", 1, "COMPLETED")
        await opened.until_done()
        assert await opened.states(order) == ["delivered"]
        remotes = await opened.inbox.find_record_states("crm", [("deal", "1")])
        assert remotes["deal", "1"].id == "id-deal-1"
        assert remotes["deal", "1"].links == {"contact/ann@b.edu": "id-contact-ann@b.edu"}

    run(tmp_path, Crm(), scenario)


def test_waiting_events_of_one_person_are_one_write(tmp_path: Path) -> None:
    """What has gathered is folded, last value first, and many people are one call."""
    crm = Crm()

    async def scenario(opened: Rig) -> None:
        for name in ("A", "B", "C"):
            for person in ("ann", "ben", "cat"):
                await opened.account(person, first_name=name)
        task = await start(opened)
        await opened.until_done()
        assert [name for name, _ in crm.calls] == ["contact"]
        assert {held["firstname"] for held in crm.held.values()} == {"C"}
        await opened.dispatcher.stop(timedelta(seconds=5))
        await task

    run(tmp_path, crm, scenario, running=False)


def test_the_guilty_delivery_dies_alone(tmp_path: Path) -> None:
    """A refused fold is taken apart: the bad event is dead with the CRM's words, those before and
    after it are delivered.
    """
    crm = Crm()
    crm.rule = lambda record: BAD if record.fields.get("firstname") == "bad" else None

    async def scenario(opened: Rig) -> None:
        first = await opened.account("ann", first_name="Ann", last_name="First")
        guilty = await opened.account("ann", first_name="bad", last_name="Lost")
        last = [await opened.account("ann", last_name="Last", note=n) for n in range(3)]
        task = await start(opened)
        await opened.until_done(dead=1)
        assert await opened.states(first, guilty, *last) == [
            "delivered",
            "dead",
            "delivered",
            "delivered",
            "delivered",
        ]
        story = await opened.story(guilty)
        assert story.deliveries[0].reason == "firstname: that will not do (INVALID)"
        assert crm.held[Ref("contact", "ann@b.edu")] == {"firstname": "Ann", "lastname": "Last"}
        await opened.dispatcher.stop(timedelta(seconds=5))
        await task

    run(tmp_path, crm, scenario, running=False)


def test_a_refusal_in_one_lane_does_not_hold_up_the_others(tmp_path: Path) -> None:
    """Of ten people in one batch nine are delivered, also where the CRM refuses the batch as a
    whole.
    """
    crm = Crm()
    crm.refuses_whole_batches = True
    crm.rule = lambda record: BAD if record.key == "p3@b.edu" else None

    async def scenario(opened: Rig) -> None:
        people = [await opened.account(f"p{n}") for n in range(10)]
        task = await start(opened)
        await opened.until_done(dead=1)
        assert (await opened.states(*people)).count("delivered") == 9
        await opened.dispatcher.stop(timedelta(seconds=5))
        await task

    run(tmp_path, crm, scenario, running=False)


def test_a_defect_of_a_connector_is_counted_apart_and_retried(tmp_path: Path) -> None:
    """Whatever a connector raises, no event is lost and nobody else is stopped."""
    crm = Crm()
    crm.faults = [ZeroDivisionError("oops")]

    async def scenario(opened: Rig) -> None:
        one = await opened.account("ann")
        await opened.until(lambda: attempts_of(opened, one.id))
        assert b'connector_defects_total{connector="crm"} 1.0' in opened.metrics.text()
        opened.clock.ahead = timedelta(seconds=10)
        await opened.until_done()

    run(tmp_path, crm, scenario)


def test_a_replay_after_a_fix_delivers_the_dead(tmp_path: Path) -> None:
    """A dead delivery is delivered again with all that came later for the person, and nobody falls
    back.
    """
    crm = Crm()
    broken = {"it": True}
    crm.rule = lambda record: BAD if broken["it"] and record.object == "deal" else None

    async def scenario(opened: Rig) -> None:
        placed = await opened.order("ann", 5, "COMPLETED")
        await opened.until_done(dead=1)
        broken["it"] = False
        refunded = await opened.order("ann", 5, "REFUNDED")
        await opened.until(lambda: opened.is_delivered(refunded))
        done = await opened.inbox.replay_deliveries(
            DeliverySelection(events=[placed.id]), now=opened.clock()
        )
        assert (done.chosen, done.again) == (1, 2)
        await opened.until_done()
        assert crm.held[Ref("deal", "5")]["stage"] == "REFUNDED"

    run(tmp_path, crm, scenario)


def test_a_mapping_that_cannot_be_applied_names_its_place(tmp_path: Path) -> None:
    """The delivery is dead at once, with the place in the configuration; the person's other events
    are delivered.
    """
    crm = Crm()

    async def scenario(opened: Rig) -> None:
        bad = await opened.account("ann", score="ten")
        good = await opened.account("ann", first_name="Ann")
        await opened.until_done(dead=1)
        assert await opened.states(bad, good) == ["dead", "delivered"]
        assert "routes[0].upsert[0].fields.score" in (
            (await opened.story(bad)).deliveries[0].reason or ""
        )
        assert crm.held[Ref("contact", "ann@b.edu")]["firstname"] == "Ann"

    run(tmp_path, crm, scenario)


def test_a_record_is_never_in_two_calls_at_once(tmp_path: Path) -> None:
    """Lanes that share a record wait for each other, though batches run side by side."""
    crm = Crm(limits=Limits(records=1, links=10, concurrency=4, linger=0))
    under_way: set[str] = set()
    clashes: list[str] = []

    async def watch() -> None:
        keys = crm.calls[-1][1]
        clashes.extend(key for key in keys if key in under_way)
        under_way.update(keys)
        await asyncio.sleep(0.005)
        under_way.difference_update(keys)

    crm.before_answer = watch

    async def scenario(opened: Rig) -> None:
        for n in range(12):
            await opened.order(f"p{n}", 99, "COMPLETED")
        task = await start(opened)
        await opened.until_done()
        assert not clashes
        assert Ref("deal", "99") in crm.held
        await opened.dispatcher.stop(timedelta(seconds=5))
        await task

    run(tmp_path, crm, scenario, running=False)


def test_a_link_that_failed_is_repeated_without_its_records(tmp_path: Path) -> None:
    """What an attempt has written is not written again by the next one of the same lane."""
    crm = Crm()
    crm.faults = [None, None, Unavailable("reset")]

    async def scenario(opened: Rig) -> None:
        one = await opened.order("ann", 7, "COMPLETED")
        await opened.until(lambda: attempts_of(opened, one.id))
        opened.clock.ahead = timedelta(seconds=10)
        await opened.until_done()
        assert [name for name, _ in crm.calls] == ["contact", "deal", "link", "link"]
        assert (Ref("deal", "7"), Ref("contact", "ann@b.edu")) in crm.links

    run(tmp_path, crm, scenario)


def test_a_replay_writes_everything_again_also_where_it_fails_in_between(tmp_path: Path) -> None:
    """Somebody may have changed the record in the CRM: what was written before the replay does not
    count.
    """
    crm = Crm()

    async def scenario(opened: Rig) -> None:
        one = await opened.order("ann", 7, "COMPLETED")
        await opened.until_done()
        crm.held.clear()
        crm.faults = [Unavailable("reset"), None, Unavailable("reset")]
        await opened.inbox.replay_deliveries(DeliverySelection(events=[one.id]), now=opened.clock())
        for tries in (2, 3):
            await opened.until(partial(_at_least, opened, one.id, tries))
            opened.clock.ahead += timedelta(seconds=30)
        await opened.until_done()
        assert {ref.object for ref in crm.held} == {"contact", "deal"}
        assert [name for name, _ in crm.calls[3:]] == ["contact", "contact", "deal", "deal"]

    run(tmp_path, crm, scenario)


async def _at_least(opened: Rig, id: str, number: int) -> bool:
    return await attempts_of(opened, id) >= number


def test_a_person_does_not_die_of_anothers_field(tmp_path: Path) -> None:
    """Where lanes share a record that is refused, each is tried alone: only the guilty delivery is
    dead.
    """
    crm = Crm()
    crm.rule = lambda record: BAD if record.fields.get("note") == "bad" else None

    async def scenario(opened: Rig) -> None:
        innocent = await opened.order("ann", 99, "COMPLETED", note="good")
        guilty = await opened.order("ben", 99, "COMPLETED", note="bad")
        task = await start(opened)
        await opened.until_done(dead=1)
        assert await opened.states(innocent, guilty) == ["delivered", "dead"]
        await opened.dispatcher.stop(timedelta(seconds=5))
        await task

    run(tmp_path, crm, scenario, running=False)


def test_a_refund_under_another_address_does_not_fall_behind(tmp_path: Path) -> None:
    """The order was placed by one address and refunded under another: the older event does not
    overwrite, whichever is written first.
    """
    crm = Crm(limits=Limits(records=1, concurrency=2, linger=0))
    inside, go_on = held(crm)

    async def scenario(opened: Rig) -> None:
        placed = await opened.order("old", 7, "COMPLETED")
        refunded = await opened.order("new", 7, "REFUNDED")
        both = await opened.batch()
        # taken in two batches
        lanes = {lane.person_key: lane for lane in both._lanes}  # noqa: SLF001
        newer, older = (
            LaneBatch(opened.context, [lanes[f"{person}@b.edu"]], LeaderTerm(1))
            for person in ("new", "old")
        )
        first = asyncio.create_task(newer.run())
        await inside.wait()
        second = asyncio.create_task(older.run())
        await asyncio.sleep(0.05)
        go_on.set()
        await asyncio.gather(first, second)
        assert crm.held[Ref("deal", "7")]["stage"] == "REFUNDED"
        assert await opened.states(placed, refunded) == ["delivered", "delivered"]

    run(tmp_path, crm, scenario, running=False)


def test_a_connector_that_hangs_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call without a sign of life ends as an outage; the others go on."""
    monkeypatch.setattr("receiver.delivery.batch.PATIENCE", -29.8)
    crm = Crm(limits=Limits(records=10, concurrency=1, linger=0))
    inside, _ = held(crm)

    async def scenario(opened: Rig) -> None:
        one = await opened.account("ann")
        await inside.wait()
        await opened.until(lambda: attempts_of(opened, one.id))
        crm.before_answer = None
        assert "no sign of life" in (
            (await opened.story(one)).deliveries[0].attempts[0].message or ""
        )
        opened.clock.ahead = timedelta(seconds=70)
        await opened.until_done()

    run(tmp_path, crm, scenario)


def test_a_defect_in_rendering_is_that_deliverys_alone(tmp_path: Path) -> None:
    """An event that our own code cannot cope with is dead with a word on it; the others are
    delivered.
    """
    crm = Crm()

    async def scenario(opened: Rig) -> None:
        # a defect cannot be ordered otherwise
        original = opened.context.renderer._records  # noqa: SLF001

        def defective(
            event: Event, delivery: PendingDelivery, lane: ReadyLane, profile: Profile
        ) -> tuple[Record, ...]:
            if lane.person_key.startswith("bad"):
                raise ZeroDivisionError
            return original(event, delivery, lane, profile)

        opened.context.renderer._records = defective  # type: ignore[method-assign]  # noqa: SLF001
        bad, good = await opened.account("bad"), await opened.account("good")
        await opened.until_done(dead=1)
        assert await opened.states(bad, good) == ["dead", "delivered"]
        assert "ZeroDivisionError" in ((await opened.story(bad)).deliveries[0].reason or "")

    run(tmp_path, crm, scenario)
