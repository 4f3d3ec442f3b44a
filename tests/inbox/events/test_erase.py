"""Erasing a person: nothing of theirs is left, and nothing of the others is lost."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

from receiver.inbox import (
    DeliverySelection,
    ErasedPerson,
    EventFilter,
    Inbox,
)
from receiver.inbox.lanes.field_versions import FieldVersion
from tests.inbox.store import (
    ANN,
    BEN,
    NOW,
    attempt,
    bodies,
    contact_state,
    delivered,
    exists,
    faulty,
    new,
    open_inbox,
    order,
    remote,
    settle,
    stored,
    take_one,
    take_ready,
)

SHARED = json.dumps(
    {
        "userList": [{"email": "Ann@Example.edu", "name": "Ann Smith"}, {"email": BEN}],
        "courses": ["Algebra"],
    }
)


@stored
async def test_events_of_the_person_alone_go(inbox: Inbox) -> None:
    """With their deliveries, attempts and lanes, and what is remembered of the CRM; whatever the
    case of the address.
    """
    mine = [
        (await inbox.accept(new(order(number, ANN), ANN, connectors=("crm", "other")))).id
        for number in range(3)
    ]
    taken = await take_one(inbox)
    result = delivered(taken, attempt=attempt(sent=[{"email": ANN}]))
    records = [remote("contact", ANN, "7", taken, f"deal/{ANN}")]
    await settle(inbox, [result], records=records, now=NOW)
    unrouted = (await inbox.accept(new(order(9, ANN), ANN, connectors=()))).id
    other = (await inbox.accept(new(order(10, BEN), BEN))).id
    done = await inbox.erase_person(" ANN@example.EDU ")
    assert (done.events, done.shared, done.lanes, done.deliveries, done.attempts, done.remotes) == (
        4,
        0,
        2,
        6,
        1,
        1,
    )
    assert [await exists(inbox, id) for id in (*mine, unrouted, other)] == [False] * 4 + [True]
    assert (await inbox.find_person(ANN)).lanes == ()
    assert await inbox.find_record_states("crm", [("contact", ANN)]) == {}
    assert (await inbox.list_events(EventFilter(person=ANN))).items == ()
    assert [one.person_key for one in await take_ready(inbox)] == [BEN]


@stored
async def test_the_others_of_a_shared_event_keep_theirs(inbox: Inbox) -> None:
    """The person leaves the payload, the list of people and the deliveries; the others' deliveries
    go on.
    """
    kept = await inbox.accept(
        new(SHARED, ANN, BEN, name="course.enrolled", disagreement=f"not {ANN}")
    )
    done = await inbox.erase_person(ANN)
    assert (done.events, done.shared, done.deliveries, done.lanes) == (0, 1, 1, 1)
    found = await inbox.find_event(kept.id)
    assert json.loads(found.body) == {"userList": [{"email": BEN}], "courses": ["Algebra"]}
    assert (found.person, found.people, found.disagreement) == (BEN, 1, "not [erased]")
    assert [(row.person, row.state) for row in found.deliveries] == [(BEN, "pending")]
    assert json.loads(bodies(await take_one(inbox))[0])["userList"] == [{"email": BEN}]
    assert (await inbox.accept(new(SHARED, ANN, BEN))).duplicate


@stored
async def test_whoever_another_ones_order_is_billed_to_is_gone(inbox: Inbox) -> None:
    """Though nothing was delivered for them; the buyer's event stays, and is delivered."""
    bill = {"full_name": "Ann Bell", "email": ANN, "city": "York"}
    body = json.dumps({"id": 19, "customer": {"email": BEN, "billing_address": bill}})
    kept = await inbox.accept(new(body, BEN))
    done = await inbox.erase_person(ANN)
    assert (done.events, done.shared, done.deliveries) == (0, 1, 0)
    (left,) = bodies(await take_one(inbox))
    assert json.loads(left)["customer"] == {
        "email": BEN,
        "billing_address": {"full_name": "[erased]", "email": "[erased]", "city": "York"},
    }
    assert (await inbox.find_event(kept.id)).person == BEN


@stored
async def test_a_shared_event_without_a_route(inbox: Inbox) -> None:
    """The same where nobody has a delivery, and where only one of them has."""
    both = await inbox.accept(new(SHARED, ANN, BEN, connectors=()))
    one = await inbox.accept(new(SHARED + " ", ANN, BEN, lanes=(("crm", BEN),)))
    done = await inbox.erase_person(ANN)
    assert (done.events, done.shared) == (0, 2)
    assert [row.id for row in (await inbox.list_events(EventFilter(person=BEN))).items] == [
        one.id,
        both.id,
    ]
    assert (await inbox.erase_person(BEN)).events == 2
    assert (await inbox.list_events()).items == ()


@stored
async def test_calls_in_quarantine(inbox: Inbox) -> None:
    """One that names nobody else goes, and one that is no JSON; one with others in it stays for
    them. JSON's escapes hide nobody.
    """
    alone = (await inbox.accept(faulty(order(1, ANN), ("customer.email", f"{ANN} is odd")))).id
    escaped = (
        await inbox.accept(faulty(order(2, ANN.replace("@", "\\u0040")).replace("\\\\", "\\")))
    ).id
    shared = (await inbox.accept(faulty(SHARED))).id
    broken = (await inbox.accept(faulty(f'{{"email": "{ANN}", {BEN}'))).id
    others = (await inbox.accept(faulty(order(3, BEN)))).id
    done = await inbox.erase_person(ANN)
    assert (done.events, done.shared) == (3, 1)
    assert [await exists(inbox, id) for id in (alone, escaped, shared, broken, others)] == [
        False,
        False,
        True,
        False,
        True,
    ]
    assert json.loads((await inbox.find_event(shared)).body) == {
        "userList": [{"email": BEN}],
        "courses": ["Algebra"],
    }


@stored
async def test_an_address_that_php_escapes(inbox: Inbox) -> None:
    """AOM's JSON escapes what is not ASCII; the address is found all the same."""
    address = "jürgen@exämple.edu"
    body = json.dumps({"email": BEN, "note": f"for {address}"})
    assert address not in body
    kept = await inbox.accept(new(body, BEN))
    mine = await inbox.accept(new(json.dumps({"email": address}), address))
    done = await inbox.erase_person(address)
    assert (done.events, done.shared) == (1, 1)
    assert json.loads((await inbox.find_event(kept.id)).body)["note"] == "for [erased]"
    assert not await exists(inbox, mine.id)


@stored
async def test_addresses_that_look_alike(inbox: Inbox) -> None:
    """Characters that are wildcards in SQL are none here."""
    await inbox.accept(new(order(1, "a_n%@example.edu"), "a_n%@example.edu"))
    alike = await inbox.accept(
        new(order(2, "axnyz@example.edu"), "axnyz@example.edu", disagreement="axnyz@example.edu")
    )
    done = await inbox.erase_person("a_n%@example.edu")
    assert (done.events, done.shared, done.mentions) == (1, 0, 0)
    assert await exists(inbox, alike.id)


@stored
async def test_what_is_settled_after_the_erasure_leaves_nothing(inbox: Inbox) -> None:
    """The lane was under way meanwhile: no attempt, no record, no lane comes back."""
    await inbox.accept(new(order(1, ANN), ANN))
    taken = await take_one(inbox)
    await inbox.erase_person(ANN)
    result = delivered(taken, attempt=attempt(sent=[ANN]))
    records = [remote("contact", ANN, "7", taken)]
    report = await settle(inbox, [result], records=records, now=NOW)
    assert (report.delivered, report.lost) == (0, False)
    assert await inbox.find_record_states("crm", [("contact", ANN)]) == {}
    assert (await inbox.find_person(ANN)).lanes == ()


@stored
async def test_a_record_of_a_lane_that_goes_on_leaves_nothing(inbox: Inbox) -> None:
    """The first of its writes is told, between the calls of a batch, after the person was
    erased.
    """
    await inbox.accept(new(order(1, ANN), ANN))
    await inbox.accept(new(order(2, BEN), BEN))
    mine, other = sorted(await take_ready(inbox), key=lambda one: one.person_key)
    await inbox.erase_person(ANN)
    records = [remote("contact", one.person_key, "7", one) for one in (mine, other)]
    await settle(inbox, [], records=records, now=NOW)
    refs = [("contact", ANN), ("contact", BEN)]
    assert (await inbox.find_record_states("crm", refs)).keys() == {("contact", BEN)}


@stored
async def test_a_record_of_several_people_stays_for_the_others(inbox: Inbox) -> None:
    """What one has set still stands against older events when another, who wrote it last, is
    erased; with the last of them it goes.
    """
    stamps: dict[str, FieldVersion] = {}
    for person in (ANN, BEN):
        await inbox.accept(new(order(1, person), person))
        taken = await take_one(inbox)
        newest = taken.deliveries[-1].event_id
        stamps |= {f"by {person[:3]}": FieldVersion(newest, taken.lane_id)}
        row = replace(remote("deal", "7", "1", taken), stamps=dict(stamps))
        await settle(inbox, [delivered(taken)], records=[row], now=NOW)
    assert (await inbox.erase_person(BEN)).remotes == 0
    known = (await inbox.find_record_states("crm", [("deal", "7")]))["deal", "7"]
    assert known.stamps.keys() == {"by ann", "by ben"}
    assert known.event_id == known.stamps["by ann"].event_id
    assert (await inbox.erase_person(ANN)).remotes == 1
    assert await inbox.find_record_states("crm", [("deal", "7")]) == {}


@stored
async def test_a_record_whose_key_holds_the_address_goes(inbox: Inbox) -> None:
    """Whoever else wrote it; the key of another one that looks like it stays."""
    await inbox.accept(new(order(1, ANN), ANN))
    mine = await take_one(inbox)
    await settle(inbox, [delivered(mine)], now=NOW)
    await inbox.accept(new(order(1, BEN), BEN))
    taken = await take_one(inbox)
    keys = (f"{ANN}:7", f"x{ANN}:7")
    rows = tuple(remote("enrolment", key, "1", taken) for key in keys)
    await settle(inbox, [delivered(taken)], records=rows, now=NOW)
    assert (await inbox.erase_person(ANN)).remotes == 1
    assert (await inbox.find_record_states("crm", [("enrolment", key) for key in keys])).keys() == {
        ("enrolment", keys[1])
    }


@stored
async def test_nobody_is_erased(inbox: Inbox) -> None:
    """An address that is nowhere changes nothing; a person who comes back begins anew."""
    await inbox.accept(new(order(1, BEN), BEN))
    assert (await inbox.erase_person(ANN)).events == 0
    for nobody in ("", " ", "@", "e", "example.edu"):
        assert await inbox.erase_person(nobody) == ErasedPerson()
    assert len((await inbox.list_events()).items) == 1
    await inbox.accept(new(order(2, ANN), ANN))
    await inbox.erase_person(ANN)
    again = await inbox.accept(new(order(2, ANN), ANN))
    assert (again.duplicate, again.deliveries) == (False, 1)


@stored
async def test_events_that_come_during_the_erasure(inbox: Inbox) -> None:
    """Are erased with the rest or stay as a whole: no event is left that no longer leads to its
    person.
    """

    async def add() -> None:
        for number in range(30):
            await inbox.accept(new(order(number, ANN), ANN))

    await asyncio.gather(add(), inbox.erase_person(ANN), add())
    left = len((await inbox.list_events(limit=100)).items)
    assert len((await inbox.list_events(EventFilter(person=ANN), limit=100)).items) == left
    await inbox.erase_person(ANN)
    assert (await inbox.list_events()).items == ()


def test_the_address_is_nowhere_in_the_files(sqlite_url: str, tmp_path: Path) -> None:
    """Of 2,000 people in a busy store some are erased: their addresses are in no byte of the
    database or its log.
    """
    people = [
        f"{'leaves' if number < 300 else 'stays'}{number:04}@example.edu" for number in range(2000)
    ]
    erased = people[0:300:30]

    def found() -> dict[str, list[str]]:
        files = {
            path.name: path.read_bytes().lower()
            for path in tmp_path.iterdir()
            if path.suffix != ".lock"
        }
        assert people[1].encode() in files["store.db"]
        return {
            name: [person for person in erased if person.encode() in content]
            for name, content in files.items()
        }

    async def main() -> None:
        async with open_inbox(sqlite_url) as inbox:
            for number in range(3):
                await _busy(inbox, people, number)
            for person in erased:
                assert (await inbox.erase_person(person)).events == 3
            assert await asyncio.to_thread(found) == {
                "store.db": [],
                "store.db-wal": [],
                "store.db-shm": [],
            }
            assert (
                len((await inbox.list_events(limit=10_000)).items) == 3 * (2000 - len(erased)) + 30
            )

    asyncio.run(main())
    assert found() == {"store.db": []}


async def _busy(inbox: Inbox, people: list[str], number: int) -> None:
    """Everybody orders, some are in one list together, all is delivered and replayed."""
    await asyncio.gather(
        *(inbox.accept(new(order(number, person, f"from {person}"), person)) for person in people)
    )
    for start in range(0, 400, 40):
        together = people[start : start + 40]
        await inbox.accept(new(json.dumps({"number": number, "list": together}), *together))
    while lanes := await take_ready(inbox, limit=200):
        done = [delivered(one, attempt=attempt(sent=[one.person_key])) for one in lanes]
        records = [contact_state(one.person_key, one) for one in lanes]
        await settle(inbox, done, records=records, now=NOW)
    await inbox.replay_deliveries(DeliverySelection(filter=EventFilter()), now=NOW)
