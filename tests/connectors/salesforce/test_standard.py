"""What the standard mapping writes, the org and `provision` know."""

from __future__ import annotations

from types import SimpleNamespace

from connectors.base import ConnectorSettings, Needs
from connectors.salesforce import SalesforceConnector
from connectors.salesforce.setup.field_metadata import STANDARD
from receiver.aom import EVENTS
from receiver.mapping import RouteTable
from tests.connectors.salesforce.opening import ADMIN_TOKEN, read_object, run
from tests.fakes.salesforce import FakeSalesforce

MAPPING = RouteTable.compile(
    SimpleNamespace(
        sources={"springfield": SimpleNamespace(identity="aom_id")},
        connectors={"crm": ConnectorSettings(type="salesforce", mapping=("standard",))},
        routes=(),
        snippets={},
    )
)
PLACED = {"policy": "person"}


def needs() -> Needs:
    """Say what the standard mapping writes, as the gateway does for `check` and `provision`."""
    return MAPPING.needs("crm")


def test_every_event_has_a_route() -> None:
    """Announcements too, which make nobody a Contact."""
    assert [event for event in EVENTS if not MAPPING.connectors("springfield", event)] == []


def test_every_order_event_has_a_stage_that_a_fresh_org_has(fake: FakeSalesforce) -> None:
    """And the check agrees to all that the mapping writes."""
    (deal,) = [need for need in needs() if need.object == "deal"]
    stages = deal.fields["StageName"].values
    assert stages <= set(read_object(fake, "Opportunity").field("StageName").options.values())
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
