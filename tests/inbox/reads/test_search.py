"""Search by whatever somebody knows of a thing, on both databases."""

from __future__ import annotations

from dataclasses import replace

from receiver.facts import digest_order
from receiver.inbox import Inbox, SettledLane
from tests.inbox.store import (
    ANN,
    BEN,
    NOW,
    attempt,
    new,
    remote,
    seconds,
    settle,
    stored,
    take_ready,
)


async def order(
    inbox: Inbox, body: str, person: str, id: str, *, source: str = "springfield"
) -> str:
    """An accepted event that tells of this order."""
    told = replace(new(body, person, source=source, name="order.placed"), thing=digest_order(id))
    return (await inbox.accept(told)).id


async def write(inbox: Inbox, key: str, id: str, *, connector: str = "crm") -> None:
    """Deliver all that is ready, as a contact and as a deal of this key."""
    lanes = await take_ready(inbox, connector=connector, at=NOW + seconds(60))
    done = [
        SettledLane(
            one,
            delivered=tuple(pending.delivery_id for pending in one.deliveries),
            attempt=attempt(
                sent=[
                    {"object": "contact", "key": one.person_key},
                    {"object": "deal", "key": key, "of": [one.deliveries[-1].delivery_id]},
                ]
            ),
        )
        for one in lanes
    ]
    records = [remote("deal", key, id, one) for one in lanes]
    records += [remote("contact", one.person_key, f"c{id}", one) for one in lanes]
    await settle(inbox, done, connector=connector, records=records, now=NOW + seconds(60))


@stored
async def test_an_order_is_found_by_its_id(inbox: Inbox) -> None:
    """With all its events, written or not, at each source that has one; by the key of its record
    too, also by the id that the CRM gave it.
    """
    first = await order(inbox, "placed", ANN, "7301")
    await write(inbox, "springfield:7301", "55501")
    refund = await order(inbox, "refunded", ANN, "7301")
    other = await order(inbox, "elsewhere", BEN, "7301", source="shelbyville")
    found = await inbox.find_matches("7301", sources=("springfield", "shelbyville"))
    assert [(one.source, one.id, one.events) for one in found.orders] == [
        ("shelbyville", "7301", 1),
        ("springfield", "7301", 2),
    ]
    assert [(one.record.object, one.record.key, one.person) for one in found.records] == [
        ("deal", "springfield:7301", ANN)
    ]
    by_id = await inbox.find_matches("55501")
    assert [one.record.key for one in by_id.records] == ["springfield:7301"]
    assert not by_id.orders
    assert await inbox.find_key_events("7301") == tuple(sorted((first, refund, other)))
    assert await inbox.find_key_events("springfield:7301") == tuple(sorted((first, refund)))
    assert await inbox.find_key_events("shelbyville:7301") == (other,)


@stored
async def test_only_events_that_wrote_a_record_are_its(inbox: Inbox) -> None:
    """Another event of the same call, which wanted the person's contact alone, is none of them."""
    await inbox.accept(new("before", ANN))
    wanted = await inbox.accept(new("wanted", ANN))
    await write(inbox, "badge-1", "9")
    assert await inbox.find_key_events("badge-1") == (wanted.id,)
    assert len(await inbox.find_key_events(ANN)) == 2
    assert await inbox.find_key_events("badge-2") == ()


@stored
async def test_a_record_has_the_events_that_wrote_it_and_no_others(inbox: Inbox) -> None:
    """Not those of the same key at another connector or of another object, and not those that only
    tell of an order with that id.
    """
    both = (await inbox.accept(new("both", connectors=("crm", "other")))).id
    for connector in ("crm", "other"):
        await write(inbox, ANN, "9", connector=connector)
    later = (await inbox.accept(new("later", connectors=("other",)))).id
    await write(inbox, "55", "10", connector="other")
    await order(inbox, "told", BEN, ANN)
    assert await inbox.find_record_events("crm", "contact", ANN) == (both,)
    assert await inbox.find_record_events("other", "contact", ANN) == tuple(sorted((both, later)))
    assert await inbox.find_record_events("other", "deal", ANN) == (both,)
    assert await inbox.find_record_events("other", "deal", "55") == (later,)
    assert await inbox.find_record_events("other", "company", ANN) == ()


@stored
async def test_people_are_found_by_how_they_begin(inbox: Inbox) -> None:
    """In any case; up to 20 of them; who has no delivery too."""
    await inbox.accept(new("no route", "ann.other@example.edu", connectors=()))
    for number in range(25):
        await inbox.accept(new(f"{number}", f"learner{number:02}@example.edu"))
    found = await inbox.find_matches("LEARNER07@example.edu")
    assert (found.exact_people, found.people) == (("learner07@example.edu",), ())
    assert (await inbox.find_matches("Ann.")).people == ("ann.other@example.edu",)
    assert len((await inbox.find_matches("learner")).people) == 20
    assert (await inbox.find_matches("l")).people == ()
    assert (await inbox.find_matches("%")).people == ()


@stored
async def test_an_event_is_found_by_its_id(inbox: Inbox) -> None:
    """Whole, or by its first eight characters or more."""
    kept = await inbox.accept(new("one", ANN))
    for text in (kept.id, kept.id.upper(), kept.id[:12]):
        assert (await inbox.find_matches(text)).event_ids == (kept.id,), text
    assert (await inbox.find_matches(kept.id[:7])).event_ids == ()
