"""The items of orders as line items on their deals."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.base import Misconfigured, Outcome, Record, Refused, Saved
from connectors.hubspot import HubSpotConnector
from connectors.hubspot.records.order_items import FIELD, DealOrder, read_order
from tests.connectors.hubspot.needs import deal_need, field
from tests.connectors.hubspot.opening import deal, ids, on, upsert
from tests.fakes.hubspot import FakeHubSpot, Fault

ALGEBRA = {
    "product_id": "1",
    "name": "Algebra",
    "quantity": 2,
    "price": "110.00",
    "total": "220.00",
}
LOGIC = {"product_id": "2", "name": "Logic", "quantity": 1, "price": "50.00", "total": "50.00"}


@pytest.fixture(autouse=True)
def properties(hubspot: FakeHubSpot) -> None:
    hubspot.define("line_items", "aom_item_key", unique=True)
    hubspot.define("line_items", "aom_product_id")


def order(number: int, *items: dict[str, Any], id_: str | None = None) -> Record:
    plain = deal(number)
    return Record("deal", plain.key, {**plain.fields, FIELD: json.dumps(items)}, id=id_)


def on_deal(hubspot: FakeHubSpot, deal_id: str) -> list[str]:
    """The names of the line items that are associated with a deal."""
    tied = {other for pair in hubspot.associations() if deal_id in pair for other in pair}
    return sorted(one["name"] for one in hubspot.records("line_items") if one["id"] in tied)


def test_new_orders_cost_one_call_for_each_hundred_items(hubspot: FakeHubSpot) -> None:
    """A hundred orders of two items: two calls more than without, and every item stands on its
    deal.
    """

    async def use(crm: HubSpotConnector) -> list[Outcome]:
        # what the account looks like is asked once
        await crm.upsert("deal", [order(1000, ALGEBRA)])
        hubspot.reset_calls()
        return list(await crm.upsert("deal", [order(n, ALGEBRA, LOGIC) for n in range(100)]))

    outcomes = on(hubspot, use)
    assert hubspot.calls() == 1 + 2
    assert all(on_deal(hubspot, id_) == ["Algebra", "Logic"] for id_ in ids(outcomes))


def test_known_orders_cost_two_more_calls(hubspot: FakeHubSpot) -> None:
    """A hundred refunds with an item each: one call for the items, one to see which the deals
    have.
    """

    async def use(crm: HubSpotConnector) -> None:
        first = ids(list(await crm.upsert("deal", [order(n, ALGEBRA) for n in range(100)])))
        hubspot.reset_calls()
        again = [order(n, {**ALGEBRA, "quantity": 3}, id_=first[n]) for n in range(100)]
        assert ids(list(await crm.upsert("deal", again))) == first

    on(hubspot, use)
    assert hubspot.calls() == 1 + 2
    assert {one["quantity"] for one in hubspot.records("line_items")} == {"3"}


def test_an_item_that_the_order_lost_is_gone(hubspot: FakeHubSpot) -> None:
    """Ours alone: what people have put on the deal stays, and so does what another order has."""
    first, other = ids(upsert(hubspot, order(1, ALGEBRA, LOGIC), order(11, LOGIC)))
    own = hubspot.portal.records("line_items").write(None, {"name": "Gift"})
    hubspot.portal.associate(own.id, first)
    assert ids(upsert(hubspot, order(1, LOGIC, id_=first))) == [first]
    assert on_deal(hubspot, first) == ["Gift", "Logic"]
    assert on_deal(hubspot, other) == ["Logic"]
    assert len(hubspot.records("line_items")) == 3


def test_orders_that_were_merged_keep_each_others_items(hubspot: FakeHubSpot) -> None:
    """A later event of one of them does not take away what is the other's."""
    kept, gone = ids(upsert(hubspot, order(1, ALGEBRA), order(2, LOGIC)))
    new = hubspot.merge_records("deals", kept, gone)
    assert ids(upsert(hubspot, order(2, LOGIC, id_=gone))) == [new]
    assert on_deal(hubspot, new) == ["Algebra", "Logic"]
    both = (order(1, ALGEBRA, LOGIC, id_=new), order(2, LOGIC, id_=new))
    assert ids(upsert(hubspot, *both)) == [new, new]
    assert on_deal(hubspot, new) == ["Algebra", "Logic", "Logic"]


def test_an_item_that_people_deleted_comes_back(hubspot: FakeHubSpot) -> None:
    """With the next event of its order, on its deal."""
    (id_,) = ids(upsert(hubspot, order(1, ALGEBRA, LOGIC)))
    hubspot.delete("line_items", hubspot.records("line_items")[0]["id"])
    upsert(hubspot, order(1, ALGEBRA, LOGIC, id_=id_))
    assert on_deal(hubspot, id_) == ["Algebra", "Logic"]


def test_a_deal_that_people_deleted_gets_its_items_again(hubspot: FakeHubSpot) -> None:
    """HubSpot keeps the line items of a deleted deal, and their keys with them."""
    (id_,) = ids(upsert(hubspot, order(1, ALGEBRA)))
    hubspot.delete("deals", id_)
    (new,) = ids(upsert(hubspot, order(1, ALGEBRA, id_=id_)))
    assert on_deal(hubspot, new) == ["Algebra"]
    assert len(hubspot.records("line_items")) == 1


@pytest.mark.parametrize(
    "path", ["line_items/batch/create", "line_items/batch/upsert", "batch/read"]
)
@pytest.mark.parametrize("applied", [True, False])
def test_a_lost_answer_leaves_every_item_once(
    hubspot: FakeHubSpot, path: str, applied: bool
) -> None:
    """Whichever call it was, done or not: written again, the order has its items."""
    (old,) = ids(upsert(hubspot, order(2, ALGEBRA)))
    hubspot.script(Fault("drop", applied=applied, path=path))
    both = (order(1, ALGEBRA, LOGIC), order(2, LOGIC, id_=old))

    async def use(crm: HubSpotConnector) -> list[Outcome]:
        with pytest.raises(Exception, match="no answer from HubSpot"):
            await crm.upsert("deal", both)
        return list(await crm.upsert("deal", both))

    first, second = ids(on(hubspot, use))
    assert (on_deal(hubspot, first), on_deal(hubspot, second)) == (["Algebra", "Logic"], ["Logic"])
    assert len(hubspot.records("line_items")) == 3


def test_a_refused_item_is_a_note_on_its_order(hubspot: FakeHubSpot) -> None:
    """The order is worth more than an item of it: the others are written too."""
    long = {**LOGIC, "name": "x" * 65_537}
    bad, good = upsert(hubspot, order(1, ALGEBRA, long), order(2, LOGIC))
    assert isinstance(bad, Saved)
    assert isinstance(good, Saved)
    assert "was left out: VALUE_TOO_LONG" in bad.notes[0]
    assert good.notes == ()
    assert (on_deal(hubspot, bad.id), on_deal(hubspot, good.id)) == (["Algebra"], ["Logic"])


def test_a_rule_on_line_items_does_not_hold_the_order(hubspot: FakeHubSpot) -> None:
    """An admin demands a product of every line item: the note says it, and the deal is written."""
    hubspot.required("line_items", "hs_product_id")
    (outcome,) = upsert(hubspot, order(1, ALGEBRA))
    assert isinstance(outcome, Saved)
    assert "demands hs_product_id of new line_items" in outcome.notes[0]


def test_line_items_that_may_not_be_written_are_misconfigured(hubspot: FakeHubSpot) -> None:
    """The scope is named."""
    token = hubspot.add_token("narrow", without=["crm.objects.line_items.write"])
    with pytest.raises(Misconfigured, match=r"crm\.objects\.line_items\.write"):
        upsert(hubspot, order(1, ALGEBRA), access_token=token)


def test_a_token_that_may_not_make_their_properties_is_told_so(hubspot: FakeHubSpot) -> None:
    """HubSpot wants the scope e-commerce for that, and names it."""
    del hubspot.portal.objects["line_items"].properties["aom_item_key"]
    token = hubspot.add_token("narrow", without=["e-commerce"])
    needs = [deal_need(**{FIELD: field(FIELD, "string")})]

    async def use(crm: HubSpotConnector) -> None:
        with pytest.raises(Misconfigured, match="The token lacks e-commerce"):
            await crm.provision(await crm.plan(needs))

    on(hubspot, use, access_token=token)


@pytest.mark.parametrize("text", ["Algebra, Logic", '{"name": "Algebra"}', "[1]"])
def test_what_is_no_list_of_items_is_refused(hubspot: FakeHubSpot, text: str) -> None:
    """A slip in one's own mapping is named with what would be right; other orders are written."""
    wrong = Record("deal", "springfield-1", {**deal(1).fields, FIELD: text})
    refused, saved = upsert(hubspot, wrong, order(2, ALGEBRA))
    assert isinstance(refused, Refused)
    assert refused.field == FIELD
    assert "{{ order.line_items | json }}" in refused.message
    assert isinstance(saved, Saved)


def test_items_are_told_apart_by_product_and_number() -> None:
    """The same product twice, and items without one, are line items of their own."""
    same, unnamed = {**ALGEBRA, "quantity": 1}, {"name": "Fee", "total": "5"}
    read = read_order(order(1, ALGEBRA, same, unnamed, unnamed))
    assert isinstance(read, DealOrder)
    assert read.items is not None
    keys = [item.key for item in read.items]
    assert keys == ["springfield-1/1", "springfield-1/1#2", "springfield-1/#1", "springfield-1/#2"]


def test_a_price_is_worked_out_where_only_the_total_is_there() -> None:
    """Three for 10: HubSpot wants the price of one."""
    read = read_order(order(1, {"name": "Fee", "quantity": 3, "price": None, "total": "10.00"}))
    assert isinstance(read, DealOrder)
    assert read.items is not None
    assert str(read.items[0].fields["price"]) == "3.333333"
