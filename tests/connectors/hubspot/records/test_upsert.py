"""Writing records: who is created, who is updated, and which outcome belongs to whom."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from connectors.base import BatchRefused, Misconfigured, Outcome, Record, Refused, Retry, Saved
from connectors.hubspot import HubSpotConnector
from tests.connectors.hubspot.opening import contact, deal, ids, on, upsert
from tests.fakes.hubspot import FakeHubSpot, Fault


def test_a_second_identical_run_creates_nothing(hubspot: FakeHubSpot) -> None:
    """The same contacts and deals again: the same ids, nothing new, everything as it was."""
    contacts, deals = [contact(f"c{n}") for n in range(100)], [deal(n) for n in range(100)]
    first = ids(upsert(hubspot, *contacts)), ids(upsert(hubspot, *deals))
    created = hubspot.created()
    assert (ids(upsert(hubspot, *contacts)), ids(upsert(hubspot, *deals))) == first
    assert hubspot.created() == created == {"contacts": 100, "deals": 100, "notes": 0}


def test_a_batch_is_one_call(hubspot: FakeHubSpot) -> None:
    """100 records cost one call; what the account looks like is asked once per object and
    remembered.
    """

    async def use(crm: HubSpotConnector) -> None:
        for _ in range(3):
            await crm.upsert("contact", [contact(f"c{n}") for n in range(100)])
            await crm.upsert("deal", [deal(n) for n in range(100)])

    on(hubspot, use)
    assert hubspot.calls("upsert") == 6
    assert hubspot.calls() == 6 + 3  # properties of contacts and of deals, pipelines of deals


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"logins": "many"}, "INVALID_INTEGER", "logins"),
        ({"lastname": "x" * 65_537}, "VALUE_TOO_LONG", "lastname"),
    ],
)
def test_one_bad_record_of_a_hundred_is_refused_alone(
    hubspot: FakeHubSpot, fields: dict[str, str], code: str, field: str
) -> None:
    """99 are Saved in the same call; the bad one is Refused with HubSpot's code, words and
    field.
    """
    hubspot.define("contacts", "logins", "number", "number")
    records = [contact(f"c{n}", **(fields if n == 41 else {})) for n in range(100)]
    outcomes = upsert(hubspot, *records)
    assert sum(isinstance(outcome, Saved) for outcome in outcomes) == 99
    refused = outcomes[41]
    assert isinstance(refused, Refused)
    assert (refused.code, refused.field) == (code, field)
    assert refused.message
    assert hubspot.calls("upsert") == 1


def test_a_bad_address_is_refused_alone(hubspot: FakeHubSpot) -> None:
    """An address that HubSpot does not take is Refused, with `email` as the field."""
    outcomes = upsert(
        hubspot, contact("good"), Record("contact", "nobody@school", {"firstname": "Ada"})
    )
    assert isinstance(outcomes[0], Saved)
    assert outcomes[1] == Refused(
        "INVALID_EMAIL", "Email address nobody@school is invalid", "email"
    )


def test_an_empty_key_is_refused_without_asking(hubspot: FakeHubSpot) -> None:
    """A record without a key can't be found again: Refused, while the others are written."""
    outcomes = upsert(hubspot, Record("contact", " ", {"firstname": "Ada"}), contact("good"))
    assert isinstance(outcomes[0], Refused)
    assert outcomes[0].field == "email"
    assert isinstance(outcomes[1], Saved)


def test_keys_that_fold_together_never_meet_in_a_call(hubspot: FakeHubSpot) -> None:
    """HubSpot refuses a batch with the same id twice: the second one is to come again."""
    first, second = upsert(
        hubspot, contact("ada"), Record("contact", "ADA@Example.Test", {"lastname": "L"})
    )
    assert isinstance(first, Saved)
    assert isinstance(second, Retry)
    assert second.after == 0


def test_a_secondary_address_updates_its_contact(hubspot: FakeHubSpot) -> None:
    """The contact is updated and keeps its primary address, though a mapping also writes
    `email`.
    """
    known = hubspot.seed_contact("ada@home.test", secondary=["ada@work.test"])
    outcomes = upsert(
        hubspot, Record("contact", "ada@work.test", {"email": "ada@work.test", "firstname": "Ada"})
    )
    assert outcomes == [Saved(known)]
    (ada,) = hubspot.records("contacts")
    assert (ada["email"], ada["emails"], ada["firstname"]) == (
        "ada@home.test",
        ["ada@work.test"],
        "Ada",
    )


def test_a_secondary_address_that_conflicts_updates_its_contact(hubspot: FakeHubSpot) -> None:
    """Should HubSpot not look at secondary addresses but complain of them, the contact that it
    names is updated.
    """
    known = hubspot.seed_contact("ada@home.test", secondary=["ada@work.test"])
    hubspot.set_options(secondary="conflict")
    outcomes = upsert(
        hubspot, contact("other"), Record("contact", "ada@work.test", {"firstname": "Ada"})
    )
    assert isinstance(outcomes[0], Saved)
    assert outcomes[1] == Saved(known)
    assert upsert(hubspot, Record("contact", "ada@work.test", {"firstname": "Ada"})) == [
        Saved(known)
    ]
    assert len(hubspot.records("contacts")) == 2


def test_two_addresses_of_one_contact_are_split_and_then_written(hubspot: FakeHubSpot) -> None:
    """In one batch they are a conflict, which the gateway splits; apart they are both written."""
    known = hubspot.seed_contact("ada@home.test", secondary=["ada@work.test"])
    both = [
        Record("contact", key, {"firstname": "Ada"}) for key in ("ada@home.test", "ada@work.test")
    ]
    with pytest.raises(BatchRefused):
        upsert(hubspot, *both)
    assert [upsert(hubspot, one) for one in both] == [[Saved(known)], [Saved(known)]]


@pytest.mark.parametrize("trace", [True, False])
def test_results_are_matched_in_any_order(hubspot: FakeHubSpot, trace: bool) -> None:
    """With trace ids in the results or without, every outcome is its record's own."""
    hubspot.set_options(echo_trace=trace)
    outcomes = ids(upsert(hubspot, *(contact(f"c{n}", lastname=f"L{n}") for n in range(50))))
    by_id = {one["id"]: one["lastname"] for one in hubspot.records("contacts")}
    assert [by_id[id_] for id_ in outcomes] == [f"L{n}" for n in range(50)]


def test_what_cannot_be_matched_is_asked_alone(hubspot: FakeHubSpot) -> None:
    """Without trace ids, contacts found by secondary addresses come back under others: each is
    written alone.
    """
    hubspot.set_options(echo_trace=False)
    known = [
        hubspot.seed_contact(f"c{n}@home.test", secondary=[f"c{n}@example.test"]) for n in range(3)
    ]
    outcomes = ids(upsert(hubspot, *(contact(f"c{n}") for n in range(3)), contact("new")))
    assert outcomes[:3] == known
    assert hubspot.calls("upsert") == 1 + 3


def test_an_error_without_a_trace_id_splits_the_batch(hubspot: FakeHubSpot) -> None:
    """An error that names no record, beside records that went through, is found by asking the rest
    alone.
    """
    hubspot.set_options(echo_error_trace=False)
    bad = [contact(f"bad{n}", lastname="x" * 65_537) for n in range(2)]
    first, second, third = upsert(hubspot, bad[0], contact("good"), bad[1])
    assert isinstance(second, Saved)
    assert isinstance(first, Refused)
    assert isinstance(third, Refused)
    with pytest.raises(BatchRefused):
        upsert(hubspot, *bad)
    assert isinstance(upsert(hubspot, bad[0])[0], Refused)


@pytest.mark.parametrize("cost", ["batch", "record"])
def test_a_clash_on_a_unique_value_is_refused(hubspot: FakeHubSpot, cost: str) -> None:
    """Whether it costs HubSpot's whole batch or not, the guilty record alone ends Refused, naming
    the property.
    """
    hubspot.set_options(unique_clash=cost)
    hubspot.define("contacts", "student_number", unique=True)
    upsert(hubspot, contact("ada", student_number="7"))
    guilty, good = contact("bob", student_number="7"), contact("cleo")
    if cost == "batch":
        with pytest.raises(BatchRefused):
            upsert(hubspot, guilty, good)
        (outcome,) = upsert(hubspot, guilty)
    else:
        outcome, other = upsert(hubspot, guilty, good)
        assert isinstance(other, Saved)
    assert isinstance(outcome, Refused)
    assert outcome.field == "student_number"


def test_a_missing_property_is_misconfigured_until_it_is_there(hubspot: FakeHubSpot) -> None:
    """Every record needs it, so nothing dies; once it is created, the same connector goes on, with
    the right type.
    """
    record = contact("ada", aom_registered_at=datetime(2020, 8, 11, 16, 58, tzinfo=UTC))

    async def use(crm: HubSpotConnector) -> Outcome:
        with pytest.raises(Misconfigured, match=r"aom_registered_at.*provision"):
            await crm.upsert("contact", [record])
        hubspot.define("contacts", "aom_registered_at", "date", "date")
        return (await crm.upsert("contact", [record]))[0]

    assert isinstance(on(hubspot, use), Saved)
    assert hubspot.records("contacts")[0]["aom_registered_at"] == "2020-08-11"


def test_a_key_property_that_is_not_unique_is_misconfigured(hubspot: FakeHubSpot) -> None:
    """A property that exists but is not unique is reported, never used."""
    hubspot.define("deals", "order_number")
    with pytest.raises(Misconfigured, match="order_number is not unique"):
        upsert(
            hubspot,
            Record(
                "deal",
                "19",
                {"dealname": "Order 19", "dealstage": "closedwon"},
                key_field="order_number",
            ),
        )


def test_a_custom_object_is_written_by_its_key_field(hubspot: FakeHubSpot) -> None:
    """Any object that HubSpot knows, by a unique property that the mapping names."""
    hubspot.add_object("p_enrollment")
    hubspot.define("p_enrollment", "aom_key", unique=True)
    record = Record("p_enrollment", "ada-7", {}, key_field="aom_key")
    assert ids(upsert(hubspot, record)) == ids(upsert(hubspot, record))
    with pytest.raises(Misconfigured, match="key_field"):
        upsert(hubspot, Record("p_enrollment", "ada-7", {}))


def test_contacts_can_be_known_by_a_property_of_ones_own(hubspot: FakeHubSpot) -> None:
    """Then `email` is written like any field, and a contact that already has the address is taken
    over.
    """
    hubspot.define("contacts", "aom_email", unique=True)
    known = hubspot.seed_contact("ada@example.test")
    record = contact("ada", email="ada@example.test", firstname="Ada")
    assert upsert(hubspot, record, contact_key="aom_email") == [Saved(known)]
    assert upsert(hubspot, record, contact_key="aom_email") == [Saved(known)]
    (ada,) = hubspot.records("contacts")
    assert (ada["aom_email"], ada["firstname"]) == ("ada@example.test", "Ada")


def test_warnings_become_notes(hubspot: FakeHubSpot) -> None:
    """What HubSpot says beside a success is kept for the operator, with the value as it was sent
    and as it is kept.
    """
    context = {"rawValue": ["12 34"], "normalizedValue": ["+11234"], "nothing": []}
    warning = {"category": "X", "context": context, "message": "a number was changed"}
    body = json.dumps(
        {"results": [{"id": "9", "new": True, "properties": {}, "warnings": [warning]}]}
    )
    hubspot.script(Fault("status", status=200, body=body, path="upsert"))
    assert upsert(hubspot, contact("ada")) == [
        Saved(
            "9",
            created=True,
            notes=("a number was changed (rawValue: 12 34, normalizedValue: +11234)",),
        )
    ]


def test_a_success_that_names_nobody_is_repeated(hubspot: FakeHubSpot) -> None:
    """2xx alone is not believed: without a result the record comes again."""
    hubspot.script(
        Fault("status", status=200, body='{"status":"COMPLETE","results":[]}', path="upsert")
    )
    first, second = upsert(hubspot, contact("ada"), contact("bob"))
    assert isinstance(first, Retry)
    assert isinstance(second, Retry)


def test_looks_are_remembered_for_minutes(hubspot: FakeHubSpot) -> None:
    """After five minutes properties are asked for again; while HubSpot can't answer, the old ones
    serve on.
    """
    now = [datetime(2026, 11, 24, tzinfo=UTC)]

    async def use(crm: HubSpotConnector) -> None:
        await crm.upsert("contact", [contact("ada")])
        await crm.upsert("contact", [contact("ada")])
        assert hubspot.calls("properties") == 1
        now[0] += timedelta(minutes=6)
        hubspot.script(Fault("status", status=503, path="properties"))
        await crm.upsert("contact", [contact("ada")])
        await crm.upsert("contact", [contact("ada")])
        assert hubspot.calls("properties") == 3

    on(hubspot, use, now=lambda: now[0])


def test_a_token_that_may_not_read_properties_still_writes(hubspot: FakeHubSpot) -> None:
    """Then values go as the mapping has them, typed by themselves."""
    hubspot.define("contacts", "aom_registered_at", "datetime", "date")
    token = hubspot.add_token("narrow", scopes=["crm.objects.contacts.write"])
    record = contact("ada", aom_registered_at=datetime(2020, 8, 11, 16, 58, tzinfo=UTC))
    assert isinstance(upsert(hubspot, record, access_token=token)[0], Saved)
    assert hubspot.records("contacts")[0]["aom_registered_at"] == "2020-08-11T16:58:00.000Z"
