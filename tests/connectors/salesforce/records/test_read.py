"""Reading what records hold: people as a write would find them, and what that costs in calls."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.base import AuthFailed, Found, Misconfigured, Outcome, Record, Saved, Unavailable
from connectors.salesforce import SalesforceConnector
from tests.connectors.salesforce.opening import (
    Clock,
    ids,
    look_up,
    opened,
    order,
    people,
    person,
    run,
)
from tests.fakes.salesforce import FakeSalesforce

NAMES = ("FirstName", "LastName")


def read(
    fake: FakeSalesforce, *records: Record, fields: Sequence[str] = NAMES, **changes: object
) -> list[Found | None]:
    async def use(salesforce: SalesforceConnector) -> list[Found | None]:
        return list(await salesforce.read(records[0].object, records, fields))

    return run(fake, use, **changes)


def upsert(fake: FakeSalesforce, *records: Record) -> list[Outcome]:
    async def use(salesforce: SalesforceConnector) -> list[Outcome]:
        return list(await salesforce.upsert(records[0].object, records))

    return run(fake, use)


def known(record: Record, id_: str) -> Record:
    return replace(record, id=id_)


@pytest.mark.parametrize("policy", ["none", "person", "domain"])
def test_people_are_found_by_our_key_and_by_their_address(
    fake: FakeSalesforce, policy: str
) -> None:
    """Also those whom staff has made, who do not have our key yet; the others are not there."""
    (ours,) = ids(upsert(fake, person("ada@example.test", FirstName="Ada")))
    fake.change(ours, Email="ada@new.test")
    theirs = fake.seed("Contact", LastName="Byron", Email="bob@example.test")
    asked = [person("new@example.test"), person("bob@example.test"), person("Ada@example.test")]
    assert read(fake, *asked, account={"policy": policy}) == [
        None,
        Found(theirs, {"FirstName": None, "LastName": "Byron"}),
        Found(ours, {"FirstName": "Ada", "LastName": "Lovelace"}),
    ]


def test_known_people_are_found_by_their_ids_alone(fake: FakeSalesforce) -> None:
    """A deleted one is not there, even if another has the address."""
    one, gone = ids(upsert(fake, person("ada@example.test"), person("bob@example.test")))
    fake.delete(gone)
    fake.seed("Contact", LastName="Other", Email="bob@example.test")
    asked = [known(person("bob@example.test"), gone), known(person("ada@example.test"), one)]
    assert read(fake, *asked, fields=["LastName"]) == [
        None,
        Found(one, {"LastName": "Lovelace"}),
    ]


def test_orders_are_found_by_their_key(fake: FakeSalesforce) -> None:
    """Any object is, by key or id; a column of a parent is one like others."""
    upsert(fake, person())
    one, other = ids(upsert(fake, order("s-1"), order("s-2")))
    found = read(
        fake, order("S-2"), order("s-3"), known(order("s-1"), one), fields=["StageName", "Amount"]
    )
    assert [held and held.id for held in found] == [other, None, one]
    assert found[0] == Found(other, {"StageName": "Closed Won", "Amount": 220})


def test_a_field_that_is_not_there_is_set_up_wrong(fake: FakeSalesforce) -> None:
    """In the words of a write, with the nearest one that is."""
    with pytest.raises(Misconfigured, match=r"has no field Lastname .*LastName"):
        read(fake, person(), fields=["Lastname"])


@pytest.mark.parametrize("count", [1, 200])
def test_new_people_are_looked_up_once(fake: FakeSalesforce, count: int) -> None:
    """Read, then written: two calls, as many as without reading."""

    async def use(salesforce: SalesforceConnector) -> None:
        await look_up(salesforce, "contact", "Account")
        fake.forget()
        records = people(count)
        assert list(await salesforce.read("contact", records, NAMES)) == [None] * count
        assert len(ids(await salesforce.upsert("contact", records))) == count

    run(fake, use, account={"policy": "person"})
    assert fake.stats()["calls"] == 2
    assert len(fake.records("Contact")) == count


def test_what_was_read_serves_one_write(fake: FakeSalesforce) -> None:
    """Who is written again, whether the first call was answered or not, is looked up anew: a
    contact may be there by now.
    """

    async def use(salesforce: SalesforceConnector) -> list[str]:
        records = people(2)
        await salesforce.read("contact", records, NAMES)
        fake.fault("PATCH", drop="after", times=1)
        fake.fault("POST /composite", drop="after", times=1)
        with pytest.raises(Unavailable):
            await salesforce.upsert("contact", records)
        return ids(await salesforce.upsert("contact", records))

    assert len(run(fake, use)) == len(fake.records("Contact")) == 2


def test_what_was_read_is_soon_forgotten(fake: FakeSalesforce) -> None:
    """Staff may have made the contact since."""
    clock = Clock()

    async def main() -> Outcome:
        async with opened(fake, clock=clock) as salesforce:
            await salesforce.read("contact", [person()], NAMES)
            id_ = fake.seed("Contact", LastName="Byron", Email="ada@example.test")
            clock.time += timedelta(minutes=2)
            (outcome,) = await salesforce.upsert("contact", [person()])
            assert outcome == Saved(id_)
            return outcome

    asyncio.run(main())
    assert len(fake.records("Contact")) == 1


def test_a_batch_that_is_split_is_not_looked_up_again(fake: FakeSalesforce) -> None:
    """Each half is a part of what was read."""

    async def use(salesforce: SalesforceConnector) -> None:
        records = people(4)
        await salesforce.read("contact", records, NAMES)
        fake.forget()
        await salesforce.upsert("contact", records[:2])
        await salesforce.upsert("contact", records[2:])

    run(fake, use)
    assert fake.called("GET /query") == 0
    assert len(fake.records("Contact")) == 4


def test_batches_that_are_under_way_together_are_looked_up_once(fake: FakeSalesforce) -> None:
    """The first one is written when the second has been read."""

    async def use(salesforce: SalesforceConnector) -> None:
        records = people(4)
        for half in (records[:2], records[2:]):
            await salesforce.read("contact", half, NAMES)
        fake.forget()
        for half in (records[:2], records[2:]):
            await salesforce.upsert("contact", half)

    run(fake, use)
    assert fake.called("GET /query") == 0
    assert len(fake.records("Contact")) == 4


def test_failures_are_those_of_the_table(fake: FakeSalesforce) -> None:
    """A read fails as a write does, and is no call that may be writing still."""
    fake.fault("GET /query", status=503, body=[{"errorCode": "SERVER_UNAVAILABLE", "message": ""}])
    fake.fault("POST /composite", status=503, body=[{"errorCode": "SERVER_UNAVAILABLE"}])
    with pytest.raises(Unavailable):
        read(fake, person())
    fake.clear_faults()
    fake.configure(client_secret="another")
    with pytest.raises(AuthFailed):
        read(fake, person())


def renamed(id_: str, *, creates: bool = True) -> Record:
    """A known person of whom one field is written, and the names only for a new one."""
    whole = person(FirstName="Ada")
    names = {name: whole.fields[name] for name in NAMES}
    return replace(whole, id=id_, fields={"Email": whole.key}, on_create=names, creates=creates)


def test_a_deleted_contact_is_made_anew_with_all_of_its_fields(fake: FakeSalesforce) -> None:
    """Those that are only for a new one too; the contact that is there keeps its own."""
    (id_,) = ids(upsert(fake, person(FirstName="Ada")))
    fake.change(id_, LastName="Byron")
    assert upsert(fake, renamed(id_)) == [Saved(id_)]
    assert fake.records("Contact")[0]["LastName"] == "Byron"
    fake.delete(id_)
    (outcome,) = upsert(fake, renamed(id_))
    assert isinstance(outcome, Saved)
    assert outcome.created
    (row,) = fake.records("Contact")
    assert (row["FirstName"], row["LastName"]) == ("Ada", "Lovelace")


def test_a_contact_that_goes_on_as_another_keeps_its_name(fake: FakeSalesforce) -> None:
    """The deleted one's address leads to a contact that staff has made: it is not a new one."""
    (gone,) = ids(upsert(fake, person(FirstName="Ada")))
    fake.delete(gone)
    id_ = fake.seed("Contact", LastName="Byron", Email="ada@example.test")
    assert upsert(fake, renamed(gone)) == [Saved(id_)]
    (row,) = fake.records("Contact")
    assert (row["LastName"], row["AOM_Key__c"]) == ("Byron", "ada@example.test")


def test_what_is_only_updated_is_not_made_anew(fake: FakeSalesforce) -> None:
    """It is deleted, and stays so, orders as well as people."""
    (id_,) = ids(upsert(fake, person()))
    (deal,) = ids(upsert(fake, order()))
    fake.delete(id_)
    fake.delete(deal)
    for record in (renamed(id_, creates=False), replace(order(), id=deal, creates=False)):
        (outcome,) = upsert(fake, record)
        assert isinstance(outcome, Saved)
        assert (outcome.id, len(outcome.notes)) == ("", 1)
    assert fake.records("Contact") == fake.records("Opportunity") == []
