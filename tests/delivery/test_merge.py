"""Records that several lanes write: of each field the newest event counts, in whatever order the
lanes come to write it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from connectors.base import Append, Limits, Record, Ref, Retry
from receiver.delivery.loop_share import LoopShare
from receiver.delivery.merge import LaneWrite, merge_writes
from receiver.inbox import DeliverySelection, EventFilter, RecordState
from receiver.inbox.db.event_ids import received_at
from receiver.mapping import find_origins
from tests.delivery.crm import Crm
from tests.delivery.records.test_record_writer import event_id
from tests.delivery.records.test_record_writer import run as write_all
from tests.delivery.rig import Rig
from tests.delivery.scenario import BAD, DEAL, attempted, run, stage_is, start

EVERY_ORDER = [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]


def deal(**fields: Any) -> Record:
    return Record("deal", "19", fields)


def lane_write(lane: int, *events: tuple[int, Record]) -> LaneWrite:
    """Of a lane that wants one record."""
    rendered = [(event_id(second), [record]) for second, record in events]
    fields: dict[str, Any] = {}
    for _, record in events:
        fields |= record.fields
    return LaneWrite(
        lane,
        (replace(events[0][1], fields=fields),),
        find_origins(rendered),
        rendered[-1][0],
        doubtful=False,
    )


async def deliver(opened: Rig) -> None:
    """All that waits, in one batch."""
    task = asyncio.create_task(opened.dispatcher.run())
    await opened.until_done()
    await opened.dispatcher.stop(timedelta(seconds=5))
    await task


def holding_up(crm: Crm, person: str) -> Callable[[], None]:
    """The CRM will not have this person's contact, nor then what links to it, until the returned
    function is called.
    """
    held = {f"{person}@b.edu"}
    crm.rule = lambda record: Retry("locked", 0.05) if record.key in held else None
    return held.clear


@pytest.mark.parametrize("order", EVERY_ORDER)
def test_of_each_field_the_newest_event_counts(order: tuple[int, ...]) -> None:
    """Whatever else the lanes have had since, and in whatever order they stand in the batch."""
    writes = [
        lane_write(1, (1, deal(stage="PLACED", note="gift")), (9, deal(seen="yes"))),
        lane_write(2, (2, deal(stage="PAID")), (3, deal(stage="REFUNDED"))),
        lane_write(3, (2, deal(stage="SENT", seen="no", by="c"))),
    ]
    (shared,) = asyncio.run(merge_writes([writes[number] for number in order], LoopShare()))
    assert shared.record.fields == {"stage": "REFUNDED", "note": "gift", "seen": "yes", "by": "c"}
    assert {name: (stamp.event_id, stamp.lane_id) for name, stamp in shared.stamps.items()} == {
        "stage": (event_id(3), 2),
        "note": (event_id(1), 1),
        "seen": (event_id(9), 1),
        "by": (event_id(2), 3),
    }
    assert shared.lanes == {1, 2, 3}


def test_options_to_append_are_united_whoever_comes_first() -> None:
    """An older event's options do not replace those of a newer one, nor get lost."""
    writes = [
        lane_write(1, (1, deal(courses=Append(("A",))))),
        lane_write(2, (2, deal(courses=Append(("B",))))),
    ]
    (shared,) = asyncio.run(merge_writes(writes, LoopShare()))
    assert shared.record.fields == {"courses": Append(("A", "B"))}
    assert shared.stamps == {}


def test_a_refund_of_another_person_stands_whatever_else_the_buyer_does(tmp_path: Path) -> None:
    """One batch: bought by one, refunded by another, and then something of the first that is not
    about the order.
    """
    crm = Crm()

    async def scenario(opened: Rig) -> None:
        await opened.order("ann", 19, "COMPLETED")
        await opened.order("ben", 19, "REFUNDED")
        await opened.account("ann", first_name="Ann")
        await deliver(opened)
        assert crm.held[DEAL]["stage"] == "REFUNDED"

    run(tmp_path, crm, scenario, running=False)


def test_a_refund_is_written_after_a_replay_of_the_buyers_lane(tmp_path: Path) -> None:
    """The purchase, written again together with a newer event that is not about the order, does not
    count as newer than the refund.
    """
    crm = Crm()
    let_go = holding_up(crm, "ben")

    async def scenario(opened: Rig) -> None:
        await opened.order("ann", 19, "COMPLETED")
        refunded = await opened.order("ben", 19, "REFUNDED")
        await opened.until(partial(attempted, opened, refunded.id))
        again = await opened.order("ann", 20, "COMPLETED")
        await opened.until(partial(attempted, opened, again.id))
        written = len(crm.received)
        await opened.inbox.replay_deliveries(
            DeliverySelection(filter=EventFilter(person="ann@b.edu")), now=opened.clock()
        )
        await opened.until(partial(was_written_again, crm, written))
        let_go()
        await opened.until_done()
        assert crm.held[DEAL]["stage"] == "REFUNDED"

    run(tmp_path, crm, scenario)


async def was_written_again(crm: Crm, since: int) -> bool:
    return DEAL in {record.ref for record in crm.received[since:]}


def test_what_only_the_older_event_says_is_written_and_the_rest_is_told(tmp_path: Path) -> None:
    """A late lane adds its own fields to what a newer event has set; the attempt and a figure tell
    of the others.
    """
    crm = Crm()
    let_go = holding_up(crm, "ben")

    async def scenario(opened: Rig) -> None:
        placed = await opened.order("ben", 19, "PLACED", note="gift wrap")
        await opened.until(partial(attempted, opened, placed.id))
        await opened.order("ann", 19, "REFUNDED")
        await opened.until(partial(stage_is, crm, "REFUNDED"))
        let_go()
        await opened.until_done()
        assert crm.held[DEAL] == {"stage": "REFUNDED", "note": "gift wrap"}
        (delivery,) = (await opened.story(placed)).deliveries
        assert delivery.attempts[-1].notes == ["deal 19: left as a newer event had set it: stage"]
        assert delivery.attempts[-1].sent[-1]["fields"] == {"note": "gift wrap"}
        assert b'records_superseded_total{connector="crm"} 1.0' in opened.metrics.text()

    run(tmp_path, crm, scenario)


def test_an_older_event_that_has_nothing_to_add_only_ties_its_links(tmp_path: Path) -> None:
    """The record is not sent; the person is linked to it all the same, and what is known of its
    fields stays.
    """
    crm = Crm()
    let_go = holding_up(crm, "ben")

    async def scenario(opened: Rig) -> None:
        placed = await opened.order("ben", 19, "PLACED")
        await opened.until(partial(attempted, opened, placed.id))
        refunded = await opened.order("ann", 19, "REFUNDED")
        await opened.until(partial(stage_is, crm, "REFUNDED"))
        let_go()
        await opened.until_done()
        assert {record.fields["stage"] for record in crm.received if record.ref == DEAL} == {
            "REFUNDED"
        }
        assert (DEAL, Ref("contact", "ben@b.edu")) in crm.links
        known = (await opened.inbox.find_record_states("crm", [("deal", "19")]))["deal", "19"]
        assert known.stamps["stage"].event_id == known.event_id == refunded.id
        assert known.links == {
            f"contact/{name}@b.edu": f"id-contact-{name}@b.edu" for name in ("ann", "ben")
        }

    run(tmp_path, crm, scenario)


def test_a_field_stays_with_its_newest_event_when_the_record_goes_on() -> None:
    """Another lane's refund is not undone by a replay of the purchase, although the buyer's lane
    wrote another field since.
    """
    crm = Crm()
    placed, refunded = (
        lane_write(1, (1, deal(stage="PLACED"))),
        lane_write(2, (2, deal(stage="REFUNDED"))),
    )
    noted = lane_write(1, (3, deal(note="x")))
    known: RecordState | None = None
    for one in (placed, refunded, noted, placed):
        result = write_all(crm, one, remotes={("deal", "19"): known} if known else None)[DEAL]
        if row := result.remote(known):
            known = RecordState(row.id, {}, row.event_id, row.stamps)
    assert (set(result.left_out), result.sent) == ({"stage"}, False)
    assert crm.held[DEAL] == {"stage": "REFUNDED", "note": "x"}
    assert len(crm.calls) == 3
    assert known
    assert known.event_id == event_id(3)


def test_a_lane_may_always_write_again_what_it_wrote(tmp_path: Path) -> None:
    """Whoever gives up a wrong event and replays the one before gets the state before back."""
    crm = Crm()

    async def scenario(opened: Rig) -> None:
        right, wrong = (
            await opened.order("ann", 19, "COMPLETED"),
            await opened.order("ann", 19, "REFUNDED"),
        )
        await opened.until_done()
        await opened.dispatcher.stop(timedelta(seconds=5))
        await opened.inbox.replay_deliveries(
            DeliverySelection(events=[right.id]), now=opened.clock()
        )
        await opened.inbox.discard_selected(
            DeliverySelection(events=[wrong.id]), now=opened.clock()
        )
        opened.dispatcher = type(opened.dispatcher)(opened.context)
        await deliver(opened)
        assert crm.held[DEAL]["stage"] == "COMPLETED"

    run(tmp_path, crm, scenario)


def test_the_store_knows_what_the_crm_holds_where_a_lane_wrote_again(tmp_path: Path) -> None:
    """Its newest event is refused at last, and the one before it is what stands: a newer one of
    another person is no older than that.
    """
    crm = Crm()

    async def scenario(opened: Rig) -> None:
        placed = await opened.order("ann", 19, "PLACED")
        paid = await opened.order("ben", 19, "COMPLETED")
        await opened.order("ann", 19, "REFUNDED")
        await opened.until_done()
        crm.rule = lambda record: BAD if record.fields.get("stage") == "REFUNDED" else None
        await opened.inbox.replay_deliveries(
            DeliverySelection(events=[placed.id]), now=opened.clock()
        )
        await opened.until_done(dead=1)
        assert crm.held[DEAL]["stage"] == "PLACED"
        await opened.inbox.replay_deliveries(
            DeliverySelection(events=[paid.id]), now=opened.clock()
        )
        await opened.until_done(dead=1)
        assert crm.held[DEAL]["stage"] == "COMPLETED"

    run(tmp_path, crm, scenario)


async def import_order(opened: Rig, person: str, status: str, age: timedelta, **fields: Any) -> str:
    """Hand in late what happened so long ago."""
    payload = {
        "id": 19,
        "status": status,
        "line_items": [],
        "customer": {"email": f"{person}@b.edu"},
        **fields,
    }
    judged = opened.judge(
        "school", "order.placed", json.dumps(payload).encode(), opened.clock() - age
    )
    return (await opened.inbox.accept(replace(judged, late_at=opened.clock()))).id


@pytest.mark.parametrize("person", ["ann", "ben"])
def test_an_import_does_not_undo_what_came_after_it(tmp_path: Path, person: str) -> None:
    """Also where the newer event is purged, and in the record's own lane; what the newer did not
    set is written.
    """
    crm = Crm()

    async def scenario(opened: Rig) -> None:
        await opened.order("ann", 19, "REFUNDED")
        await opened.until_done()
        opened.clock.ahead = timedelta(days=91)
        await opened.inbox.purge_old(before=opened.clock() - timedelta(days=90))
        id = await import_order(opened, person, "COMPLETED", timedelta(days=100), note="gift wrap")
        await opened.until_done()
        assert crm.held[DEAL] == {"stage": "REFUNDED", "note": "gift wrap"}
        assert await attempted(opened, id)

    run(tmp_path, crm, scenario)


def test_an_event_of_a_clock_that_was_ahead_stands_against_nobody(tmp_path: Path) -> None:
    """Once the clock is right again, the next event about the record is written, and counts."""
    crm = Crm()

    async def scenario(opened: Rig) -> None:
        opened.clock.wrong = timedelta(days=365)
        await opened.order("ann", 19, "COMPLETED")
        await opened.until_done()
        opened.clock.wrong = timedelta(0)
        placed = await opened.order("ben", 19, "PLACED")
        await opened.until_done()
        await opened.order("cat", 19, "REFUNDED")
        await opened.until_done()
        await opened.inbox.replay_deliveries(
            DeliverySelection(events=[placed.id]), now=opened.clock()
        )
        await opened.until_done()
        assert crm.held[DEAL]["stage"] == "REFUNDED"

    run(tmp_path, crm, scenario)


def test_what_a_lane_has_written_is_known_before_it_is_through(tmp_path: Path) -> None:
    """While it steps through its deliveries, others can see which event has set what of a record
    that it shares with them.
    """
    crm = Crm(limits=Limits(records=10, links=10, concurrency=1, linger=0))
    crm.rule = lambda record: BAD if record.fields.get("firstname") == "bad" else None
    seen: list[bool] = []

    async def scenario(opened: Rig) -> None:
        async def look() -> None:
            seen.append(
                ("deal", "7") in await opened.inbox.find_record_states("crm", [("deal", "7")])
            )

        crm.before_answer = look
        await opened.order("ann", 7, "COMPLETED")
        await opened.account("ann", first_name="bad")
        task = await start(opened)
        await opened.until_done(dead=1)
        await opened.dispatcher.stop(timedelta(seconds=5))
        await task

    run(tmp_path, crm, scenario, running=False)
    assert [kind for kind, _ in crm.calls] == ["contact", "contact", "deal", "link", "contact"]
    assert seen == [False, False, False, True]  # a link does not look


def test_a_record_names_the_newest_event_behind_it() -> None:
    """Folded and merged ones too, whichever lane brings it; one that only adds names its lane's."""
    older = lane_write(1, (1, deal(amount="1")), (2, deal(stage="won")))
    newer = lane_write(2, (3, deal(amount="3")))
    adding = lane_write(3, (4, Record("contact", "ann", {"courses": Append(("A",))})))
    for order in ([older, newer, adding], [adding, newer, older]):
        merged = asyncio.run(merge_writes(order, LoopShare()))
        named = {one.ref.object: one.record.event_id for one in merged}
        assert named == {"deal": event_id(3), "contact": event_id(4)}
    (alone,) = asyncio.run(merge_writes([older], LoopShare()))
    assert alone.record.event_id == event_id(2)
    assert alone.record.event_at == received_at(event_id(2))
