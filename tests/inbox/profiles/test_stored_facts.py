"""Facts are the same in whatever order they come and however often, and go with the person."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import permutations

import pytest

from receiver.facts import KnownFacts, PersonFacts
from receiver.inbox import CountedEvent, Inbox
from tests.inbox.profiles.known import SOURCE, count, course, known, order, quiz
from tests.inbox.store import ANN, BEN, NOW, new, open_inbox, stored

DAY = timedelta(days=1)


async def told(inbox: Inbox, *facts: PersonFacts, person: str = ANN) -> None:
    """Each fact by an event of its own, counted in this order, one after the other."""
    for number, fact in enumerate(facts):
        content = f"{person} {number} {len(await inbox.list_uncounted())} {fact}"
        await inbox.accept(new(content, person, to_count=True))
        await count(inbox, fact, person=person)


@pytest.mark.parametrize("turn", list(permutations(range(3))))
def test_of_an_order_the_newest_state_counts(store_url: str, turn: tuple[int, ...]) -> None:
    """Paid, refunded, paid again for less: however they come. It was made when it was first
    seen.
    """
    states = [
        order("7", "a", at=NOW + DAY),
        order("7", "b", paid=False, at=NOW),
        order("7", "c", total="5.05", at=NOW + 2 * DAY),
    ]

    async def main() -> None:
        async with open_inbox(store_url) as inbox:
            await told(inbox, *(states[place] for place in turn))
            (found,) = (await known(inbox)).orders
            assert (found.event_id, found.paid, str(found.total)) == ("c", True, "5.05")
            assert found.made_at == NOW

    asyncio.run(main())


@stored
async def test_an_order_is_of_whom_its_newest_state_is(inbox: Inbox) -> None:
    """A purchase that was put right counts for one person, whatever comes late."""
    await told(inbox, order("7", "b"), person=BEN)
    await told(inbox, order("7", "a"), person=ANN)
    assert (await known(inbox, ANN)).orders == ()
    assert len((await known(inbox, BEN)).orders) == 1
    await told(inbox, order("7", "c"), person=ANN)
    assert len((await known(inbox, ANN)).orders) == 1
    assert (await known(inbox, BEN)).orders == ()


@stored
async def test_a_course_is_one_however_often_it_is_told(inbox: Inbox) -> None:
    """By its id, with the newest name and the first enrolment; without an id, by its name."""
    await told(
        inbox,
        course("1", "Algebra II", "b", NOW),
        course("1", "Algebra", "a", NOW + DAY),
        course(None, "Drawing", "c"),
        course(None, "Drawing", "d"),
    )
    found = await known(inbox)
    assert sorted((one.id, one.name, one.enrolled_at) for one in found.courses if one.id) == [
        ("1", "Algebra II", NOW)
    ]
    assert [one.name for one in found.courses if not one.id] == ["Drawing"]
    assert (found.first_seen_at, found.last_active_at) == (NOW, NOW + DAY)


@stored
async def test_what_is_handed_in_counts_once(inbox: Inbox) -> None:
    """The same submission in two events is one."""
    await told(inbox, quiz(b"a"), quiz(b"b"), quiz(b"a"))
    assert (await known(inbox)).submissions == {"quiz": 2}


@stored
async def test_somebody_else_acted(inbox: Inbox) -> None:
    """A grade tells that the person is there, not that they did something."""
    await told(inbox, PersonFacts(seen_at=NOW))
    found = await known(inbox)
    assert (found.first_seen_at, found.last_active_at) == (NOW, None)
    await told(inbox, quiz(b"a", NOW - DAY))
    found = await known(inbox)
    assert (found.first_seen_at, found.last_active_at) == (NOW - DAY, NOW - DAY)


@stored
async def test_any_text_is_kept(inbox: Inbox) -> None:
    """What no database takes is replaced, as everywhere."""
    await told(inbox, order("7\0\ud800", "a"), course("1\0", "A\0\ud800", "b"))
    await told(inbox, course(None, "A\0\ud800", "c"))
    found = await known(inbox)
    assert (len(found.orders), len(found.courses)) == (1, 2)


@stored
async def test_an_event_counts_once(inbox: Inbox) -> None:
    """Two processes read the same; what the second one tells is not kept."""
    await inbox.accept(new("a", to_count=True))
    (event,) = await inbox.list_uncounted()
    assert await inbox.keep_facts([CountedEvent(event, {ANN: order("7", "a")})], now=NOW) == 1
    assert await inbox.keep_facts([CountedEvent(event, {ANN: order("8", "a")})], now=NOW) == 0
    assert [one.id for one in (await known(inbox)).orders] == ["7"]


@stored
async def test_people_at_several_sources(inbox: Inbox) -> None:
    """What one site tells is no part of the profile at another."""
    await told(inbox, order("7", "a"))
    assert (await known(inbox, source="shelbyville")).orders == ()
    at = [(SOURCE, ANN), ("shelbyville", ANN), (SOURCE, BEN)]
    found = await inbox.find_known_facts(at)
    assert [len(found[one].orders) for one in at] == [1, 0, 0]
    assert await inbox.find_known_facts([]) == {}


@stored
async def test_addresses_that_are_joined_are_one_profile(inbox: Inbox) -> None:
    """What was kept of each before they were one person's is added up, by either key; and goes with
    the person.
    """
    facts = (order("7", "b"), course("1", "Algebra", "a", NOW), quiz(b"q", NOW - DAY))
    await told(inbox, *facts)
    later = (order("8", "c"), course("1", "Algebra II", "d", NOW + DAY), quiz(b"q"), quiz(b"r"))
    await told(inbox, *later, person=BEN)
    for address in (ANN, BEN):
        await inbox.accept(
            new(f"account {address}", address, account_ids={address: "5"}, tells_addresses=True)
        )
    one, other = [await known(inbox, key) for key in (ANN, BEN)]
    assert one == other
    assert sorted(fact.id for fact in one.orders) == ["7", "8"]
    assert [(fact.name, fact.enrolled_at) for fact in one.courses] == [("Algebra II", NOW)]
    assert one.submissions == {"quiz": 2}
    assert (one.first_seen_at, one.last_active_at) == (NOW - DAY, NOW + DAY)
    await inbox.erase_person(BEN)
    assert [await known(inbox, address) for address in (ANN, BEN)] == [KnownFacts()] * 2


@stored
async def test_the_key_of_a_person_may_be_the_address_of_another(inbox: Inbox) -> None:
    """An address that was left and given to somebody else: each has the profile of their own."""
    for id, address, aom_id in (("a", BEN, "8"), ("b", "tmp@example.edu", "8"), ("c", BEN, "10")):
        account = {address: aom_id}
        await inbox.accept(new(id, address, account_ids=account, tells_addresses=True))
    await told(inbox, order("7", "d"), person=BEN)
    await told(inbox, quiz(b"q"), person=f"{SOURCE}:10")
    found = await inbox.find_known_facts([(SOURCE, BEN), (SOURCE, f"{SOURCE}:10")])
    assert [(len(one.orders), one.submissions) for one in found.values()] == [
        (1, {}),
        (0, {"quiz": 1}),
    ]


@stored
async def test_who_is_erased_is_in_no_profile(inbox: Inbox) -> None:
    """The others' stay as they are, also where they were in the same event."""
    await inbox.accept(new("a", ANN, BEN, to_count=True))
    (event,) = await inbox.list_uncounted()
    facts = course("1", "Algebra", "a")
    await inbox.keep_facts([CountedEvent(event, {ANN: facts, BEN: facts})], now=NOW)
    await told(inbox, order("7", "b"), quiz(b"q"))
    before = await known(inbox, BEN)
    await inbox.erase_person(ANN)
    assert await known(inbox, ANN) == KnownFacts()
    assert await known(inbox, BEN) == before != KnownFacts()


@stored
async def test_who_is_erased_while_their_event_is_counted_stays_erased(inbox: Inbox) -> None:
    """What was read before the erasure is not kept after it: not of their own event, nor of one
    that goes on without them, which is read anew.
    """
    own = '{"email": "ann@example.edu"}'
    shared = '{"userList": [{"email": "ann@example.edu"}, {"email": "ben@example.edu"}]}'
    await inbox.accept(new(own, ANN, to_count=True, connectors=()))
    await inbox.accept(new(shared, ANN, BEN, to_count=True, connectors=()))
    read = await inbox.list_uncounted()
    await inbox.erase_person(ANN)
    facts = quiz(b"q")
    assert await inbox.keep_facts([CountedEvent(one, {ANN: facts}) for one in read], now=NOW) == 0
    assert await known(inbox, ANN) == KnownFacts()
    (again,) = await inbox.list_uncounted()
    assert b"ann@" not in again.body
    assert await inbox.keep_facts([CountedEvent(again, {BEN: facts})], now=NOW) == 1


@stored
async def test_a_course_named_after_somebody_is_scrubbed(inbox: Inbox) -> None:
    """The address of an erased person stands in nobody's profile."""
    await told(inbox, course("1", f"Lessons with {ANN}", "a"), person=BEN)
    await inbox.erase_person(ANN)
    (found,) = (await known(inbox, BEN)).courses
    assert ANN not in found.name
