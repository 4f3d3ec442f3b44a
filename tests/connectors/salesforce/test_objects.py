"""Objects as the org describes them."""

from __future__ import annotations

from tests.connectors.salesforce.opening import read_object
from tests.fakes.salesforce import FakeSalesforce


def test_an_object_is_read_as_the_org_has_it(fake: FakeSalesforce) -> None:
    """Types, lengths, keys, what is required and what may be written."""
    contact = read_object(fake, "Contact")
    assert (contact.name, contact.createable, contact.updateable) == ("Contact", True, True)
    last_name, key = contact.field("LastName"), contact.field("AOM_Key__c")
    assert (last_name.type, last_name.length, last_name.required) == ("string", 80, True)
    assert (key.length, key.unique, key.external_id, key.is_key) == (255, True, True, True)
    assert contact.field("AOM_Registered_At__c").type == "datetime"
    assert not contact.field("CreatedDate").writable


def test_options_bind_where_only_they_will_do(fake: FakeSalesforce) -> None:
    """An open picklist takes any value; a stage that is none is lost to reports of sales."""
    assert not read_object(fake, "Contact").field("LeadSource").bound
    stage = read_object(fake, "Opportunity").field("StageName")
    assert stage.bound
    assert {"Closed Won", "Closed Lost"} <= set(stage.options.values())
