"""Orgs with a character: what real orgs do to an integration, each with its source. `characterize` gives one to a fake."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.fakes.salesforce.client import Admin

GUILTY = "Thrower"
"""The last name at which the trigger of `throwing_trigger` throws."""

NEW_HOST = "newacme.my.salesforce.com"


@dataclass(frozen=True)
class Character:
    """What an org is like, how a fake is made so, and how somebody there cures it."""

    source: str
    give: Callable[[Admin], Any]
    cure: Callable[[Admin], Any] = lambda _: None


def _require_field(org: Admin) -> None:
    org.add_field("Contact", name="Consent__c", required=True)


def _install_nonprofit_pack(org: Admin) -> None:
    org.add_field("Contact", name="npe01__WorkEmail__c")
    org.configure(household_accounts=True)


def _take_licences(org: Admin) -> None:
    for row in org.records("PermissionSetLicenseAssign"):
        org.delete(row["Id"])


CHARACTERS = {
    "plain": Character("what Salesforce's documentation promises", lambda _: None),
    "throwing_trigger": Character(
        '"Apex Developer Guide", Trigger Exceptions: an exception that nobody handles fails every row of the call',
        lambda org: org.configure(throws_at=GUILTY),
        lambda org: org.configure(throws_at=None),
    ),
    "governor_limit": Character(
        '"Apex Developer Guide", Execution Governors and Limits; users report automation that takes 12, 70 or 115 rows',
        lambda org: org.configure(most_rows=12),
    ),
    "slow_rows": Character(
        "users report 0.2 to 0.4 s a row, and calls that commit after the client has gone; ours are shorter, to be tested",
        lambda org: org.configure(row_ms=5),
        lambda org: org.configure(row_ms=0),
    ),
    "validation_rule": Character(
        "Salesforce Help, Validation Rules: FIELD_CUSTOM_VALIDATION_EXCEPTION in the words of whoever made the rule",
        lambda org: org.rule("Contact", "LastName", GUILTY, "No throwing"),
    ),
    "blocking_duplicate_rule": Character(
        "Salesforce Help, Duplicate Rules: a rule that blocks holds for the API too, whatever its header says",
        lambda org: org.configure(duplicate_rule="block"),
        lambda org: org.configure(duplicate_rule=None),
    ),
    "required_field": Character(
        "Salesforce Help, Required Fields: a field that is required at the database is required of the API",
        _require_field,
        lambda org: org.change_field("Contact", "Consent__c", required=False),
    ),
    "read_only_field": Character(
        "Salesforce Help, Field-Level Security: INVALID_FIELD_FOR_INSERT_UPDATE, or no such field at all",
        lambda org: org.change_field("Contact", "AOM_Id__c", createable=False, updateable=False),
        lambda org: org.change_field("Contact", "AOM_Id__c", createable=True, updateable=True),
    ),
    "private_sharing": Character(
        "Salesforce Help, Organization-Wide Sharing Defaults: what is private is its owner's and administrators' alone",
        lambda org: org.change(org.records("Organization")[0]["Id"], DefaultAccountAccess="None"),
    ),
    "multi_currency": Character(
        "Salesforce Help, Manage Multiple Currencies: CurrencyIsoCode is there, and takes active currencies alone",
        lambda org: org.add_field(
            "Opportunity",
            name="CurrencyIsoCode",
            type="picklist",
            options=["USD", "EUR"],
            restricted=True,
        ),
    ),
    "encrypted_email": Character(
        "Salesforce Help, Shield Platform Encryption: what is encrypted probabilistically can't be filtered",
        lambda org: org.configure(encrypted=["Email"]),
        lambda org: org.configure(encrypted=[]),
    ),
    "renamed_domain": Character(
        "Salesforce Help, My Domain Redirections: the old host redirects for a while",
        lambda org: org.configure(renamed_to=NEW_HOST),
        lambda org: org.configure(renamed_to=None),
    ),
    "abandoned_domain": Character(
        "Salesforce Help, My Domain Redirections: when they end, the old host answers 404 with a page",
        lambda org: org.configure(old_domain_is_gone=True),
        lambda org: org.configure(old_domain_is_gone=False),
    ),
    "near_its_daily_limit": Character(
        '"Salesforce Developer Limits Quick Reference", Total Daily API Request Limits',
        lambda org: org.configure(used_elsewhere=13_490),
        lambda org: org.configure(used_elsewhere=0),
    ),
    "full_storage": Character(
        "Salesforce Help, Data and File Storage Allocations: nothing new is taken, what is there can be changed",
        lambda org: org.configure(storage_full=True),
        lambda org: org.configure(storage_full=False),
    ),
    "person_accounts": Character(
        "Salesforce Help, Person Accounts: a person is an Account, whose Contact side can't be written",
        lambda org: org.add_field(
            "Contact",
            name="IsPersonAccount",
            type="boolean",
            default=False,
            createable=False,
            updateable=False,
        ),
    ),
    "nonprofit_pack": Character(
        "Nonprofit Success Pack, Account Model: a Contact without an Account is given a household",
        _install_nonprofit_pack,
    ),
    "unlicensed_user": Character(
        "Salesforce Help, Give Integration Users API Only Access: no right on objects without the permission set licence",
        _take_licences,
    ),
}


def characterize(org: Admin, name: str) -> Character:
    """Give an org a character, and return it for its cure."""
    character = CHARACTERS[name]
    character.give(org)
    return character
