"""Deals are tied to their buyers once."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from connectors.base import BatchRefused, Link, Misconfigured, Ref, Retry, Saved, Unavailable
from connectors.salesforce import SalesforceConnector
from tests.connectors.salesforce.opening import (
    ids,
    links,
    look_up,
    opened,
    order,
    orders,
    people,
    person,
    run,
)
from tests.fakes.salesforce import FakeSalesforce


async def write(salesforce: SalesforceConnector, count: int) -> list[Link]:
    """Write people and their orders, and give the links that are due."""
    contacts = ids(await salesforce.upsert("contact", people(count)))
    return links(orders(count), ids(await salesforce.upsert("deal", orders(count))), contacts)


def roles(fake: FakeSalesforce) -> list[tuple[str, str, bool]]:
    return [
        (row["OpportunityId"], row["ContactId"], row["IsPrimary"])
        for row in fake.records("OpportunityContactRole")
    ]


def test_each_order_gets_its_buyer_as_primary_role(fake: FakeSalesforce) -> None:
    """The role ties the Opportunity to the Contact, and is the primary one."""

    async def work(salesforce: SalesforceConnector) -> list[Link]:
        pairs = await write(salesforce, 3)
        assert len(ids(await salesforce.link(pairs))) == 3
        return pairs

    pairs = run(fake, work)
    assert roles(fake) == [(pair.source_id, pair.target_id, True) for pair in pairs]


def test_200_orders_of_new_buyers_cost_four_calls(fake: FakeSalesforce) -> None:
    """Claim, contacts, opportunities, roles: one call each, besides the description of the objects,
    once an hour.
    """

    async def work(salesforce: SalesforceConnector) -> None:
        await look_up(salesforce, "contact", "deal")
        fake.forget()
        await salesforce.link(await write(salesforce, 200))

    run(fake, work)
    assert len(roles(fake)) == 200
    assert fake.stats() == {"calls": 4, "sign_ins": 0, "sign_in_attempts": 0, "used": 6}


def test_linking_again_makes_no_second_role(fake: FakeSalesforce) -> None:
    """Repeated, the other way round, by another process or with a lost ledger: what is there is
    found.
    """

    async def again(salesforce: SalesforceConnector) -> None:
        turned = [Link(pair.target, pair.source, pair.target_id, pair.source_id) for pair in pairs]
        for batch in (pairs, turned, [replace(pair, doubtful=True) for pair in pairs]):
            assert len(ids(await salesforce.link(batch))) == 3

    async def first(salesforce: SalesforceConnector) -> list[Link]:
        pairs = await write(salesforce, 3)
        await salesforce.link(pairs)
        return pairs

    pairs = run(fake, first)
    run(fake, again)
    assert len(roles(fake)) == 3


@pytest.mark.parametrize("doubtful", [True, False])
def test_a_lost_answer_doubles_no_role(fake: FakeSalesforce, *, doubtful: bool) -> None:
    """A role that was made but not answered is found when the link comes again, whether the gateway
    says that it may be or not.
    """
    fake.fault("POST /composite/sobjects", drop="after")

    async def work(salesforce: SalesforceConnector) -> None:
        pairs = await write(salesforce, 5)
        with pytest.raises(Unavailable):
            await salesforce.link(pairs)
        assert (
            len(ids(await salesforce.link([replace(pair, doubtful=doubtful) for pair in pairs])))
            == 5
        )

    run(fake, work)
    assert len(roles(fake)) == 5


def test_a_pair_that_stands_twice_is_one_role(fake: FakeSalesforce) -> None:
    """Both outcomes are those of the one role."""

    async def work(salesforce: SalesforceConnector) -> None:
        (pair,) = await write(salesforce, 1)
        first, second = await salesforce.link([pair, pair])
        assert first == second

    run(fake, work)
    assert len(roles(fake)) == 1


def test_another_primary_role_stays(fake: FakeSalesforce) -> None:
    """Where a person made somebody else primary, ours is a role beside it."""

    async def work(salesforce: SalesforceConnector) -> list[Link]:
        (pair,) = await write(salesforce, 1)
        return [pair]

    (pair,) = run(fake, work)
    other = fake.seed("Contact", LastName="Principal")
    fake.seed(
        "OpportunityContactRole", OpportunityId=pair.source_id, ContactId=other, IsPrimary=True
    )
    run(fake, lambda salesforce: salesforce.link([pair]))
    assert roles(fake) == [(pair.source_id, other, True), (pair.source_id, pair.target_id, False)]


def test_two_buyers_of_one_order_have_one_primary_role(fake: FakeSalesforce) -> None:
    """Both in one batch: the first is the primary one."""

    async def work(salesforce: SalesforceConnector) -> None:
        contacts = ids(await salesforce.upsert("contact", people(2)))
        (deal,) = ids(await salesforce.upsert("deal", [order()]))
        await salesforce.link(links([order(), order()], [deal, deal], contacts))

    run(fake, work)
    assert [primary for _, _, primary in roles(fake)] == [True, False]


def test_a_locked_row_spares_the_others_and_is_made_later(fake: FakeSalesforce) -> None:
    """Only the locked role comes again."""

    async def work(salesforce: SalesforceConnector) -> None:
        pairs = await write(salesforce, 3)
        fake.lock(pairs[1].source_id)
        assert [type(outcome) for outcome in await salesforce.link(pairs)] == [Saved, Retry, Saved]
        assert len(ids(await salesforce.link([pairs[1]]))) == 1

    run(fake, work)
    assert len(roles(fake)) == 3


def test_a_role_of_a_deleted_order_waits_until_that_is_made_anew(fake: FakeSalesforce) -> None:
    """A role needs both; the next write of the order brings its new id. The others are made."""

    async def work(salesforce: SalesforceConnector) -> None:
        (pair,) = await write(salesforce, 1)
        gone = replace(pair, source_id="006999999999999AAA")
        outcomes = await salesforce.link([gone, pair])
        assert [type(outcome) for outcome in outcomes] == [Retry, Saved]
        assert isinstance(outcomes[0], Retry)
        assert "made anew" in outcomes[0].reason

    run(fake, work)


def test_a_missing_right_holds_the_connector_and_hides_no_role(fake: FakeSalesforce) -> None:
    """Without the right to make roles all wait; once some were made, the others come again by
    themselves.
    """

    async def work(salesforce: SalesforceConnector) -> None:
        pairs = await write(salesforce, 3)
        await salesforce.link(pairs[:1])
        fake.grant_object("OpportunityContactRole", granted=False)
        with pytest.raises(Misconfigured):
            await salesforce.link(pairs[1:])

    run(fake, work)
    assert len(roles(fake)) == 1


def test_what_was_made_is_kept_where_others_fail_for_all(fake: FakeSalesforce) -> None:
    """A fault of the set-up in one row must not hide the role in another: it would be made
    again.
    """
    wrong = {
        "statusCode": "INVALID_FIELD_FOR_INSERT_UPDATE",
        "message": "Unable to create/update fields: IsPrimary",
        "fields": ["IsPrimary"],
    }
    answer = [
        {"id": "00K000000000001AAA", "success": True, "errors": []},
        {"success": False, "errors": [wrong]},
    ]
    fake.fault("POST /composite/sobjects", status=200, body=answer)

    async def work(salesforce: SalesforceConnector) -> None:
        assert [type(outcome) for outcome in await salesforce.link(await write(salesforce, 2))] == [
            Saved,
            Retry,
        ]

    run(fake, work)


def test_other_links_are_written_with_their_source(fake: FakeSalesforce) -> None:
    """A custom object is tied within its upsert, so its link costs no call."""
    pair = Link(Ref("Enrollment__c", "1"), Ref("contact", "ada@example.test"), "a00", "003")
    assert run(fake, lambda salesforce: salesforce.link([pair])) == [Saved("")]
    assert fake.stats()["calls"] == 0


def test_more_links_than_a_call_takes_are_refused_as_a_batch(fake: FakeSalesforce) -> None:
    """201 links are for the gateway to split."""
    pair = Link(Ref("deal", "1"), Ref("contact", "ada@example.test"), "006", "003")
    with pytest.raises(BatchRefused, match="201"):
        run(fake, lambda salesforce: salesforce.link([pair] * 201))


def test_orders_are_written_before_their_roles_by_key_alone(fake: FakeSalesforce) -> None:
    """The upsert of a deal names no Contact: `ContactId` could only be set when the Opportunity is
    created.
    """

    async def main() -> None:
        async with opened(fake) as salesforce:
            await salesforce.upsert("contact", [person()])
            await salesforce.upsert("deal", [order()])

    asyncio.run(main())
    assert roles(fake) == []
