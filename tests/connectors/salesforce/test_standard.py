"""What the standard mapping writes, the org and `provision` know."""

from __future__ import annotations

import tomllib

from connectors.base import FieldNeed, ObjectNeed
from connectors.salesforce import SalesforceConnector
from connectors.salesforce.setup.field_metadata import STANDARD
from receiver.aom import EVENTS
from tests.connectors.salesforce.opening import ADMIN_TOKEN, read_object, run
from tests.fakes.salesforce import FakeSalesforce

ROUTES = tomllib.loads(SalesforceConnector.shipped_mappings()["standard"])["routes"]
PLACED = {"policy": "person"}


def needs() -> list[ObjectNeed]:
    """Say what the standard mapping writes, as the gateway does for `check` and `provision`."""
    fields: dict[str, set[str]] = {}
    for upsert in (upsert for route in ROUTES for upsert in route["upsert"]):
        fields.setdefault(upsert["object"], set()).update(upsert["fields"])
    links = {"contact": (), "deal": ("contact",)}
    return [
        ObjectNeed(name, None, {field: FieldNeed() for field in sorted(names)}, links[name])
        for name, names in fields.items()
    ]


def test_every_event_that_concerns_a_person_has_a_route() -> None:
    """All but announcements, which concern nobody in particular."""
    patterns = [pattern for route in ROUTES for pattern in route["events"]]
    unmapped = [
        event
        for event in EVENTS
        if event not in patterns and f"{event.partition('.')[0]}.*" not in patterns
    ]
    assert unmapped == ["announcement.created"]


def test_every_order_event_has_a_stage_that_a_fresh_org_has(fake: FakeSalesforce) -> None:
    """And the check agrees to all that the mapping writes."""
    (stage,) = [
        upsert["fields"]["StageName"]
        for route in ROUTES
        for upsert in route["upsert"]
        if "StageName" in upsert["fields"]
    ]
    assert stage["map"].keys() == {event for event in EVENTS if event.startswith("order.")}
    assert set(stage["map"].values()) <= set(
        read_object(fake, "Opportunity").field("StageName").options.values()
    )
    assert run(fake, lambda salesforce: salesforce.check(needs()), account=PLACED) == []


def test_every_custom_field_has_its_label_and_type() -> None:
    """`provision` makes each as what it is, not as text for want of knowing better."""
    custom = {field for need in needs() for field in need.fields if field.endswith("__c")}
    assert custom | {"AOM_Key__c", "AOM_Order_Key__c"} == STANDARD.keys()


def test_a_bare_org_is_made_ready(bare: FakeSalesforce) -> None:
    """After `provision` the check has nothing left to say."""

    async def work(salesforce: SalesforceConnector) -> None:
        plan = await salesforce.plan(needs())
        assert plan.blockers == ()
        assert (await salesforce.provision(plan)).failed == ()

    run(bare, work, provision_token=ADMIN_TOKEN, account=PLACED)
    assert run(bare, lambda salesforce: salesforce.check(needs()), account=PLACED) == []
