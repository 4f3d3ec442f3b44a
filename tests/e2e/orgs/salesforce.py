"""What orgs of Salesforce do to an integration."""

from __future__ import annotations

from collections.abc import Mapping

from tests.e2e.orgs.salesforce_org import (
    APPROVAL,
    APPROVALS,
    COUNTRY,
    PEOPLE,
    PERSON_EACH,
    STAFF,
    all_have_accounts,
    block_duplicates,
    clean_up_duplicates,
    delete_contact,
    delete_deal,
    each_row_once,
    from_country,
    hide_keyed,
    holds,
    is_given_up,
    is_tied,
    refusing,
    share_keyed,
    situation,
    twelve_is_the_most,
    waiting,
)
from tests.e2e.orgs.situation import (
    Situation,
    addresses,
    crowd,
    enrolled,
    joined,
    placed,
    refunded,
)
from tests.fakes.salesforce.characters import CHARACTERS, GUILTY, NEW_HOST, SalesforceCharacter

SALESFORCE: Mapping[str, Situation] = {
    "salesforce_plain": situation("plain", posts=placed(*PEOPLE), finally_=is_tied("ada")),
    # S1
    "throwing_trigger": situation(
        "throwing_trigger",
        posts=enrolled(*crowd(30), guilty=GUILTY),
        told="dead",
        words="AomTrigger",
        concerned=addresses("guilty"),
        then="replayed",
    ),
    # S2
    "governor_limit": situation(
        "governor_limit",
        posts=(*enrolled(*crowd(40)), *placed(*PEOPLE)),
        finally_=twelve_is_the_most,
    ),
    # S3
    "slow_rows": situation(
        SalesforceCharacter(
            CHARACTERS["slow_rows"].source,
            lambda org: org.configure(row_ms=400),
            CHARACTERS["slow_rows"].cure,
        ),
        settings=f"{PERSON_EACH}timeout_seconds = 2",
        before=joined("first"),
        posts=enrolled(*crowd(10)),
        told="slow",
        words="no answer within 2 seconds",
        meanwhile=each_row_once,
        then="later",
        rewritten=True,
    ),
    # S4
    "key_is_inserted": waiting(
        "users report DUPLICATE_VALUE on an external id that another call inserts just now",
        "DUPLICATE_VALUE",
        "duplicate value found: AOM_Key__c duplicates value on record with id: <unknown>",
    ),
    # S5
    "lock_by_words": waiting(
        "users report locks that a trigger wraps in its own code and words",
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        "Record Currently Unavailable: The record you are attempting to edit is being "
        "changed; please try again.",
    ),
    # S6
    "renamed_domain": situation(
        "renamed_domain", posts=placed(*PEOPLE), told="paused", words=NEW_HOST
    ),
    "abandoned_domain": situation(
        "abandoned_domain",
        posts=placed(*PEOPLE),
        told="paused",
        words="the answer is no JSON (HTTP 404, text/html)",
    ),
    # S7
    "pages_for_answers": situation(
        "pages_for_answers",
        posts=placed(*PEOPLE),
        told="unavailable",
        words="the answer is no JSON (HTTP 200, text/html)",
    ),
    "redirect_at_sign_in": situation(
        "redirect_at_sign_in", posts=placed(*PEOPLE), told="paused", words=NEW_HOST
    ),
    # S8
    "private_sharing": situation(
        "private_sharing", posts=placed(*PEOPLE), finally_=all_have_accounts
    ),
    # B1
    "salesforce_contact_deleted": situation(
        SalesforceCharacter(STAFF, delete_contact("ada")),
        before=placed(*PEOPLE),
        posts=refunded(*PEOPLE),
        finally_=is_tied("ada"),
    ),
    "salesforce_deal_deleted": situation(
        SalesforceCharacter(STAFF, delete_deal("ada")),
        before=placed(*PEOPLE),
        posts=refunded(*PEOPLE),
        finally_=is_tied("ada"),
    ),
    # S9
    "approval": waiting(APPROVALS, *APPROVAL),
    "endless_approval": situation(
        refusing(APPROVALS, "Contact", "LastName", "Waiter", *APPROVAL, cure=lambda _: None),
        posts=(*joined(*PEOPLE), *joined("waiter", last_name="Waiter")),
        told="waits",
        words="ENTITY_IS_LOCKED",
        concerned=addresses("waiter"),
        then="given up",
        finally_=is_given_up,
    ),
    # S10
    "unknown_code": waiting(
        "Salesforce adds codes with every release", "SOMETHING_NEW", "The moon is full."
    ),
    # right already
    "blocking_duplicate_rule": situation(
        SalesforceCharacter(
            CHARACTERS["blocking_duplicate_rule"].source, block_duplicates, clean_up_duplicates
        ),
        posts=placed("ada", "bob"),
        told="dead",
        words="DUPLICATES_DETECTED",
        concerned=addresses("ada"),
        then="replayed",
    ),
    "closed_opportunities": situation(
        refusing(
            "Salesforce Help, Validation Rules: they are often about closed Opportunities",
            "Opportunity",
            "StageName",
            "Closed Won",
            "FIELD_CUSTOM_VALIDATION_EXCEPTION",
            "Closing needs a loss reason",
        ),
        posts=(*placed("ada"), *placed("dora", status="PENDING")),
        told="dead",
        words="Closing needs a loss reason",
        concerned=addresses("ada"),
        then="replayed",
        finally_=is_tied("ada"),
    ),
    "refused_role": situation(
        refusing(
            "Salesforce Help, Contact Roles: validation rules and required fields hold for "
            "them, too",
            "OpportunityContactRole",
            "IsPrimary",
            True,
            "FIELD_CUSTOM_VALIDATION_EXCEPTION",
            "Roles need a reason",
        ),
        posts=placed("ada"),
        told="dead",
        words="Roles need a reason",
        then="replayed",
        rewritten=True,
        finally_=is_tied("ada"),
    ),
    "salesforce_used_up_day": situation(
        "used_up_day",
        posts=placed(*PEOPLE),
        told="throttled",
        words="TotalRequests",
        then="later",
    ),
    "apostrophe": situation(
        SalesforceCharacter(
            "SOQL and SOSL Reference, Quoted String Escape Sequences",
            lambda org: org.seed("Contact", LastName="O'Neil", Email="o'neil@example.edu"),
        ),
        posts=placed("o'neil"),
        also=addresses("o'neil"),
        finally_=holds("Contact", AOM_Key__c="o'neil@example.edu"),
    ),
    "country_picklist": situation(
        SalesforceCharacter(
            "Salesforce Help, State and Country/Territory Picklists: restricted to the org's own",
            lambda org: org.add_field(
                "Contact", name="Country__c", type="picklist", options=["US"], restricted=True
            ),
            lambda org: org.change_field("Contact", "Country__c", options=("US", "FR")),
        ),
        routes=COUNTRY,
        posts=(*from_country("US", "ada"), *from_country("FR", "bob")),
        told="dead",
        words="Country__c",
        concerned=addresses("bob"),
        then="replayed within a minute",
    ),
    "multi_currency": situation(
        SalesforceCharacter(
            CHARACTERS["multi_currency"].source,
            CHARACTERS["multi_currency"].give,
            lambda org: org.change_field(
                "Opportunity", "CurrencyIsoCode", options=["USD", "EUR", "XAF"]
            ),
        ),
        posts=(*placed("ada", currency="EUR"), *placed("bob", currency="XAF")),
        told="dead",
        words="there are: USD, EUR",
        concerned=addresses("bob"),
        then="replayed within a minute",
    ),
    "no_last_name": situation(
        "plain", posts=joined("ada", last_name=""), finally_=holds("Contact", LastName="ada")
    ),
    "long_last_name": situation(
        "plain",
        posts=joined("ada", last_name="x" * 90),
        told="note",
        words="LastName",
        finally_=holds("Contact", LastName="x" * 79 + "…"),
    ),
    "close_date_of_the_school": situation(
        "plain",
        posts=placed("ada", date_created="2026-01-31 23:30:00"),
        finally_=holds("Opportunity", CloseDate="2026-01-31"),
    ),
    "required_field": situation(
        "required_field", posts=placed(*PEOPLE), told="dead", words="Consent__c", then="replayed"
    ),
    "encrypted_email": situation(
        "encrypted_email", posts=placed(*PEOPLE), told="paused", words="Encryption Policy"
    ),
    "read_only_field": situation(
        "read_only_field",
        posts=joined(*PEOPLE),
        told="paused",
        words="may not write Contact.AOM_Id__c",
    ),
    "validation_rule": situation(
        "validation_rule",
        posts=(*joined(*PEOPLE), *joined("guilty", last_name=GUILTY)),
        told="dead",
        words="No throwing",
        concerned=addresses("guilty"),
        then="replayed",
    ),
    "hidden_key": situation(
        SalesforceCharacter(
            "Salesforce Help, Organization-Wide Sharing Defaults", hide_keyed, share_keyed
        ),
        posts=(*joined("ada", "bob"),),
        told="waits",
        words="see its sharing",
        concerned=addresses("ada"),
        then="replayed",
    ),
    "full_storage": situation(
        "full_storage",
        posts=placed(*PEOPLE),
        told="throttled",
        words="Storage Usage",
        then="later",
    ),
    "salesforce_near_its_daily_limit": situation(
        SalesforceCharacter(
            CHARACTERS["near_its_daily_limit"].source,
            lambda org: org.configure(used_elsewhere=13_500),
            CHARACTERS["near_its_daily_limit"].cure,
        ),
        before=joined("first"),
        posts=placed(*PEOPLE),
        told="throttled",
        words="daily_share leaves 10% to others",
        then="later",
    ),
    "nonprofit_pack": situation(
        "nonprofit_pack", settings="", posts=placed(*PEOPLE), finally_=all_have_accounts
    ),
}
"""The orgs of Salesforce, by the names of their connectors."""
