"""What new Contacts and Opportunities stand under; who stands under an Account already stays
there.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from connectors.base import FieldNeed, Misconfigured, ObjectNeed, Problem, Refused, Retry, Saved
from connectors.salesforce import SalesforceConnector
from connectors.salesforce.records.free_mail import is_free_mail
from connectors.salesforce.settings import AccountSettings
from tests.connectors.salesforce.opening import (
    ADMIN_TOKEN,
    ids,
    look_up,
    opened,
    order,
    people,
    person,
    run,
)
from tests.fakes.salesforce import FakeSalesforce

PERSON = {"policy": "person"}
DOMAIN = {"policy": "domain"}
CONTACT = ObjectNeed("contact", None, {"LastName": FieldNeed(), "Email": FieldNeed()})
DEAL = ObjectNeed(
    "deal",
    None,
    {name: FieldNeed() for name in ("Name", "StageName", "CloseDate")},
    links=("contact",),
)


def upsert(fake: FakeSalesforce, *emails: str, account: dict[str, Any]) -> list[str]:
    batch = [person(email, FirstName="Ada") for email in emails]
    return ids(run(fake, lambda salesforce: salesforce.upsert("contact", batch), account=account))


def places(fake: FakeSalesforce, object: str = "Contact") -> list[str | None]:
    """Give the name of the Account of each row."""
    names = {row["Id"]: row["Name"] for row in fake.records("Account")}
    return [names.get(row["AccountId"]) for row in fake.records(object)]


def test_without_a_policy_no_account_is_touched(fake: FakeSalesforce) -> None:
    """As before: the org may make its own."""
    upsert(fake, "ada@example.test", account={"policy": "none"})
    assert places(fake) == [None]
    assert fake.called("GET /query") == 1


def test_one_account_per_person_is_named_after_the_person(fake: FakeSalesforce) -> None:
    """It carries our key, so that it is found again when the Contact was deleted."""
    upsert(fake, "ada@example.test", "grace@example.test", account=PERSON)
    assert [(row["Name"], row["AOM_Key__c"]) for row in fake.records("Account")] == [
        ("Ada Lovelace", "ada@example.test"),
        ("Ada Lovelace", "grace@example.test"),
    ]
    assert places(fake) == ["Ada Lovelace", "Ada Lovelace"]
    fake.delete(fake.records("Contact")[0]["Id"])
    upsert(fake, "ada@example.test", account=PERSON)
    assert len(fake.records("Account")) == 2


def test_new_people_with_accounts_cost_no_more_calls_than_without(fake: FakeSalesforce) -> None:
    """200 of them: one call looks for people and Accounts, one makes both."""
    fake.seed("Contact", LastName="Known", Email=people(1)[0].key)

    async def work(salesforce: SalesforceConnector) -> None:
        await look_up(salesforce, "contact")
        fake.forget()
        ids(await salesforce.upsert("contact", people(200)))

    run(fake, work, account=PERSON)
    assert fake.stats()["calls"] == 2
    assert len(fake.records("Account")) == 199, "who was there already keeps the place"


def test_one_account_per_organisation_and_free_mail_by_person(fake: FakeSalesforce) -> None:
    """Colleagues share one, named by their domain; a free-mail domain is no organisation."""
    emails = ("ada@acme.test", "grace@acme.test", "joan@gmail.com", "mary@yahoo.co.uk")
    upsert(fake, *emails, account=DOMAIN)
    assert [row["AOM_Key__c"] for row in fake.records("Account")] == [
        "acme.test",
        "joan@gmail.com",
        "mary@yahoo.co.uk",
    ]
    assert places(fake) == ["acme.test", "acme.test", "Ada Lovelace", "Ada Lovelace"]


def test_a_tidied_account_keeps_its_name(fake: FakeSalesforce) -> None:
    """Staff names Accounts; the next colleague is put under it, and nothing of it is written."""
    upsert(fake, "ada@acme.test", account=DOMAIN)
    (account,) = fake.records("Account")
    fake.change(account["Id"], Name="Acme University")
    upsert(fake, "grace@acme.test", account=DOMAIN)
    assert places(fake) == ["Acme University", "Acme University"]


@pytest.mark.parametrize("known", [True, False])
def test_who_was_moved_stays_there(fake: FakeSalesforce, *, known: bool) -> None:
    """Also where the gateway has lost its ledger and the address was changed: only what comes into
    being is placed.
    """
    (id_,) = upsert(fake, "ada@example.test", account=PERSON)
    moved = fake.seed("Account", Name="Staff's choice")
    fake.change(id_, AccountId=moved, Email="new@example.test")
    record = person(id=id_ if known else None)
    assert run(fake, lambda salesforce: salesforce.upsert("contact", [record]), account=PERSON) == [
        Saved(id_)
    ]
    assert places(fake) == ["Staff's choice"]


def test_a_claimed_contact_stays_where_it_is(fake: FakeSalesforce) -> None:
    """The org had that person before us, and that person's Account."""
    fake.seed(
        "Contact",
        LastName="Byron",
        Email="ada@example.test",
        AccountId=fake.seed("Account", Name="Their own"),
    )
    upsert(fake, "ada@example.test", account=PERSON)
    assert places(fake) == ["Their own"]


@pytest.mark.parametrize("by", ["id", "key"])
def test_one_account_for_all_is_found_by_id_or_key(fake: FakeSalesforce, by: str) -> None:
    """Configured either way; nothing of it is written."""
    fixed = fake.seed("Account", Name="Learners", AOM_Key__c="learners")
    upsert(
        fake,
        "ada@example.test",
        account={"policy": "fixed", by: {"id": fixed, "key": "learners"}[by]},
    )
    assert places(fake) == ["Learners"]
    assert fake.records("Account")[0]["writes"] == 1


def test_a_fixed_account_that_is_not_there_pauses(fake: FakeSalesforce) -> None:
    """Nobody is written without a place; when it is there again the people come by themselves."""
    account = {"policy": "fixed", "key": "learners"}

    async def main() -> None:
        async with opened(fake, account=account) as salesforce:
            with pytest.raises(
                Misconfigured, match="names key 'learners', and the org has no such Account"
            ):
                await salesforce.upsert("contact", [person()])
            fake.seed("Account", Name="Learners", AOM_Key__c="learners")
            ids(await salesforce.upsert("contact", [person()]))

    asyncio.run(main())
    assert places(fake) == ["Learners"]


def test_a_refused_account_is_told_by_its_contact(fake: FakeSalesforce) -> None:
    """The row says what was wrong with its Account, not that it is missing; the others are
    written.
    """
    fake.rule("Account", "Name", "Eve Snow", "No weather in names")

    async def work(salesforce: SalesforceConnector) -> None:
        outcomes = await salesforce.upsert(
            "contact", [person(FirstName="Eve", LastName="Snow"), *people(2)]
        )
        words = "its Account 'Eve Snow': No weather in names"
        assert outcomes[0] == Refused("FIELD_CUSTOM_VALIDATION_EXCEPTION", words, "Name")
        ids(outcomes[1:])

    run(fake, work, account=PERSON)
    assert len(fake.records("Contact")) == 2


def test_an_account_that_is_hidden_from_the_user_is_told(fake: FakeSalesforce) -> None:
    """In a private org a colleague's Account may not be shared with the run-as user: retried, with
    the reason.
    """
    fake.change(fake.seed("Account", Name="Acme", AOM_Key__c="acme.test"), _private=True)
    batch = [person("ada@acme.test")]
    (outcome,) = run(fake, lambda salesforce: salesforce.upsert("contact", batch), account=DOMAIN)
    assert isinstance(outcome, Retry)
    assert "may not see" in outcome.reason


def test_what_the_mapping_writes_goes_before_the_policy(fake: FakeSalesforce) -> None:
    """Who maps the Account has decided."""
    own = fake.seed("Account", Name="Mapped")
    batch = [person(AccountId=own)]
    run(fake, lambda salesforce: salesforce.upsert("contact", batch), account=PERSON)
    assert places(fake) == ["Mapped"]
    assert len(fake.records("Account")) == 1


def test_an_opportunity_stands_under_its_buyers_account(fake: FakeSalesforce) -> None:
    """Wherever staff has moved the buyer; an Opportunity that is there already stays where it
    is.
    """
    (buyer,) = upsert(fake, "ada@example.test", account=PERSON)
    fake.change(buyer, AccountId=fake.seed("Account", Name="Staff's choice"))

    async def work(salesforce: SalesforceConnector) -> None:
        await salesforce.upsert("contact", [person(id=buyer)])
        (deal,) = ids(await salesforce.upsert("deal", [order()]))
        assert places(fake, "Opportunity") == ["Staff's choice"]
        fake.change(deal, AccountId=fake.seed("Account", Name="Parents"))
        ids(await salesforce.upsert("deal", [order()]))
        assert places(fake, "Opportunity") == ["Parents"]

    run(fake, work, account=PERSON)


def test_a_known_opportunity_costs_no_look_up(fake: FakeSalesforce) -> None:
    """A refund of an order that we wrote is one call."""

    async def work(salesforce: SalesforceConnector) -> None:
        ids(await salesforce.upsert("contact", people(3)))
        deals = [
            order(f"springfield-{number}", record.key) for number, record in enumerate(people(3))
        ]
        known = ids(await salesforce.upsert("deal", deals))
        fake.forget()
        again = [order(deal.key, deal.links[0].key, StageName="Closed Lost") for deal in deals]
        ids(
            await salesforce.upsert(
                "deal", [replace(deal, id=id_) for deal, id_ in zip(again, known, strict=True)]
            )
        )
        assert fake.stats()["calls"] == 1

    run(fake, work, account=PERSON)


@pytest.mark.parametrize(
    "settings",
    [
        {"policy": "fixed"},
        {"policy": "person", "key": "x"},
        {"policy": "fixed", "id": "001000000000001", "key": "x"},
    ],
)
def test_a_fixed_account_is_named_once(settings: dict[str, Any]) -> None:
    """And by no other policy."""
    with pytest.raises(ValueError, match="either id or key"):
        AccountSettings.model_validate(settings)


@pytest.mark.parametrize(
    ("domain", "free"),
    [
        ("gmail.com", True),
        ("yahoo.co.uk", True),
        ("gmx.net", True),
        ("web.de", True),
        ("mail.acme.edu", False),
        ("live.acme.com", False),
    ],
)
def test_free_mail_is_told_by_the_domain(domain: str, free: bool) -> None:
    """A service's own name counts right before its top-level domain alone."""
    assert is_free_mail(domain) is free


# --- check and provision ---


def check(fake: FakeSalesforce, **account: Any) -> list[Problem]:
    return list(run(fake, lambda salesforce: salesforce.check((CONTACT, DEAL)), account=account))


def test_contacts_that_nobody_would_see_are_warned_of(fake: FakeSalesforce) -> None:
    """And which policy fits."""
    (problem,) = check(fake, policy="none")
    assert (problem.where, problem.fatal) == ("account.policy", False)
    assert "nobody but their owner" in problem.message
    assert 'policy = "person"' in problem.remedy


@pytest.mark.parametrize(
    ("field", "package"), [("npe01__WorkEmail__c", "NPSP"), ("hed__Primary_Address_Type__c", "EDA")]
)
def test_an_org_that_makes_accounts_itself_is_left_to_it(
    fake: FakeSalesforce, field: str, package: str
) -> None:
    """There the policy is `none`; any other is warned of."""
    fake.add_field("Contact", name=field)
    assert check(fake, policy="none") == []
    (problem,) = check(fake, policy="person")
    assert package in problem.message
    assert (problem.remedy, problem.fatal) == ('set policy = "none"', False)


def test_one_bucket_for_all_is_warned_of(fake: FakeSalesforce) -> None:
    """Each write locks it."""
    (problem,) = check(fake, policy="fixed", id=fake.seed("Account", Name="Learners"))
    assert "each write locks it" in problem.message
    assert not problem.fatal


def test_a_bucket_that_is_not_there_is_a_fault(fake: FakeSalesforce) -> None:
    """Before the first event."""
    (problem,) = check(fake, policy="fixed", key="learners")
    assert (problem.where, problem.fatal) == ("account.key", True)


def test_private_accounts_are_told(fake: FakeSalesforce) -> None:
    """What the run-as user makes there nobody else sees."""
    fake.change(fake.records("Organization")[0]["Id"], DefaultAccountAccess="None")
    (problem,) = check(fake, policy="domain")
    assert "Accounts are private" in problem.message


def test_accounts_that_may_not_be_made_are_a_fault(fake: FakeSalesforce) -> None:
    """The policy needs the right, the key field, and the lookup."""
    fake.grant_object("Account", granted=False, readable=True)
    fake.remove_field("Account", "AOM_Key__c")
    fake.change_field("Contact", "AccountId", granted=False)
    assert {problem.where for problem in check(fake, policy="person") if problem.fatal} == {
        "Account",
        "account.policy",
    }


def test_provision_makes_what_the_policy_needs(bare: FakeSalesforce) -> None:
    """The key field of Account and the rights; afterwards the first Contact gets its place."""
    bare.grant_object("Account", granted=False, readable=True)

    async def work(salesforce: SalesforceConnector) -> None:
        plan = await salesforce.plan([CONTACT, DEAL])
        texts = [step.text for step in plan.steps]
        assert "create the field Account.AOM_Key__c: Text(255), External ID, unique" in texts
        assert "let the run-as user read, create and edit Account" in texts
        assert (await salesforce.provision(plan)).failed == ()

    run(bare, work, provision_token=ADMIN_TOKEN, account=PERSON)
    upsert(bare, "ada@example.test", account=PERSON)
    assert places(bare) == ["Ada Lovelace"]
