"""What orgs with rules, triggers and people in them do to an integration, and how it goes on after
the cure.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace

import pytest

from connectors.base import (
    ConnectorError,
    FieldNeed,
    Misconfigured,
    ObjectNeed,
    Outcome,
    Problem,
    Record,
    Refused,
    Retry,
    Saved,
    Throttled,
    TimedOut,
)
from connectors.salesforce import SalesforceConnector
from tests.connectors.salesforce.opening import (
    ids,
    links,
    opened,
    order,
    orders,
    people,
    person,
    run,
)
from tests.fakes.salesforce import FakeSalesforce
from tests.fakes.salesforce.characters import CHARACTERS, GUILTY, NEW_HOST, characterize

CONTACT = ObjectNeed(
    "contact", None, {name: FieldNeed() for name in ("LastName", "Email", "AOM_Id__c")}
)
DEAL = ObjectNeed(
    "deal",
    None,
    {name: FieldNeed() for name in ("Name", "StageName", "CloseDate", "CurrencyIsoCode")},
    ("contact",),
)


async def halving(salesforce: SalesforceConnector, records: Sequence[Record]) -> list[Outcome]:
    """Write as the gateway does: what the transaction refused goes again in halves, until a row
    stands alone.
    """
    outcomes = list(await salesforce.upsert(records[0].object, records))
    again = [
        at
        for at, outcome in enumerate(outcomes)
        if isinstance(outcome, Refused) and outcome.transaction
    ]
    if len(records) > 1 and again:
        half = (len(again) + 1) // 2
        for part in (again[:half], again[half:]):
            if part:
                written = await halving(salesforce, [records[at] for at in part])
                for at, outcome in zip(part, written, strict=True):
                    outcomes[at] = outcome
    return outcomes


def check(fake: FakeSalesforce, policy: str = "person") -> list[Problem]:
    """Give what `check --online` shows; it shows what is raised, too."""
    account = {"policy": policy}
    try:
        return list(
            run(fake, lambda salesforce: salesforce.check([CONTACT, DEAL]), account=account)
        )
    except ConnectorError as fault:
        return [Problem("", str(fault))]


@pytest.mark.parametrize("name", CHARACTERS)
def test_every_character_states_its_source(name: str) -> None:
    """Nobody has to wonder whether an org is really like that."""
    assert len(CHARACTERS[name].source) > 20


@pytest.mark.parametrize("name", CHARACTERS)
def test_check_names_what_will_go_wrong_before_the_first_event(
    fake: FakeSalesforce, name: str
) -> None:
    """Or it is one of those that nobody can see from outside; nothing is made up."""
    said = characterize(fake, name).check
    found = " ".join(problem.message for problem in check(fake))
    assert said in found
    assert said or not found


def test_a_throwing_trigger_leaves_the_innocent_alive(fake: FakeSalesforce) -> None:
    """All rows of the call get the code, and it says that it speaks of the call; in the end the one
    is refused, 190 are written.
    """
    characterize(fake, "throwing_trigger")
    batch = [*people(190), person("guilty@example.test", LastName=GUILTY)]
    outcomes = run(fake, lambda salesforce: halving(salesforce, batch))
    assert [type(outcome) for outcome in outcomes] == [Saved] * 190 + [Refused]
    assert "AomTrigger" in outcomes[-1].message  # type: ignore[union-attr]
    assert len(fake.records("Contact")) == 190
    assert {row["writes"] for row in fake.records("Contact")} == {1}


def test_a_governor_limit_is_kept_by_smaller_calls(fake: FakeSalesforce) -> None:
    """100 orders where automation takes twelve: every one is written once."""
    ids(run(fake, lambda salesforce: salesforce.upsert("contact", people(100))))
    characterize(fake, "governor_limit")
    outcomes = run(fake, lambda salesforce: halving(salesforce, orders(100)))
    assert len(ids(outcomes)) == 100
    assert {row["writes"] for row in fake.records("Opportunity")} == {1}


def test_a_call_that_outlives_its_time_writes_once(fake: FakeSalesforce) -> None:
    """It commits after we have gone; the same rows again find their records, by key."""
    character = characterize(fake, "slow_rows")
    batch = people(100)
    with pytest.raises(TimedOut):
        run(fake, lambda salesforce: salesforce.upsert("contact", batch), seconds=0.2)
    character.cure(fake)
    _wait_for_rows(fake, 100)
    doubtful = [replace(record, doubtful=True) for record in batch]
    outcomes = run(fake, lambda salesforce: salesforce.upsert("contact", doubtful))
    assert not any(outcome.created for outcome in outcomes if isinstance(outcome, Saved))
    assert len(fake.records("Contact")) == 100


def test_rows_that_another_call_inserts_now_come_again(fake: FakeSalesforce) -> None:
    """Two calls with the same new rows at once: one writes, the other is told to come again, nobody
    dies.
    """
    characterize(fake, "slow_rows")

    async def main() -> list[Sequence[Outcome]]:
        async with opened(fake) as one, opened(fake) as other:
            calls = (connector.upsert("contact", people(30)) for connector in (one, other))
            return list(await asyncio.gather(*calls))

    first, second = sorted(asyncio.run(main()), key=lambda outcomes: isinstance(outcomes[0], Retry))
    assert len(ids(first)) == 30
    assert all(
        isinstance(outcome, Retry) and "DUPLICATE_VALUE" in outcome.reason for outcome in second
    )
    assert len(fake.records("Contact")) == 30


def test_a_validation_rule_refuses_its_row_in_its_own_words(fake: FakeSalesforce) -> None:
    """And no other."""
    characterize(fake, "validation_rule")
    batch = [person("one@example.test", LastName=GUILTY), *people(3)]
    outcomes = run(fake, lambda salesforce: salesforce.upsert("contact", batch))
    assert outcomes[0] == Refused("FIELD_CUSTOM_VALIDATION_EXCEPTION", "No throwing", "LastName")
    assert len(ids(outcomes[1:])) == 3


def test_a_duplicate_rule_that_blocks_refuses_until_it_is_cured(fake: FakeSalesforce) -> None:
    """The same row is written afterwards."""
    character = characterize(fake, "blocking_duplicate_rule")
    fake.seed("Contact", LastName="Byron", Email="ada@example.test", AOM_Key__c="someone else")
    (outcome,) = run(fake, lambda salesforce: salesforce.upsert("contact", [person()]))
    assert isinstance(outcome, Refused)
    assert outcome.code == "DUPLICATES_DETECTED"
    character.cure(fake)
    ids(run(fake, lambda salesforce: salesforce.upsert("contact", [person()])))


def test_a_newly_required_field_is_named_by_check_and_by_the_refusal(fake: FakeSalesforce) -> None:
    """Before the first event, and where one comes first; after the cure the row is written."""
    character = characterize(fake, "required_field")
    assert "the org requires Contact.Consent__c" in " ".join(
        problem.message for problem in check(fake)
    )
    (outcome,) = run(fake, lambda salesforce: salesforce.upsert("contact", [person()]))
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.field) == ("REQUIRED_FIELD_MISSING", "Consent__c")
    character.cure(fake)
    ids(run(fake, lambda salesforce: salesforce.upsert("contact", [person()])))


def test_a_read_only_field_pauses_until_it_is_cured(fake: FakeSalesforce) -> None:
    """It would refuse every learner: set-up, and nobody is dead for it."""
    character = characterize(fake, "read_only_field")
    assert any("AOM_Id__c" in problem.message for problem in check(fake))

    async def main() -> None:
        async with opened(fake) as salesforce:
            with pytest.raises(Misconfigured, match=r"may not write Contact\.AOM_Id__c"):
                await salesforce.upsert("contact", [person(AOM_Id__c="3")])
            character.cure(fake)
            ids(await salesforce.upsert("contact", [person(AOM_Id__c="3")]))

    asyncio.run(main())


def test_a_key_on_a_record_that_is_not_shared_comes_again(fake: FakeSalesforce) -> None:
    """The reason says where to look; once it is shared, it is the one that is written."""
    characterize(fake, "private_sharing")
    assert any("Accounts are private" in problem.message for problem in check(fake))
    hidden = fake.seed("Contact", LastName="Ada", AOM_Key__c="ada@example.test")
    fake.change(hidden, _private=True)
    (outcome,) = run(fake, lambda salesforce: salesforce.upsert("contact", [person()]))
    assert isinstance(outcome, Retry)
    assert "the run-as user may not see has this key: see its sharing" in outcome.reason
    fake.change(hidden, _private=False)
    assert ids(run(fake, lambda salesforce: salesforce.upsert("contact", [person()]))) == [hidden]


@pytest.mark.parametrize(("code", "written"), [("EUR", True), ("XAF", False)])
def test_a_currency_is_written_where_the_org_has_it(
    fake: FakeSalesforce, *, code: str, written: bool
) -> None:
    """Another is refused with those that there are."""
    characterize(fake, "multi_currency")
    assert check(fake) == []
    batch = [order(CurrencyIsoCode=code)]
    (outcome,) = run(fake, lambda salesforce: salesforce.upsert("deal", batch))
    assert isinstance(outcome, Saved) is written
    assert written or (isinstance(outcome, Refused) and "there are: USD, EUR" in outcome.message)


def test_an_encrypted_email_pauses_with_its_own_remedy(fake: FakeSalesforce) -> None:
    """People can't be found by it; after the cure they are."""
    character = characterize(fake, "encrypted_email")
    known = fake.seed("Contact", LastName="Byron", Email="ada@example.test")

    async def main() -> None:
        async with opened(fake) as salesforce:
            with pytest.raises(Misconfigured, match="Encryption Policy"):
                await salesforce.upsert("contact", [person()])
            character.cure(fake)
            assert ids(await salesforce.upsert("contact", [person()])) == [known]

    asyncio.run(main())


@pytest.mark.parametrize("signed_in", [True, False])
def test_a_renamed_domain_pauses_and_names_the_new_host(
    fake: FakeSalesforce, *, signed_in: bool
) -> None:
    """At REST and at the sign-in, in the check too; under the new name it goes on."""

    async def main() -> None:
        async with opened(fake) as salesforce:
            if signed_in:
                await salesforce.upsert("contact", [person()])
            character = characterize(fake, "renamed_domain")
            with pytest.raises(Misconfigured, match=NEW_HOST) as raised:
                await salesforce.upsert("contact", [person()])
            assert "Setup → My Domain" in str(raised.value)
            (problem,) = await salesforce.check([CONTACT])
            assert NEW_HOST in problem.message
            character.cure(fake)
            ids(await salesforce.upsert("contact", [person()]))

    asyncio.run(main())


@pytest.mark.parametrize("signed_in", [True, False])
def test_an_abandoned_domain_pauses_and_says_that_a_page_answers(
    fake: FakeSalesforce, *, signed_in: bool
) -> None:
    """404 with HTML is no missing object and no outage."""

    async def main() -> None:
        async with opened(fake) as salesforce:
            if signed_in:
                await salesforce.upsert("contact", [person()])
            character = characterize(fake, "abandoned_domain")
            with pytest.raises(
                Misconfigured, match=r"the answer is no JSON \(HTTP 404, text/html\)"
            ):
                await salesforce.upsert("contact", [person()])
            character.cure(fake)
            ids(await salesforce.upsert("contact", [person()]))

    asyncio.run(main())


def test_near_the_daily_limit_the_gateway_stops_before_the_others_are_harmed(
    fake: FakeSalesforce,
) -> None:
    """`check` warns of it; the share that is left to others stays theirs."""
    characterize(fake, "near_its_daily_limit")

    async def write_many(salesforce: SalesforceConnector) -> None:
        for number in range(20):
            await salesforce.upsert("contact", [person(f"p{number}@example.test")])

    with pytest.raises(Throttled) as raised:
        run(fake, write_many)
    assert raised.value.daily
    assert fake.stats()["used"] == 10, "a tenth of the 15,000 is left to others"


def test_full_storage_pauses_and_goes_on_when_there_is_space(fake: FakeSalesforce) -> None:
    """Nobody dies of it; `check` says it first."""
    character = characterize(fake, "full_storage")
    assert any("storage is full" in problem.message for problem in check(fake))
    with pytest.raises(Throttled, match="Storage Usage"):
        run(fake, lambda salesforce: salesforce.upsert("contact", people(3)))
    character.cure(fake)
    assert len(ids(run(fake, lambda salesforce: salesforce.upsert("contact", people(3))))) == 3


def test_person_accounts_are_refused_before_anybody_is_doubled(fake: FakeSalesforce) -> None:
    """By the check, and person by person."""
    characterize(fake, "person_accounts")
    assert any("person accounts" in problem.message and problem.fatal for problem in check(fake))
    fake.seed("Contact", LastName="Byron", Email="ada@example.test", IsPersonAccount=True)
    (outcome,) = run(fake, lambda salesforce: salesforce.upsert("contact", [person()]))
    assert isinstance(outcome, Refused)
    assert outcome.code == "PERSON_ACCOUNT"
    assert len(fake.records("Contact")) == 1


def test_the_nonprofit_pack_makes_the_accounts(fake: FakeSalesforce) -> None:
    """The check says that the policy is `none` there; nobody is private then."""
    characterize(fake, "nonprofit_pack")
    assert [problem.remedy for problem in check(fake)] == ['set policy = "none"']
    assert check(fake, policy="none") == []
    ids(run(fake, lambda salesforce: salesforce.upsert("contact", [person()])))
    assert fake.records("Contact")[0]["AccountId"]


@pytest.mark.parametrize("code", ["ENTITY_IS_DELETED", "NOT_FOUND", "INVALID_CROSS_REFERENCE_KEY"])
def test_a_contact_that_was_deleted_between_two_events_is_made_and_linked_anew(
    fake: FakeSalesforce, code: str
) -> None:
    """The new id comes back, whatever Salesforce calls it; the order's role is that of the new
    Contact.
    """

    async def work(salesforce: SalesforceConnector) -> None:
        (old,) = ids(await salesforce.upsert("contact", [person()]))
        (deal,) = ids(await salesforce.upsert("deal", [order()]))
        await salesforce.link(links([order()], [deal], [old]))
        fake.delete(old)
        gone = {
            "success": False,
            "errors": [{"statusCode": code, "message": "entity is gone", "fields": []}],
        }
        fake.fault("PATCH /composite/sobjects", status=200, body=[gone])
        (outcome,) = await salesforce.upsert("contact", [person(id=old)])
        assert isinstance(outcome, Saved)
        assert outcome.id != old
        ids(await salesforce.link(links([order()], [deal], [outcome.id])))
        alive = [row["ContactId"] for row in fake.records("OpportunityContactRole")]
        assert outcome.id in alive

    run(fake, work)


def test_a_deleted_order_is_made_anew_with_its_new_id(fake: FakeSalesforce) -> None:
    """A refund of an order that staff has deleted brings the order back, once."""

    async def work(salesforce: SalesforceConnector) -> None:
        ids(await salesforce.upsert("contact", [person()]))
        (old,) = ids(await salesforce.upsert("deal", [order()]))
        fake.delete(old)
        (outcome,) = await salesforce.upsert("deal", [replace(order(), id=old)])
        assert isinstance(outcome, Saved)
        assert outcome.created
        assert outcome.id != old

    run(fake, work)
    assert len(fake.records("Opportunity")) == 1


def _wait_for_rows(fake: FakeSalesforce, count: int) -> None:
    """Return when a call that we no longer wait for has committed."""
    while len(fake.records("Contact")) < count:
        time.sleep(0.01)
