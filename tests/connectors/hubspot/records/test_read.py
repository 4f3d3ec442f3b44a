"""Reading what records hold, by id or by key, in whatever order HubSpot answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.base import (
    AuthFailed,
    BatchRefused,
    Found,
    Misconfigured,
    Record,
    Saved,
    TimedOut,
    Unavailable,
)
from connectors.hubspot import HubSpotConnector
from tests.connectors.hubspot.opening import contact, deal, ids, on, upsert
from tests.fakes.hubspot import FakeHubSpot, Fault

NAME = ("firstname",)


def read(hubspot: FakeHubSpot, *records: Record, **how: object) -> list[Found | None]:
    async def use(crm: HubSpotConnector) -> list[Found | None]:
        return list(await crm.read(records[0].object, records, NAME))

    return on(hubspot, use, **how)  # type: ignore[arg-type]


def known(record: Record, id_: str) -> Record:
    return replace(record, id=id_)


def test_a_batch_is_one_call(hubspot: FakeHubSpot) -> None:
    """100 people, half of whom are there: each answer at its record's place."""
    people = [contact(f"c{n}", firstname=f"F{n}") for n in range(100)]
    there = ids(upsert(hubspot, *people[::2]))
    hubspot.reset_calls()
    found = read(hubspot, *people)
    assert found[::2] == [Found(id_, {"firstname": f"F{2 * n}"}) for n, id_ in enumerate(there)]
    assert found[1::2] == [None] * 50
    assert hubspot.calls() == hubspot.calls("batch/read") == 1


def test_ids_and_keys_are_two_calls(hubspot: FakeHubSpot) -> None:
    """Who is known by an id is found by it, whatever has become of the address."""
    one, other = ids(upsert(hubspot, contact("ada"), contact("bob", firstname="Bob")))
    hubspot.edit("contacts", one, email="ada@new.test")
    asked = [contact("bob"), known(contact("ada"), one), contact("eve"), known(contact("x"), "7")]
    found = read(hubspot, *asked)
    assert found == [
        Found(other, {"firstname": "Bob"}),
        Found(one, {"firstname": "Ada"}),
        None,
        None,
    ]
    assert hubspot.calls("batch/read") == 2


def test_keys_are_compared_without_case(hubspot: FakeHubSpot) -> None:
    """HubSpot keeps addresses in lower case."""
    (id_,) = ids(upsert(hubspot, contact("ada")))
    assert read(hubspot, Record("contact", " ADA@Example.test ", {})) == [
        Found(id_, {"firstname": "Ada"})
    ]


def test_a_secondary_address_finds_its_contact(hubspot: FakeHubSpot) -> None:
    """As a write does."""
    id_ = hubspot.seed_contact("main@example.test", ["ada@example.test"])
    assert read(hubspot, contact("ada")) == [Found(id_, {"firstname": None})]


def test_a_merged_contact_is_found_by_its_old_ids(hubspot: FakeHubSpot) -> None:
    """Under the id with which it goes on."""
    old = ids(upsert(hubspot, contact("ada"), contact("augusta")))
    new = hubspot.merge("ada@example.test", "augusta@example.test")
    for id_ in old:
        assert read(hubspot, known(contact("ada"), id_)) == [Found(new, {"firstname": "Ada"})]


def test_a_contact_key_of_the_settings_is_used(hubspot: FakeHubSpot) -> None:
    """Where the account knows people by a property of its own."""
    hubspot.define("contacts", "aom_email", unique=True)
    record = contact("ada", email="ada@example.test", firstname="Ada")
    (id_,) = ids(upsert(hubspot, record, contact_key="aom_email"))
    hubspot.edit("contacts", id_, email="ada@new.test")
    assert read(hubspot, record, contact_key="aom_email") == [Found(id_, {"firstname": "Ada"})]


def test_an_object_without_a_key_is_set_up_wrong(hubspot: FakeHubSpot) -> None:
    """In the same words as a write."""
    with pytest.raises(Misconfigured, match="how a ticket is known"):
        read(hubspot, Record("ticket", "1", {}))


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault("status", status=401), AuthFailed),
        (Fault("status", status=503), Unavailable),
        (Fault("status", status=400), BatchRefused),
        (Fault("stall", seconds=5), TimedOut),
    ],
    ids=["credentials", "outage", "refusal", "silence"],
)
def test_failures_are_those_of_the_table(
    hubspot: FakeHubSpot, fault: Fault, error: type[Exception]
) -> None:
    """A read fails as a write does."""
    hubspot.script(fault)
    with pytest.raises(error):
        read(hubspot, contact("ada"), timeout=1)


def test_a_record_that_is_gone_alone_may_be_a_404(hubspot: FakeHubSpot) -> None:
    """Whether HubSpot answers 404 or names it among others, it is not there."""
    body = (
        '{"status":"error","category":"OBJECT_NOT_FOUND","message":"Could not get some CONTACT '
        'objects, they may be deleted or not exist.","context":{"ids":["7"]}}'
    )
    hubspot.script(Fault("status", status=404, body=body))
    assert read(hubspot, known(contact("ada"), "7")) == [None]


def test_another_error_among_the_answers_is_raised(hubspot: FakeHubSpot) -> None:
    """What is not known must not pass for nobody: their names would be written over."""
    body = (
        '{"status":"COMPLETE","results":[],"numErrors":1,"errors":[{"status":"error","category":'
        '"VALIDATION_ERROR","message":"that will not do"}]}'
    )
    hubspot.script(Fault("status", status=207, body=body))
    with pytest.raises(BatchRefused, match="that will not do"):
        read(hubspot, contact("ada"))


def changed(id_: str, *, creates: bool = True) -> Record:
    """A known deal of which one field is written, and others only for a new one."""
    whole = deal(1)
    rest = {name: value for name, value in whole.fields.items() if name != "amount"}
    fields = {"amount": whole.fields["amount"]}
    return replace(whole, id=id_, fields=fields, on_create=rest, creates=creates)


@pytest.mark.parametrize("cost", ["record", "batch"])
def test_a_deleted_deal_is_made_anew_with_all_of_its_fields(
    hubspot: FakeHubSpot, cost: str
) -> None:
    """Those that are only for a new one too; the deal that is there keeps its own."""
    hubspot.set_options(missing_ids=cost)
    (id_,) = ids(upsert(hubspot, deal(1)))
    hubspot.edit("deals", id_, dealname="Staff's name")
    assert upsert(hubspot, changed(id_)) == [Saved(id_)]
    assert hubspot.records("deals")[0]["dealname"] == "Staff's name"
    hubspot.delete("deals", id_)
    (outcome,) = upsert(hubspot, changed(id_))
    assert isinstance(outcome, Saved)
    assert outcome.created
    (made,) = hubspot.records("deals")
    assert (made["dealname"], made["dealstage"], made["amount"]) == (
        "Order 19",
        "closedwon",
        "220.00",
    )


@pytest.mark.parametrize("cost", ["record", "batch"])
def test_what_is_only_updated_is_not_made_anew(hubspot: FakeHubSpot, cost: str) -> None:
    """It is deleted, and stays so; the others of the batch are written."""
    hubspot.set_options(missing_ids=cost)
    gone, there = ids(upsert(hubspot, deal(1), deal(2)))
    hubspot.delete("deals", gone)
    other = known(deal(2, dealname="New"), there)
    (outcome, saved) = upsert(hubspot, changed(gone, creates=False), other)
    assert isinstance(outcome, Saved)
    assert (outcome.id, outcome.created, len(outcome.notes)) == ("", False, 1)
    assert saved == Saved(there)
    assert [one["dealname"] for one in hubspot.records("deals")] == ["New"]
