"""How an org's objects are shown to the gateway, and records to people."""

from __future__ import annotations

import pytest

from connectors.base import FieldSchema, ObjectSchema
from connectors.salesforce import SalesforceConnector
from tests.connectors.salesforce.opening import run
from tests.fakes.salesforce import FakeSalesforce


def describe(fake: FakeSalesforce, name: str) -> ObjectSchema:
    schema = run(fake, lambda salesforce: salesforce.describe(name))
    assert schema is not None
    return schema


def test_an_object_is_shown_as_the_org_has_it(fake: FakeSalesforce) -> None:
    """Types, lengths, keys, what is required, and options where only they will do."""
    contact, deal = describe(fake, "contact"), describe(fake, "deal")
    assert (contact.name, deal.name) == ("contact", "deal")
    assert contact.fields["LastName"] == FieldSchema("LastName", "string", "LastName", required=True, max_length=80)
    assert contact.fields["AOM_Key__c"] == FieldSchema("AOM_Key__c", "string", "AOM Key", unique=True, max_length=255)
    assert contact.fields["AOM_Registered_At__c"].type == "datetime"
    assert not contact.fields["CreatedDate"].writable
    assert contact.fields["LeadSource"].options is None, "an open picklist takes any value"
    assert deal.fields["StageName"].type == "choice"
    assert {"Closed Won", "Closed Lost"} <= (deal.fields["StageName"].options or set())


def test_objects_go_by_salesforces_names_too(fake: FakeSalesforce) -> None:
    """`Contact` is the same as `contact`."""
    assert describe(fake, "Contact").fields == describe(fake, "contact").fields


@pytest.mark.parametrize(
    ("id_", "url"),
    [
        ("003000000000001AAA", "https://acme.my.salesforce.com/003000000000001AAA"),
        ("", None),
        ("../setup", None),
    ],
)
def test_a_record_has_an_address(fake: FakeSalesforce, id_: str, url: str | None) -> None:
    """Where a person sees it; what is no id leads nowhere."""

    async def work(salesforce: SalesforceConnector) -> str | None:
        return salesforce.record_url("contact", id_)

    assert run(fake, work) == url
