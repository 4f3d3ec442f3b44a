"""What becomes of a batch of records."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial

import pytest

from connectors.base import (
    BatchRefused,
    Misconfigured,
    Record,
    Refused,
    Retry,
    Saved,
    Throttled,
    Unavailable,
)
from connectors.salesforce import SalesforceConnector
from tests.connectors.salesforce.opening import (
    Clock,
    ids,
    look_up,
    opened,
    order,
    people,
    person,
    run,
)
from tests.fakes.salesforce import FakeSalesforce


def test_records_are_created_then_updated(fake: FakeSalesforce) -> None:
    """The first write creates, the second finds the same record by its key and changes only what is
    sent.
    """
    first = run(
        fake,
        lambda salesforce: salesforce.upsert("contact", [person(FirstName="Ada", AOM_Id__c="3")]),
    )
    second = run(
        fake, lambda salesforce: salesforce.upsert("contact", [person(FirstName="Augusta")])
    )
    assert [first[0], second[0]] == [Saved(ids(first)[0], created=True), Saved(ids(first)[0])]
    (row,) = fake.records("Contact")
    assert (row["FirstName"], row["AOM_Id__c"], row["AOM_Key__c"], row["writes"]) == (
        "Augusta",
        "3",
        "ada@example.test",
        2,
    )


def test_outcomes_stand_in_the_order_of_the_records(fake: FakeSalesforce) -> None:
    """Among known and new people each outcome belongs to the record at its place."""

    async def work() -> None:
        async with opened(fake) as salesforce:
            known = dict(
                zip(
                    (1, 3),
                    ids(await salesforce.upsert("contact", [people(4)[1], people(4)[3]])),
                    strict=True,
                )
            )
            batch = [
                replace(record, id=known.get(number)) for number, record in enumerate(people(4))
            ]
            outcomes = await salesforce.upsert("contact", batch)
            rows = {row["AOM_Key__c"]: row["Id"] for row in fake.records("Contact")}
            assert ids(outcomes) == [rows[record.key] for record in batch]
            assert [outcome.created for outcome in outcomes if isinstance(outcome, Saved)] == [
                True,
                False,
                True,
                False,
            ]

    asyncio.run(work())
    assert fake.called("POST /composite") == 1, "known and new people go in one call"


def test_one_bad_row_among_200(fake: FakeSalesforce) -> None:
    """199 are written in the same attempt, one is refused with Salesforce's code, words and
    field.
    """
    batch = people(200)
    batch[77] = person("learner77@example.test", Email="no address")
    outcomes = run(fake, lambda salesforce: salesforce.upsert("contact", batch))
    assert outcomes[77] == Refused(
        "INVALID_EMAIL_ADDRESS", "Email: invalid email address: no address", "Email"
    )
    assert sum(isinstance(outcome, Saved) for outcome in outcomes) == 199
    assert len(fake.records("Contact")) == 199
    assert fake.called("PATCH /composite/sobjects/Contact") == 1


def test_locks_retry_only_their_rows(fake: FakeSalesforce) -> None:
    """A row that somebody else holds is to come again; the others are saved."""
    fake.lock("learner1@example.test")
    outcomes = run(fake, lambda salesforce: salesforce.upsert("contact", people(3)))
    assert [type(outcome) for outcome in outcomes] == [Saved, Retry, Saved]
    assert "UNABLE_TO_LOCK_ROW" in str(outcomes[1])
    assert len(ids(run(fake, lambda salesforce: salesforce.upsert("contact", people(3))))) == 3


@pytest.mark.parametrize(
    ("spoil", "code", "field"),
    [
        (
            lambda fake: fake.rule("Contact", "FirstName", "Bad", "No bad names, please"),
            "FIELD_CUSTOM_VALIDATION_EXCEPTION",
            "FirstName",
        ),
        (lambda fake: fake.configure(duplicate_rule="block"), "DUPLICATES_DETECTED", None),
        (
            lambda fake: fake.add_field("Contact", name="Card__c", required=True),
            "REQUIRED_FIELD_MISSING",
            "Card__c",
        ),
    ],
    ids=["validation rule", "blocking duplicate rule", "required field"],
)
def test_what_the_org_refuses_is_refused(
    fake: FakeSalesforce, spoil: object, code: str, field: str | None
) -> None:
    """A row that the org's own rules refuse is refused for good, with Salesforce's words."""
    fake.seed("Contact", LastName="Byron", Email="ada@example.test", AOM_Key__c="someone else")
    assert callable(spoil)
    spoil(fake)
    (outcome,) = run(
        fake, lambda salesforce: salesforce.upsert("contact", [person(FirstName="Bad")])
    )
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.field) == (code, field)
    assert outcome.message


@pytest.mark.parametrize(("setting", "kind"), [("allow", Saved), ("refuse", Refused)])
def test_duplicate_alerts_are_overridden_unless_told_not_to(
    fake: FakeSalesforce, setting: str, kind: type
) -> None:
    """A duplicate rule that only warns holds nothing up, unless `duplicate_alerts` says so."""
    fake.seed("Contact", LastName="Byron", Email="ada@example.test", AOM_Key__c="someone else")
    fake.configure(duplicate_rule="alert")
    (outcome,) = run(
        fake, lambda salesforce: salesforce.upsert("contact", [person()]), duplicate_alerts=setting
    )
    assert isinstance(outcome, kind)


def test_a_unique_value_of_another_is_refused(fake: FakeSalesforce) -> None:
    """Another unique field that somebody else holds refuses the row, and names the field."""
    fake.add_field("Contact", name="Card__c", unique=True)
    fake.seed("Contact", LastName="Byron", Card__c="77")
    (outcome,) = run(fake, lambda salesforce: salesforce.upsert("contact", [person(Card__c="77")]))
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.field) == ("DUPLICATE_VALUE", "Card__c")


def test_several_records_of_one_key_are_refused(fake: FakeSalesforce) -> None:
    """A key that is not unique and stands twice refuses the row: nobody can tell which is meant."""
    fake.change_field("Opportunity", "AOM_Order_Key__c", unique=False)
    for _ in range(2):
        fake.seed(
            "Opportunity",
            Name="Order",
            StageName="Closed Won",
            CloseDate="2026-01-01",
            AOM_Order_Key__c="springfield-19",
        )
    (outcome,) = run(fake, lambda salesforce: salesforce.upsert("deal", [order()]))
    assert isinstance(outcome, Refused)
    assert outcome.code == "DUPLICATE_EXTERNAL_ID"


def test_keys_that_differ_in_case_do_not_sink_each_other(fake: FakeSalesforce) -> None:
    """Salesforce refuses both of two equal keys, and knows no case: one goes, the other comes again
    later.
    """
    outcomes = run(
        fake,
        lambda salesforce: salesforce.upsert("deal", [order("S-1"), order("s-1"), order("s-2")]),
    )
    assert [type(outcome) for outcome in outcomes] == [Saved, Retry, Saved]
    assert [row["AOM_Order_Key__c"] for row in fake.records("Opportunity")] == ["s-1", "s-2"]


def test_an_empty_key_is_refused(fake: FakeSalesforce) -> None:
    """A record without a key can't be found again, so it is never written."""
    outcomes = run(fake, lambda salesforce: salesforce.upsert("deal", [order(" "), order("s-2")]))
    assert [type(outcome) for outcome in outcomes] == [Refused, Saved]


def test_more_than_a_call_takes_is_refused_as_a_batch(fake: FakeSalesforce) -> None:
    """201 records are for the gateway to split, and cost no call."""
    with pytest.raises(BatchRefused, match="201"):
        run(fake, lambda salesforce: salesforce.upsert("contact", people(201)))
    assert fake.stats()["calls"] == 0


@pytest.mark.parametrize("whole_call", [False, True], ids=["by row", "by call"])
def test_a_removed_field_is_a_fault_of_the_setup_until_it_is_back(
    fake: FakeSalesforce, *, whole_call: bool
) -> None:
    """Whether Salesforce names the row or refuses the call: it is Misconfigured with what to do,
    and heals with the org.
    """
    fake.configure(whole_call=whole_call)
    batch = [person(AOM_Id__c="3"), person("no.id@example.test")]

    async def work() -> None:
        async with opened(fake) as salesforce:
            await salesforce.upsert("contact", batch)
            fake.remove_field("Contact", "AOM_Id__c")
            for _ in range(2):
                with pytest.raises(
                    Misconfigured, match=r"AOM_Id__c.*Setup → Object Manager.*provision"
                ):
                    await salesforce.upsert("contact", batch)
            fake.add_field("Contact", name="AOM_Id__c")
            assert len(ids(await salesforce.upsert("contact", batch))) == 2

    asyncio.run(work())


def test_a_new_field_is_seen_at_the_next_attempt(fake: FakeSalesforce) -> None:
    """What the connector believed of the org is forgotten with the fault that it led to."""
    fake.remove_field("Contact", "AOM_Id__c")

    async def work(salesforce: SalesforceConnector) -> None:
        with pytest.raises(Misconfigured, match="AOM_Id__c"):
            await salesforce.upsert("contact", [person(AOM_Id__c="3")])
        fake.add_field("Contact", name="AOM_Id__c")
        assert len(ids(await salesforce.upsert("contact", [person(AOM_Id__c="3")]))) == 1

    run(fake, work)


def test_a_hidden_key_field_is_a_fault_of_the_setup(fake: FakeSalesforce) -> None:
    """Without field-level security the key might as well not be there."""
    fake.change_field("Contact", "AOM_Key__c", granted=False)
    with pytest.raises(Misconfigured, match=r"no field AOM_Key__c that the run-as user can see"):
        run(fake, lambda salesforce: salesforce.upsert("contact", [person()]))


def test_a_key_that_is_no_external_id_is_a_fault_of_the_setup(fake: FakeSalesforce) -> None:
    """The remedy names the two ticks in Setup."""
    fake.change_field("Contact", "AOM_Key__c", external_id=False, unique=False)
    with pytest.raises(Misconfigured, match="External ID and Unique"):
        run(fake, lambda salesforce: salesforce.upsert("contact", [person()]))


def test_a_field_that_may_not_be_written_is_a_fault_of_the_setup(fake: FakeSalesforce) -> None:
    """A formula, or a field that is read-only for the run-as user, holds the connector, not one
    record.
    """
    fake.change_field("Contact", "AOM_Id__c", createable=False, updateable=False)
    with pytest.raises(Misconfigured, match=r"may not write Contact\.AOM_Id__c"):
        run(fake, lambda salesforce: salesforce.upsert("contact", [person(AOM_Id__c="3")]))


def test_a_slip_in_a_field_name_is_hinted_at(fake: FakeSalesforce) -> None:
    """The nearest field is named."""
    with pytest.raises(Misconfigured, match="is FirstName meant"):
        run(fake, lambda salesforce: salesforce.upsert("contact", [person(Firstname="Ada")]))


def test_full_storage_holds_the_connector(fake: FakeSalesforce) -> None:
    """No record is at fault when the org is full: nothing is dead, and the alarm says what to
    do.
    """
    fake.configure(storage_full=True)
    with pytest.raises(Throttled, match="Setup → Storage Usage") as raised:
        run(fake, lambda salesforce: salesforce.upsert("contact", [person()]))
    assert raised.value.daily


def test_one_unshared_record_does_not_hold_the_connector(fake: FakeSalesforce) -> None:
    """A record that the run-as user may not edit, though it may edit others, is refused alone."""
    (id_,) = ids(run(fake, lambda salesforce: salesforce.upsert("contact", [person()])))
    fake.change(id_, _read_only=True)
    (outcome,) = run(fake, lambda salesforce: salesforce.upsert("contact", [person(id=id_)]))
    assert isinstance(outcome, Refused)
    assert "sharing" in outcome.message


def test_a_missing_right_holds_the_connector(fake: FakeSalesforce) -> None:
    """Where the run-as user may write no Contact at all, the set-up is at fault."""

    async def work() -> None:
        async with opened(fake) as salesforce:
            await look_up(salesforce, "contact")
            fake.grant_object("Contact", granted=False)
            with pytest.raises(Misconfigured):
                await salesforce.upsert("contact", [person()])

    asyncio.run(work())


def test_an_unknown_object_is_a_fault_of_the_setup(fake: FakeSalesforce) -> None:
    """Names that could lead elsewhere in the address are unknown without a call."""

    async def write(name: str, salesforce: SalesforceConnector) -> None:
        await salesforce.upsert(name, [Record(name, "1", {})])

    for name in ("Enrollment__c", "../../services/oauth2", "Contact/Email"):
        with pytest.raises(Misconfigured, match="no object"):
            run(fake, partial(write, name))
    assert fake.called("GET /sobjects") == 1


def test_a_contact_may_be_known_by_its_email(fake: FakeSalesforce) -> None:
    """`contact_key = "Email"` writes by Salesforce's own look-up field, with no claiming."""
    fake.seed("Contact", LastName="Byron", Email="ada@example.test")
    run(
        fake,
        lambda salesforce: salesforce.upsert("contact", [person("Ada@example.test")]),
        contact_key="Email",
    )
    (row,) = fake.records("Contact")
    assert (row["LastName"], row["Email"]) == ("Lovelace", "ada@example.test")
    assert fake.called("GET /query") == 0


def test_an_object_is_described_once_an_hour(fake: FakeSalesforce) -> None:
    """Calls are precious: what the org said of an object is believed for an hour."""
    clock = Clock()

    async def work() -> None:
        async with opened(fake, clock=clock) as salesforce:
            for hours in (0, 0.5, 1.1):
                clock.time = clock.time.replace(hour=int(hours), minute=int(hours % 1 * 60))
                await salesforce.upsert("contact", [person()])

    asyncio.run(work())
    assert fake.called("GET /sobjects/Contact/describe") == 2


def test_an_answer_that_does_not_fit_is_no_answer(fake: FakeSalesforce) -> None:
    """Too few results can't be told apart, so the batch is repeated."""
    fake.fault(
        "PATCH /composite/sobjects/Contact", status=200, body=[{"id": "003", "success": True}]
    )
    with pytest.raises(Unavailable, match="2 results"):
        run(fake, lambda salesforce: salesforce.upsert("contact", people(2)))
