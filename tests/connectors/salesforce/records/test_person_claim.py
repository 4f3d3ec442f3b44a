"""People whom the org knows already get our key; nobody is doubled."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from connectors.base import Outcome, Refused, Saved, Unavailable
from tests.connectors.salesforce.opening import ids, opened, people, person, run
from tests.fakes.salesforce import FakeSalesforce


def upsert(
    fake: FakeSalesforce, email: str = "ada@example.test", id: str | None = None, **settings: object
) -> Outcome:
    return run(
        fake, lambda salesforce: salesforce.upsert("contact", [person(email, id)]), **settings
    )[0]


def test_nobody_known_is_created(fake: FakeSalesforce) -> None:
    """Without a match a new Contact comes into being, under our key."""
    assert upsert(fake) == Saved(fake.records("Contact")[0]["Id"], created=True)


def test_the_one_match_gets_our_key(fake: FakeSalesforce) -> None:
    """A Contact of this e-mail without our key is taken over: its id stays, our key and fields are
    written on it.
    """
    id_ = fake.seed("Contact", LastName="Byron", FirstName="Augusta", Email="ada@example.test")
    assert upsert(fake, "Ada@Example.test") == Saved(id_)
    (row,) = fake.records("Contact")
    assert (row["AOM_Key__c"], row["LastName"], row["FirstName"]) == (
        "ada@example.test",
        "Lovelace",
        "Augusta",
    )


def test_claims_cost_one_call_more_at_most(fake: FakeSalesforce) -> None:
    """200 people, half of whom the org knows: one query, and one call that writes both halves."""
    for record in people(200)[::2]:
        fake.seed("Contact", LastName="Known", Email=record.key)
    outcomes = run(fake, lambda salesforce: salesforce.upsert("contact", people(200)))
    assert [outcome.created for outcome in outcomes if isinstance(outcome, Saved)] == [
        False,
        True,
    ] * 100
    assert len(fake.records("Contact")) == 200
    assert (fake.called("GET /query"), fake.called("POST /composite"), fake.called("PATCH")) == (
        1,
        1,
        0,
    )


@pytest.mark.parametrize(("choice", "place"), [("oldest", 1), ("newest", 2)])
def test_of_several_the_chosen_one_is_taken(fake: FakeSalesforce, choice: str, place: int) -> None:
    """`several_matches` says which, by the date of creation."""
    dates = (
        "2019-01-01T00:00:00.000+0000",
        "2018-01-01T00:00:00.000+0000",
        "2020-01-01T00:00:00.000+0000",
    )
    seeded = [
        fake.seed("Contact", LastName="Byron", Email="ada@example.test", CreatedDate=date)
        for date in dates
    ]
    assert upsert(fake, several_matches=choice) == Saved(seeded[place])
    assert [row["AOM_Key__c"] is not None for row in fake.records("Contact")] == [
        number == place for number in range(3)
    ]


def test_several_may_be_left_to_people(fake: FakeSalesforce) -> None:
    """With `dead_letter` nobody is written, and the words say how many there are and what helps."""
    for name in ("One", "Two"):
        fake.seed("Contact", LastName=name, Email="ada@example.test")
    outcome = upsert(fake, several_matches="dead_letter")
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.field) == ("SEVERAL_MATCHES", "Email")
    assert "2 Contacts have the e-mail ada@example.test: merge them" in outcome.message
    assert fake.called("PATCH") == 0


def test_who_has_our_key_is_found_by_it_among_several(fake: FakeSalesforce) -> None:
    """An older Contact of the same e-mail is left alone where another is ours already: a lost
    ledger claims nobody twice.
    """
    fake.seed("Contact", LastName="Older", Email="ada@example.test")
    ours = fake.seed(
        "Contact", LastName="Ours", Email="ada@example.test", AOM_Key__c="ada@example.test"
    )
    assert upsert(fake, several_matches="dead_letter") == Saved(ours)
    assert fake.called("PATCH") == 1, "nothing had to be tried twice"


def test_who_has_another_persons_key_is_not_taken(fake: FakeSalesforce) -> None:
    """A Contact that belongs to another AOM person stays theirs, whatever its e-mail."""
    fake.seed(
        "Contact", LastName="Grace", Email="ada@example.test", AOM_Key__c="grace@example.test"
    )
    outcome = upsert(fake)
    assert isinstance(outcome, Saved)
    assert outcome.created
    assert {row["AOM_Key__c"]: row["LastName"] for row in fake.records("Contact")} == {
        "grace@example.test": "Grace",
        "ada@example.test": "Lovelace",
    }


def test_our_key_wins_over_an_email(fake: FakeSalesforce) -> None:
    """A Contact with our key whose e-mail was changed there stays the one, though another has the
    old e-mail.
    """
    ours = fake.seed(
        "Contact", LastName="Ours", Email="new@example.test", AOM_Key__c="ada@example.test"
    )
    fake.seed("Contact", LastName="Stranger", Email="ada@example.test")
    assert upsert(fake) == Saved(ours)
    assert [row["LastName"] for row in fake.records("Contact")] == ["Lovelace", "Stranger"]


def test_who_is_known_to_the_gateway_is_not_looked_for(fake: FakeSalesforce) -> None:
    """With an id from an earlier write no query is made."""
    id_ = ids([upsert(fake)])[0]
    fake.forget()
    assert upsert(fake, id=id_) == Saved(id_)
    assert fake.called("GET /query") == 0


def test_a_merged_contact_goes_on_under_its_new_id(fake: FakeSalesforce) -> None:
    """Where our Contact was merged into another, that one is claimed: nobody comes back from the
    dead.
    """
    id_ = ids([upsert(fake)])[0]
    winner = fake.seed("Contact", LastName="Byron", Email="ada@example.test")
    fake.delete(id_)
    assert upsert(fake, id=id_) == Saved(winner)
    assert [row["AOM_Key__c"] for row in fake.records("Contact")] == ["ada@example.test"]


def test_a_deleted_contact_is_made_anew(fake: FakeSalesforce) -> None:
    """Where nobody of that e-mail is left, the person is created again."""
    id_ = ids([upsert(fake)])[0]
    fake.delete(id_)
    outcome = upsert(fake, id=id_)
    assert isinstance(outcome, Saved)
    assert outcome.created
    assert outcome.id != id_


def test_an_id_of_another_org_is_got_over(fake: FakeSalesforce) -> None:
    """A ledger that belongs to another org, say a refreshed sandbox, leads back to the e-mail."""
    known = fake.seed("Contact", LastName="Byron", Email="ada@example.test")
    assert upsert(fake, id="003999999999999AAA") == Saved(known)


def test_quotes_and_backslashes_in_addresses_stay_text(fake: FakeSalesforce) -> None:
    """No address can change the query."""
    addresses = ["o'hara@example.test", "a\\'b@example.test", "x') or (email != '@example.test"]
    for address in addresses[:2]:
        fake.seed("Contact", LastName="Known", Email=address)
    outcomes = run(
        fake,
        lambda salesforce: salesforce.upsert("contact", [person(address) for address in addresses]),
    )
    assert [type(outcome) for outcome in outcomes] == [Saved, Saved, Refused]
    assert [row["AOM_Key__c"] for row in fake.records("Contact")] == addresses[:2]


def test_long_addresses_are_looked_for_in_pieces_within_one_call(fake: FakeSalesforce) -> None:
    """A query that no address line could hold goes as several in one composite call."""
    batch = [person(f"{number:03}{'x' * 50}@{'y' * 20}.test") for number in range(200)]
    known = fake.seed("Contact", LastName="Known", Email=batch[199].key)
    outcomes = run(fake, lambda salesforce: salesforce.upsert("contact", batch))
    assert ids(outcomes)[199] == known
    assert (fake.called("GET /query"), fake.called("POST /composite")) == (0, 2)


def test_many_matches_come_in_pages(fake: FakeSalesforce) -> None:
    """Salesforce answers a long result in pieces; all are read."""
    fake.configure(page_size=3)
    seeded = [fake.seed("Contact", LastName="Known", Email=record.key) for record in people(10)]
    assert ids(run(fake, lambda salesforce: salesforce.upsert("contact", people(10)))) == seeded


@pytest.mark.parametrize(("match_leads", "written"), [(True, False), (False, True)])
def test_leads_may_be_left_to_the_sales_team(
    fake: FakeSalesforce, *, match_leads: bool, written: bool
) -> None:
    """An unconverted Lead is a dead letter with that reason if `match_leads` is set, and does not
    matter otherwise.
    """
    fake.seed("Lead", LastName="Lovelace", Company="Analytical", Email="Ada@example.test")
    outcome = upsert(fake, match_leads=match_leads)
    assert isinstance(outcome, Saved) is written
    assert written or (
        isinstance(outcome, Refused)
        and outcome.code == "UNCONVERTED_LEAD"
        and "convert it" in outcome.message
    )


def test_converted_leads_and_contacts_go_before_leads(fake: FakeSalesforce) -> None:
    """Who is a Contact already is one, also as a Lead; a converted Lead is none.

    It costs no further call.
    """
    fake.seed("Lead", LastName="Lovelace", Company="Analytical", Email="ada@example.test")
    fake.seed(
        "Lead", LastName="Hopper", Company="Navy", Email="grace@example.test", IsConverted=True
    )
    known = fake.seed("Contact", LastName="Byron", Email="ada@example.test")
    outcomes = run(
        fake,
        lambda salesforce: salesforce.upsert("contact", [person(), person("grace@example.test")]),
        match_leads=True,
    )
    assert ids(outcomes)[0] == known
    assert fake.stats()["calls"] == 3, "describe, both queries as one, and one write"


def test_a_person_account_is_refused_with_its_reason(fake: FakeSalesforce) -> None:
    """The Contact side of a person account can't be written, and a second Contact would double the
    person.
    """
    fake.add_field(
        "Contact",
        name="IsPersonAccount",
        type="boolean",
        default=False,
        createable=False,
        updateable=False,
    )
    fake.seed("Contact", LastName="Byron", Email="ada@example.test", IsPersonAccount=True)
    outcome = upsert(fake)
    assert isinstance(outcome, Refused)
    assert outcome.code == "PERSON_ACCOUNT"


def test_keys_other_than_emails_are_claimed_by_the_email_field(fake: FakeSalesforce) -> None:
    """With AOM's id as the key the e-mail is taken from the record's Email."""
    known = fake.seed("Contact", LastName="Byron", Email="ada@example.test")
    fake.add_field("Contact", name="AOM_User__c", unique=True, external_id=True)
    record = replace(person(), key="3", key_field="AOM_User__c")
    assert ids(run(fake, lambda salesforce: salesforce.upsert("contact", [record]))) == [known]
    assert fake.records("Contact")[0]["AOM_User__c"] == "3"


def test_one_contact_is_claimed_by_one_person_of_a_batch(fake: FakeSalesforce) -> None:
    """Two keys of the same e-mail: the second gets a Contact of its own."""
    known = fake.seed("Contact", LastName="Byron", Email="ada@example.test")
    batch = [
        person(key, Email="ada@example.test")
        for key in ("ada@example.test", "ada+aom@example.test")
    ]
    outcomes = run(fake, lambda salesforce: salesforce.upsert("contact", batch))
    assert ids(outcomes)[0] == known
    assert len(fake.records("Contact")) == 2


def test_a_lost_answer_claims_nobody_twice(fake: FakeSalesforce) -> None:
    """A write that was done but not answered is found by its key when it comes again."""
    fake.fault("PATCH /composite/sobjects/Contact", drop="after")

    async def work() -> None:
        async with opened(fake) as salesforce:
            with pytest.raises(Unavailable):
                await salesforce.upsert("contact", people(5))
            outcomes = await salesforce.upsert(
                "contact", [person(record.key, doubtful=True) for record in people(5)]
            )
            assert not any(outcome.created for outcome in outcomes if isinstance(outcome, Saved))

    asyncio.run(work())
    assert len(fake.records("Contact")) == 5
