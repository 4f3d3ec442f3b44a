"""What the store keeps of accounts and addresses, and in which lanes events come by it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from random import Random
from threading import Event
from typing import Any

import pytest

from receiver.inbox import AcceptedEvent, EventFilter, Inbox, NewEvent
from receiver.inbox.db.transaction import Transaction
from receiver.inbox.people.accounts import identify_people
from receiver.inbox.people.identity import KnownPeople
from tests.inbox.store import ANN, BEN, NOW, faulty, new, open_inbox, rows, stored, take_ready
from tests.processes import until

MOVED, THIRD = "ann@new.example", "cleo@example.edu"


def call(
    content: str,
    *people: tuple[str, str | None],
    tells: bool = True,
    connectors: Sequence[str] = ("crm",),
    **other: Any,
) -> NewEvent:
    """An event with the addresses of people and AOM's ids, where they have one."""
    return new(
        content,
        *(address for address, _ in people),
        connectors=connectors,
        account_ids={address: aom_id for address, aom_id in people if aom_id},
        tells_addresses=tells,
        **other,
    )


@stored
async def test_a_changed_address_stays_in_its_lane(inbox: Inbox) -> None:
    """It is loaded with the addresses of its person, that of now first, and each delivery with the
    one that its event has. By either the events are found.
    """
    for number, address in enumerate((ANN, MOVED, ANN)):
        await inbox.accept(call(f"quiz {number}", (address, "5" if number < 2 else None)))
    (lane,) = await take_ready(inbox)
    assert (lane.person_key, lane.address, lane.addresses) == (ANN, MOVED, (MOVED, ANN))
    assert [pending.address for pending in lane.deliveries] == [None, MOVED, None]
    for address in (ANN, MOVED):
        assert len((await inbox.list_events(EventFilter(person=address))).items) == 3
        found = await inbox.find_person(address)
        assert (found.key, found.addresses, len(found.lanes)) == (ANN, (MOVED, ANN), 1)


@stored
async def test_without_identity_an_address_is_a_person(inbox: Inbox) -> None:
    """Of a source that does not ask for it nothing is kept of accounts."""
    for address in (ANN, MOVED):
        await inbox.accept(new(address, address))
    assert {lane.person_key for lane in await take_ready(inbox)} == {ANN, MOVED}


@stored
async def test_one_person_by_two_addresses_in_one_event_is_one_delivery(inbox: Inbox) -> None:
    """What stands first counts."""
    await inbox.accept(call("a", (ANN, "5")))
    await inbox.accept(call("b", (MOVED, "5")))
    kept = await inbox.accept(call("enrolment", (MOVED, None), (ANN, "5"), (BEN, "6")))
    assert kept.deliveries == 2
    found = await inbox.find_event(kept.id)
    assert sorted(delivery.person for delivery in found.deliveries) == [MOVED, BEN]


@stored
async def test_a_call_that_leaves_quarantine_is_followed_too(inbox: Inbox) -> None:
    """It tells the address of when it came, which a later one may have changed since."""
    kept = await inbox.accept(faulty("a"))
    await inbox.accept(call("b", (MOVED, "5"), at=NOW + timedelta(minutes=1)))
    released = call("a", (ANN, "5"))
    await inbox.accept_revalidated(kept.id, released, now=NOW + timedelta(hours=1))
    (lane,) = await take_ready(inbox, at=NOW + timedelta(hours=2))
    assert (lane.person_key, lane.address) == (MOVED, MOVED)
    assert [pending.address for pending in lane.deliveries] == [ANN, None]


@stored
async def test_who_has_no_delivery_is_found_as_well(inbox: Inbox) -> None:
    """And a connector that is added later gets the event in the person's lane."""
    await inbox.accept(call("a", (ANN, "5"), connectors=()))
    kept = await inbox.accept(call("b", (MOVED, "5"), connectors=()))
    assert len((await inbox.list_events(EventFilter(person=ANN))).items) == 2
    assert await inbox.add_deliveries({kept.id: [("crm", MOVED)]}, now=NOW) == 1
    (lane,) = await take_ready(inbox)
    assert (lane.person_key, [one.address for one in lane.deliveries]) == (ANN, [MOVED])


def random_calls(seed: int, number: int) -> list[NewEvent]:
    """A school in which accounts change, share, leave and take over addresses all the time."""
    random = Random(seed)
    ids = [None, *"123456"]
    addresses = [f"{letter}@x.test" for letter in "abcdefgh"]
    return [
        call(
            f"call {seed} {count}",
            (random.choice(addresses), random.choice(ids)),
            tells=random.random() < 0.8,
            source=random.choice(["springfield", "springfield", "shelbyville"]),
            at=NOW + timedelta(seconds=count),
        )
        for count in range(number)
    ]


def model(
    calls: Sequence[NewEvent], kept: Sequence[AcceptedEvent]
) -> tuple[KnownPeople, list[str]]:
    """One call after the other, without a store."""
    known = KnownPeople()
    keys = []
    for one, accepted in zip(calls, kept, strict=True):
        (address,) = one.people
        aom_id = (one.account_ids or {}).get(address)
        keys.append(
            known.identify(one.source, aom_id, address, accepted.id, tells=one.tells_addresses)
        )
    return known, keys


@pytest.mark.parametrize("seed", range(3))
def test_whatever_comes_together_is_as_if_it_came_alone(store_url: str, seed: int) -> None:
    """In groups of any size the store ends as the rules say for one event after the other."""
    calls = random_calls(seed, 250)

    async def main() -> list[AcceptedEvent]:
        random, kept = Random(seed), list[AcceptedEvent]()
        async with open_inbox(store_url) as inbox:
            while len(kept) < len(calls):
                some = calls[len(kept) : len(kept) + random.choice((1, 1, 2, 7, 30))]
                kept += await asyncio.gather(*(inbox.accept(one) for one in some))
        return kept

    kept = asyncio.run(main())
    known, keys = model(calls, kept)
    query = "SELECT event_id, person_key FROM delivery JOIN lane ON lane.id = lane_id"
    lanes = dict(map(tuple, rows(store_url, query)))
    assert [lanes[one.id] for one in kept] == keys
    stored_accounts = {tuple(row) for row in rows(store_url, "SELECT * FROM account")}
    assert stored_accounts == {(*of, *has) for of, has in known.accounts.items()}
    stored_addresses = {tuple(row) for row in rows(store_url, "SELECT * FROM person_address")}
    assert stored_addresses == {(of, *owner) for of, owner in known.addresses.items()}
    lost = {tuple(row) for row in rows(store_url, "SELECT * FROM former_address")}
    assert lost == known.lost_addresses


def test_two_sites_agree_whose_a_new_address_is(postgresql_url: str) -> None:
    """Of two accounts that take it at two gateways at once, the second is the first one's person,
    as if it had come after it.
    """
    taking = [
        ("~1", call("c", (THIRD, "5"))),
        ("~2", call("d", (THIRD, "9"), source="shelbyville")),
    ]
    both_read = Event()

    async def main() -> list[list[dict[str, str]]]:
        async with open_inbox(postgresql_url) as one, open_inbox(postgresql_url) as other:
            await one.accept(call("a", (ANN, "5")))
            await one.accept(call("b", (BEN, "9"), source="shelbyville"))

            def first(transaction: Transaction) -> list[dict[str, str]]:
                found = identify_people(transaction, taking[:1])
                taken.set()
                both_read.wait()
                return found

            def second(transaction: Transaction) -> list[dict[str, str]]:
                taken.wait()
                return identify_people(transaction, taking[1:])

            taken = Event()
            both = asyncio.gather(one._write(first), other._write(second))  # noqa: SLF001
            try:
                await asyncio.to_thread(until, somebody_waits, "the second waits for the first")
            finally:
                both_read.set()
            return list(await both)

    def somebody_waits() -> bool:
        query = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
        return bool(rows(postgresql_url, f"{query} AND wait_event_type = 'Lock'"))

    assert asyncio.run(main()) == [[{THIRD: ANN}], [{THIRD: ANN}]]
    owners = rows(postgresql_url, "SELECT address, person_key FROM person_address")
    assert {tuple(row) for row in owners} == {(ANN, ANN), (THIRD, ANN), (BEN, BEN)}


def test_two_processes_agree_who_is_who(postgresql_url: str) -> None:
    """The same accounts with changing addresses at two gateways at once: each is one person, and no
    address is two accounts'.
    """

    async def main() -> list[AcceptedEvent]:
        async with open_inbox(postgresql_url) as one, open_inbox(postgresql_url) as other:
            kept = list[AcceptedEvent]()
            for turn in range(4):
                calls = [
                    call(
                        f"{turn} {number} {inbox is one}", (f"{number}.{turn}@x.test", str(number))
                    )
                    for number in range(30)
                    for inbox in (one, other)
                ]
                kept += await asyncio.gather(
                    *((one, other)[count % 2].accept(each) for count, each in enumerate(calls))
                )
            contested = [call(f"contested {number}", (THIRD, str(number))) for number in range(30)]
            kept += await asyncio.gather(
                *((one, other)[count % 2].accept(each) for count, each in enumerate(contested))
            )
            return kept

    kept = asyncio.run(main())
    assert len(kept) == 4 * 60 + 30
    lanes = rows(postgresql_url, "SELECT person_key FROM lane")
    assert sorted(key for (key,) in lanes) == sorted(f"{number}.0@x.test" for number in range(30))
    taken = rows(postgresql_url, f"SELECT aom_id FROM account WHERE address = '{THIRD}'")
    assert len(taken) == 1
