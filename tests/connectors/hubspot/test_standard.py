"""The standard mapping on a fresh account: provisioned by its own needs, then written with AOM's
own samples.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.base import Link, Record, Ref, Saved
from connectors.hubspot import HubSpotConnector
from connectors.hubspot.property_definitions import KEY_FIELDS, own_properties
from connectors.hubspot.records.order_items import with_line_items
from receiver.aom import EVENTS, SourceContext, read_event, read_sample
from receiver.mapping import RouteTable, fold_records
from receiver.settings import load_settings
from tests.connectors.hubspot.opening import on
from tests.fakes.hubspot import FakeHubSpot

CONFIG = """
[sources.springfield]
tokens = ["0123456789abcdef0123456789abcdef"]
timezone = "America/New_York"
[connectors.hubspot]
type = "hubspot"
access_token = "pat-na1-test"
mapping = "standard"
"""
SITE = SourceContext("springfield", ZoneInfo("America/New_York"), "USD")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def mapping(tmp_path: Path) -> RouteTable:
    return compiled(tmp_path, CONFIG)


@pytest.fixture
def both(tmp_path: Path) -> RouteTable:
    """The standard mapping, and line items beside it."""
    return compiled(tmp_path, CONFIG.replace('"standard"', '["standard", "line_items"]'))


def compiled(tmp_path: Path, config: str) -> RouteTable:
    path = tmp_path / "config.toml"
    path.write_text(config)
    return RouteTable.compile(load_settings(path, {}))


@pytest.fixture
def account() -> Iterator[FakeHubSpot]:
    """An account as HubSpot hands it out."""
    with FakeHubSpot() as fake:
        yield fake


def records(mapping: RouteTable, event: str, body: bytes) -> Sequence[Record]:
    seen = read_event(body, SITE, event)
    contexts = [seen.context(person.key, id="0190", received_at=NOW) for person in seen.people]
    return fold_records(
        [mapping.render("hubspot", "springfield", seen.name, context) for context in contexts]
    )


def changed(event: str, **changes: Any) -> bytes:
    return json.dumps({**json.loads(read_sample(event) or b"{}"), **changes}).encode()


async def provision(crm: HubSpotConnector, mapping: RouteTable) -> None:
    needs = mapping.needs("hubspot")
    plan = await crm.plan(needs)
    assert not plan.blockers
    report = await crm.provision(plan)
    assert not report.failed
    assert not [problem for problem in await crm.check(needs) if problem.fatal]


async def write(crm: HubSpotConnector, found: Sequence[Record]) -> None:
    """Write the records of an event as the gateway does: those that are linked to first, then the
    links.
    """
    saved: dict[Ref, str] = {}
    for record in found:
        (outcome,) = await crm.upsert(record.object, [record])
        assert isinstance(outcome, Saved), outcome
        saved[record.ref] = outcome.id
    links = [
        Link(record.ref, other, saved[record.ref], saved[other])
        for record in found
        for other in record.links
    ]
    assert all(isinstance(outcome, Saved) for outcome in await crm.link(links))


@pytest.mark.parametrize("version", ["2026-09", "v3"])
def test_the_samples_become_contacts_and_a_deal(
    mapping: RouteTable, account: FakeHubSpot, version: str
) -> None:
    """The nine samples, twice: everybody once, the order as its last event left it, linked to its
    buyer, nothing new the second time.
    """
    samples = [(event, body) for event in EVENTS if (body := read_sample(event))]
    assert len(samples) == 9

    async def run(crm: HubSpotConnector) -> None:
        for event, body in samples:
            await write(crm, records(mapping, event, body))

    async def first(crm: HubSpotConnector) -> None:
        await provision(crm, mapping)
        await run(crm)

    on(account, first, api_version=version)
    created = account.created()
    assert (created["contacts"], created["deals"]) == (4, 1)
    on(account, run, api_version=version)
    assert account.created() == created
    people = {one["email"]: one for one in account.records("contacts")}
    (order,) = account.records("deals")
    assert account.associations() == {tuple(sorted((order["id"], people["student@app.com"]["id"])))}
    john = people["johndoe@academyofmine.com"]
    assert (john["firstname"], john["lastname"], john["aom_user_id"]) == ("John", "Doe", "4")
    assert john["aom_registered_at"] == "2020-08-11T20:58:00.000Z"
    student = people["student@app.com"]
    assert student["lifecyclestage"] == "customer"
    assert student["aom_last_announcement"] == "Test announcement"
    assert (
        people["dev@academyofmine.com"]["aom_last_course"] == "test course to test all the events"
    )
    shown = {
        "aom_order_key": "springfield:19",
        "amount": "220",
        "deal_currency_code": "USD",
        "closedate": "2020-08-11T23:45:00.000Z",
    }
    assert (
        order.items()
        >= {
            **shown,
            "dealname": "Order 19: Product, Prod 2",
            "pipeline": "default",
            "dealstage": "closedlost",
        }.items()
    )
    assert order["aom_order_status"] == "REFUNDED"


@pytest.mark.parametrize(
    ("event", "changes", "stage", "lifecycle"),
    [
        ("order.placed", {}, "closedwon", "customer"),
        ("order.placed", {"order_total": 0}, "closedwon", "lead"),
        ("order.failed", {}, "closedlost", "lead"),
        ("order.refunded", {}, "closedlost", "lead"),
        ("order.refused", {"status": "CANCELLED"}, "closedlost", "lead"),
        ("order.pending", {"status": "PENDING"}, "appointmentscheduled", "lead"),
        ("order.placed", {"status": "wc-cancelled"}, "closedlost", "lead"),
        ("order.placed", {"status": "wc-custom"}, "appointmentscheduled", "lead"),
    ],
)
def test_a_stage_follows_the_order(
    mapping: RouteTable,
    account: FakeHubSpot,
    event: str,
    changes: dict[str, Any],
    stage: str,
    lifecycle: str,
) -> None:
    """Each kind of order has its stage; whoever pays becomes a customer, and nobody else."""
    body = changed(event if read_sample(event) else "order.placed", **changes)

    async def use(crm: HubSpotConnector) -> None:
        await provision(crm, mapping)
        await write(crm, records(mapping, event, body))

    on(account, use)
    assert account.records("deals")[0]["dealstage"] == stage
    assert account.records("contacts")[0]["lifecyclestage"] == lifecycle


@pytest.mark.parametrize("event", ["assignment.evaluated", "assignment.rejected"])
def test_a_grade_is_noted(mapping: RouteTable, account: FakeHubSpot, event: str) -> None:
    """Events without a published sample do something useful too, also with little in them."""
    bodies = [changed("assignment.submitted", grade="B+"), b'{"email": "eve@example.test"}']

    async def use(crm: HubSpotConnector) -> None:
        await provision(crm, mapping)
        for body in bodies:
            await write(crm, records(mapping, event, body))

    on(account, use)
    demo, eve = account.records("contacts")
    assert demo["aom_last_grade"] == "B+"
    assert eve["aom_last_activity"]


def test_a_key_of_ones_own_works_with_the_standard_mapping(
    mapping: RouteTable, account: FakeHubSpot
) -> None:
    """Contacts known by a unique property still get their address, and those that were there are
    taken over.
    """
    known = account.seed_contact("johndoe@academyofmine.com")

    async def use(crm: HubSpotConnector) -> None:
        await provision(crm, mapping)
        for event in ("account.created", "quiz.submitted"):
            await write(crm, records(mapping, event, read_sample(event) or b""))

    on(account, use, contact_key="aom_email")
    john, student = account.records("contacts")
    assert (john["id"], john["aom_email"]) == (known, "johndoe@academyofmine.com")
    assert student["email"] == student["aom_email"] == "student@app.com"


def test_every_property_of_ours_is_defined(both: RouteTable) -> None:
    """What the shipped mappings write under aom_ has a label and a type, and nothing is defined
    that they do not write.
    """
    needs = with_line_items(both.needs("hubspot"))
    written = {
        need.object: {
            name
            for name in (*need.fields, need.key_field or KEY_FIELDS[need.object])
            if name.startswith("aom_")
        }
        for need in needs
    }
    assert written == {object_: set(names) for object_, names in own_properties().items()}


def test_an_order_has_its_items_on_its_deal(both: RouteTable, account: FakeHubSpot) -> None:
    """From a fresh account to the sample's two items, provisioned, with what they are worth; twice
    the same is the same.
    """

    async def use(crm: HubSpotConnector) -> None:
        await provision(crm, both)
        for _ in range(2):
            await write(crm, records(both, "order.placed", read_sample("order.placed") or b""))

    on(account, use)
    (order,) = account.records("deals")
    found = account.records("line_items")
    assert [
        (one["name"], one["quantity"], one["price"], one["aom_product_id"]) for one in found
    ] == [
        ("Product", "1", "110.00", "1"),
        ("Prod 2", "1", "110.00", "2"),
    ]
    assert all(tuple(sorted((order["id"], one["id"]))) in account.associations() for one in found)
    assert "aom_line_items" not in account.portal.objects["deals"].properties


def test_an_order_without_items_leaves_those_of_its_deal(
    both: RouteTable, account: FakeHubSpot
) -> None:
    """A call that lists none says nothing of them."""

    async def use(crm: HubSpotConnector) -> None:
        await provision(crm, both)
        await write(crm, records(both, "order.placed", read_sample("order.placed") or b""))
        await write(crm, records(both, "order.refunded", changed("order.refunded", line_items=[])))

    on(account, use)
    assert account.records("deals")[0]["dealstage"] == "closedlost"
    assert len(account.records("line_items")) == 2


def test_both_mappings_mean_the_same_deal(both: RouteTable) -> None:
    """An order's deal and its items come from two routes, and fold into one record."""
    found = records(both, "order.placed", read_sample("order.placed") or b"")
    (deal,) = [record for record in found if record.object == "deal"]
    assert {"dealname", "aom_line_items"} <= deal.fields.keys()
