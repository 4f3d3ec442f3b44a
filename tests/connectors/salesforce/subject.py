"""Salesforce on trial: the subject for the contract that all connectors keep."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial

from connectors import testing
from connectors.base import Append
from connectors.salesforce import SalesforceConnector
from tests.connectors.salesforce.opening import ADMIN_TOKEN
from tests.fakes.salesforce import FakeSalesforce

NAMES = {"contact": "Contact", "deal": "Opportunity"}


def read_account(fake: FakeSalesforce, object: str) -> dict[str, testing.Stored]:
    """Give what the fake holds of an object, as the kit wants it."""
    roles = fake.records("OpportunityContactRole") if object == "deal" else []
    return {
        row["Id"]: testing.Stored(
            row,
            [
                *(role["ContactId"] for role in roles if role["OpportunityId"] == row["Id"]),
                *([row["Learner__c"]] if row.get("Learner__c") else []),
            ],
        )
        for row in fake.records(NAMES.get(object, object))
    }


@contextmanager
def salesforce() -> Iterator[testing.Subject]:
    with FakeSalesforce() as fake:
        for name, kind in (
            ("Active__c", "boolean"),
            ("Logins__c", "double"),
            ("Spent__c", "currency"),
            ("Topics__c", "multipicklist"),
        ):
            fake.add_field("Contact", name=name, type=kind)
        fake.add_object("Enrollment__c", "a00")
        fake.add_field("Enrollment__c", name="AOM_Key__c", unique=True, external_id=True)
        fake.add_field(
            "Enrollment__c",
            name="Learner__c",
            type="reference",
            reference_to="Contact",
            relationship="Learner__r",
        )
        settings = {
            "type": "salesforce",
            "domain": "acme.my",
            "client_id": "gateway",
            "client_secret": "right",
        }
        yield testing.Subject(
            SalesforceConnector,
            settings=settings | {"base_url": fake.url, "provision_token": ADMIN_TOKEN},
            records={
                "contact": {"LastName": "Lovelace"},
                "deal": {
                    "Name": "Order 1",
                    "StageName": "Closed Won",
                    "CloseDate": date(2020, 8, 11),
                    "Amount": Decimal("9.90"),
                },
                "Enrollment__c": {"Name": "Algebra"},
            },
            links=[("deal", "contact"), ("Enrollment__c", "contact")],
            typed={
                "FirstName": "",
                "Active__c": True,
                "Logins__c": 3,
                "Spent__c": Decimal("110.00"),
                "Birthdate": date(2001, 2, 3),
                "AOM_Registered_At__c": datetime(2020, 8, 11, 16, 58, tzinfo=UTC),
                "Topics__c": Append(("Algebra", "Logic")),
            },
            grows="Topics__c",
            refused={"Email": "no address"},
            unknown="NoSuchObject__c",
            unknown_field="No_Such_Field__c",
            unreachable=settings | {"base_url": "http://127.0.0.1:9"},
            address="base_url",
            read=partial(read_account, fake),
            delete=lambda _name, gone: fake.delete(gone),
        )
