"""By what a person is known, found and forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import pytest

from receiver.inbox import EventFilter, Inbox
from receiver.inbox.db.transaction import Transaction
from receiver.inbox.events.erase import erase_person
from receiver.inbox.lanes.ready import FormerOwner
from receiver.inbox.people.addresses import lost_addresses_of
from tests.inbox.people.test_accounts import MOVED, call
from tests.inbox.store import ANN, BEN, new, open_inbox, rows, stored, take_ready


async def found(inbox: Inbox, person: str) -> int:
    return len((await inbox.list_events(EventFilter(person=person))).items)


@stored
async def test_whoever_was_two_before_is_found_by_either(inbox: Inbox) -> None:
    """Lanes of both addresses from before the accounts were known are one person's."""
    await inbox.accept(new("a", ANN))
    await inbox.accept(new("b", MOVED))
    await inbox.accept(call("c", (ANN, "5")))
    await inbox.accept(call("d", (MOVED, "5")))
    assert {lane.person_key for lane in await take_ready(inbox)} == {ANN, MOVED}
    for address in (ANN, MOVED):
        assert await found(inbox, address) == 4
        assert len((await inbox.find_person(address)).lanes) == 2


@stored
async def test_forgetting_by_any_address_erases_all(inbox: Inbox) -> None:
    """Events of one address, of the other and of both with others; what comes then is a new
    person's.
    """
    await inbox.accept(call("a", (ANN, "5")))
    await inbox.accept(call("b", (MOVED, "5")))
    shared = await inbox.accept(
        call(
            f'{{"userList": [{{"email": "{MOVED}"}}, {{"email": "{BEN}"}}]}}',
            (MOVED, "5"),
            (BEN, "6"),
        )
    )
    done = await inbox.erase_person(ANN)
    assert (done.events, done.shared, done.lanes) == (2, 1, 1)
    left = await inbox.find_event(shared.id)
    assert (left.body, left.people) == (f'{{"userList": [{{"email": "{BEN}"}}]}}'.encode(), 1)
    assert [await found(inbox, one) for one in (ANN, MOVED, BEN)] == [0, 0, 1]
    await inbox.accept(call("c", (MOVED, "5")))
    assert (await inbox.find_person(MOVED)).key == MOVED


@stored
async def test_who_took_a_left_address_over_is_forgotten_alone(inbox: Inbox) -> None:
    """Also where that is repeated: the address does not become the former one's again."""
    await inbox.accept(call("a", (ANN, "5")))
    await inbox.accept(call("b", (MOVED, "5")))
    await inbox.accept(call("c", (ANN, "7")))
    loaded = {lane.person_key: lane for lane in await take_ready(inbox)}
    first, taker = loaded[ANN], loaded["springfield:7"]
    assert (first.addresses, first.lost_addresses, first.former_owners) == ((MOVED,), (ANN,), ())
    assert (taker.addresses, taker.lost_addresses) == ((ANN,), ())
    assert taker.former_owners == (FormerOwner(first.lane_id, MOVED),)
    assert [await found(inbox, one) for one in (ANN, MOVED)] == [1, 2]
    for times in (1, 0):
        assert (await inbox.erase_person(ANN)).events == times
        assert [await found(inbox, one) for one in (ANN, MOVED)] == [0, 2]
    assert (await inbox.erase_person(MOVED)).events == 2
    assert await inbox._read(partial(lost_addresses_of, keys=[ANN])) == {}  # noqa: SLF001


@stored
async def test_whose_the_addresses_in_an_event_are(inbox: Inbox) -> None:
    """By the account, whatever address stands there, with the one of now, whether a route took it
    or not; whoever has but one address is not told.
    """
    await inbox.accept(call("a", (ANN, "5")))
    both: tuple[tuple[str, ...], ...] = (("crm",), ())
    before = [
        await inbox.accept(call(f"b {to}", (ANN, "5"), (BEN, "6"), connectors=to)) for to in both
    ]
    await inbox.accept(call("c", (MOVED, "5")))
    after = [
        await inbox.accept(call(f"d {to}", (MOVED, "5"), (BEN, "6"), connectors=to)) for to in both
    ]
    for one in before:
        assert await inbox.find_people_in(one.id, [ANN, BEN]) == {ANN: (ANN, MOVED)}
    for one in after:
        assert await inbox.find_people_in(one.id, [MOVED, BEN]) == {MOVED: (ANN, MOVED)}


T = TypeVar("T")


@pytest.mark.parametrize("step", ["find_names", "forget_names"])
def test_an_address_that_comes_meanwhile_is_forgotten_too(store_url: str, step: str) -> None:
    """At the beginning or before the end: neither the account nor an event of it stays."""

    async def main() -> None:
        async with open_inbox(store_url) as inbox:
            await inbox.accept(call("a", (ANN, "5")))
            newer = [call("b", (MOVED, "5"))]

            async def read(work: Callable[[Transaction], T], /) -> T:
                result = await inbox._read(work)  # noqa: SLF001
                await come("find_names", work)
                return result

            async def write(work: Callable[[Transaction], T], /) -> T:
                await come("forget_names", work)
                return await inbox._write(work)  # noqa: SLF001

            async def come(name: str, work: Callable[[Transaction], T]) -> None:
                assert isinstance(work, partial)
                if name == step == work.func.__name__ and newer:
                    await inbox.accept(newer.pop())

            assert (await erase_person(read, write, ANN)).events == 2
            assert [await found(inbox, one) for one in (ANN, MOVED)] == [0, 0]

    asyncio.run(main())
    assert rows(store_url, "SELECT * FROM account") == []
    assert rows(store_url, "SELECT * FROM person_address") == []
    assert rows(store_url, "SELECT * FROM lane") == []
