"""Orgs with a character: what real orgs do to an integration, each with its source.

`characterize` gives one to a fake.
"""

from __future__ import annotations

from tests.fakes.character import Character
from tests.fakes.salesforce.client import Admin

GUILTY = "Thrower"
"""The last name at which the trigger of `throwing_trigger` throws."""

NEW_HOST = "newacme.my.salesforce.com"
MOVED = {"Location": f"https://{NEW_HOST}/services/oauth2/token"}


SalesforceCharacter = Character[Admin]


def _require_field(org: Admin) -> None:
    org.add_field("Contact", name="Consent__c", required=True)


def _install_nonprofit_pack(org: Admin) -> None:
    org.add_field("Contact", name="npe01__WorkEmail__c")
    org.configure(household_accounts=True)


def _take_licences(org: Admin) -> None:
    for row in org.records("PermissionSetLicenseAssign"):
        org.delete(row["Id"])


CHARACTERS = {
    "plain": SalesforceCharacter("what Salesforce's documentation promises"),
    "throwing_trigger": SalesforceCharacter(
        '"Apex Developer Guide", Trigger Exceptions: an exception that nobody handles fails '
        "every row of the call",
        lambda org: org.configure(throws_at=GUILTY),
        lambda org: org.configure(throws_at=None),
    ),
    "governor_limit": SalesforceCharacter(
        '"Apex Developer Guide", Execution Governors and Limits; users report automation '
        "that takes 12, 70 or 115 rows",
        lambda org: org.configure(most_rows=12),
    ),
    "slow_rows": SalesforceCharacter(
        "users report 0.2 to 0.4 s a row, and calls that commit after the client has gone; "
        "ours are shorter, to be tested",
        lambda org: org.configure(row_ms=5),
        lambda org: org.configure(row_ms=0),
    ),
    "validation_rule": SalesforceCharacter(
        "Salesforce Help, Validation Rules: FIELD_CUSTOM_VALIDATION_EXCEPTION in the words "
        "of whoever made the rule",
        lambda org: org.rule("Contact", "LastName", GUILTY, "No throwing"),
        lambda org: org.clear_rules(),
    ),
    "blocking_duplicate_rule": SalesforceCharacter(
        "Salesforce Help, Duplicate Rules: a rule that blocks holds for the API too, "
        "whatever its header says",
        lambda org: org.configure(duplicate_rule="block"),
        lambda org: org.configure(duplicate_rule=None),
    ),
    "required_field": SalesforceCharacter(
        "Salesforce Help, Required Fields: a field that is required at the database is "
        "required of the API",
        _require_field,
        lambda org: org.change_field("Contact", "Consent__c", required=False),
        check="the org requires Contact.Consent__c",
    ),
    "read_only_field": SalesforceCharacter(
        "Salesforce Help, Field-Level Security: INVALID_FIELD_FOR_INSERT_UPDATE, or no such "
        "field at all",
        lambda org: org.change_field("Contact", "AOM_Id__c", createable=False, updateable=False),
        lambda org: org.change_field("Contact", "AOM_Id__c", createable=True, updateable=True),
        check="may not write Contact.AOM_Id__c",
    ),
    "private_sharing": SalesforceCharacter(
        "Salesforce Help, Organization-Wide Sharing Defaults: what is private is its owner's "
        "and administrators' alone",
        lambda org: org.change(org.records("Organization")[0]["Id"], DefaultAccountAccess="None"),
        check="Accounts are private",
    ),
    "multi_currency": SalesforceCharacter(
        "Salesforce Help, Manage Multiple Currencies: CurrencyIsoCode is there, and takes "
        "active currencies alone",
        lambda org: org.add_field(
            "Opportunity",
            name="CurrencyIsoCode",
            type="picklist",
            options=["USD", "EUR"],
            restricted=True,
        ),
    ),
    "encrypted_email": SalesforceCharacter(
        "Salesforce Help, Shield Platform Encryption: what is encrypted probabilistically "
        "can't be filtered",
        lambda org: org.configure(encrypted=["Email"]),
        lambda org: org.configure(encrypted=[]),
        check="can not be filtered",
    ),
    "renamed_domain": SalesforceCharacter(
        "Salesforce Help, My Domain Redirections: the old host redirects for a while",
        lambda org: org.configure(renamed_to=NEW_HOST),
        lambda org: org.configure(renamed_to=None),
        check=NEW_HOST,
    ),
    "abandoned_domain": SalesforceCharacter(
        "Salesforce Help, My Domain Redirections: when they end, the old host answers 404 "
        "with a page",
        lambda org: org.configure(old_domain_is_gone=True),
        lambda org: org.configure(old_domain_is_gone=False),
        check="the answer is no JSON (HTTP 404, text/html)",
    ),
    "near_its_daily_limit": SalesforceCharacter(
        '"Salesforce Developer Limits Quick Reference", Total Daily API Request Limits',
        lambda org: org.configure(used_elsewhere=13_490),
        lambda org: org.configure(used_elsewhere=0),
        check="API calls are left in these 24 hours",
    ),
    "used_up_day": SalesforceCharacter(
        '"REST API Developer Guide", Status Codes and Error Responses: '
        "REQUEST_LIMIT_EXCEEDED, without a time to come again",
        lambda org: org.configure(used_elsewhere=15_000),
        lambda org: org.configure(used_elsewhere=0),
        check="TotalRequests Limit exceeded",
    ),
    "pages_for_answers": SalesforceCharacter(
        "users report pages of proxies and of maintenance, with status 200",
        lambda org: org.fault(
            times=1_000_000,
            status=200,
            body="<html><body>We are down for maintenance</body></html>",
        ),
        lambda org: org.clear_faults(),
        check="the answer is no JSON (HTTP 200, text/html)",
    ),
    "redirect_at_sign_in": SalesforceCharacter(
        "Salesforce Help, My Domain Redirections: the token endpoint redirects as all else does",
        lambda org: org.fault(
            "POST /services/oauth2/token", times=1_000_000, status=302, headers=MOVED
        ),
        lambda org: org.clear_faults(),
        check=NEW_HOST,
    ),
    "full_storage": SalesforceCharacter(
        "Salesforce Help, Data and File Storage Allocations: nothing new is taken, what is "
        "there can be changed",
        lambda org: org.configure(storage_full=True),
        lambda org: org.configure(storage_full=False),
        check="storage is full",
    ),
    "person_accounts": SalesforceCharacter(
        "Salesforce Help, Person Accounts: a person is an Account, whose Contact side can't "
        "be written",
        lambda org: org.add_field(
            "Contact",
            name="IsPersonAccount",
            type="boolean",
            default=False,
            createable=False,
            updateable=False,
        ),
        check="person accounts",
    ),
    "nonprofit_pack": SalesforceCharacter(
        "Nonprofit Success Pack, Account Model: a Contact without an Account is given a household",
        _install_nonprofit_pack,
        check="makes an Account for each Contact itself",
    ),
    "unlicensed_user": SalesforceCharacter(
        "Salesforce Help, Give Integration Users API Only Access: no right on objects "
        "without the permission set licence",
        _take_licences,
        check="without Salesforce API Integration",
    ),
}


def characterize(org: Admin, name: str) -> SalesforceCharacter:
    """Give an org a character, and return it for its cure."""
    character = CHARACTERS[name]
    character.give(org)
    return character
