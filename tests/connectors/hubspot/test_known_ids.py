"""Records whose id is known are written by it, whatever people have done to their keys."""

from __future__ import annotations

import pytest

from connectors.base import Outcome, Record, Saved
from connectors.hubspot import HubSpotConnector
from tests.connectors.hubspot.opening import DEAL, contact, deal, ids, on, upsert
from tests.fakes.hubspot import FakeHubSpot, Fault


def known(record: Record, id_: str) -> Record:
    return Record(record.object, record.key, record.fields, id=id_)


def merged(old: str, new: str) -> Saved:
    return Saved(new, notes=(f"the record {old} was merged in HubSpot: it goes on as {new}",))


def test_known_and_new_records_are_two_calls(hubspot: FakeHubSpot) -> None:
    """One update by id and one upsert, whose outcomes come in the order of the records."""
    old = ids(upsert(hubspot, *(contact(f"c{n}") for n in range(3))))
    mixed = [
        known(contact(f"c{n}"), old[n]) if n < 3 else contact(f"c{n}") for n in (3, 0, 4, 1, 2)
    ]
    outcomes = upsert(hubspot, *mixed)
    created = [isinstance(outcome, Saved) and outcome.created for outcome in outcomes]
    assert created == [True, False, True, False, False]
    assert [outcomes[n] for n in (1, 3, 4)] == [Saved(id_) for id_ in old]
    assert (hubspot.calls("batch/update"), hubspot.calls("batch/upsert")) == (1, 2)


def test_an_address_that_staff_changed_stays(hubspot: FakeHubSpot) -> None:
    """The old address finds its contact by id; nobody is made anew, and the address stays as people
    have set it.
    """
    (id_,) = ids(upsert(hubspot, contact("ada", email="ada@example.test")))
    hubspot.edit("contacts", id_, email="ada@new.test")
    again = known(contact("ada", email="ada@example.test", firstname="Augusta"), id_)
    assert upsert(hubspot, again) == [Saved(id_)]
    (ada,) = hubspot.records("contacts")
    assert (ada["email"], ada["firstname"]) == ("ada@new.test", "Augusta")


def test_an_address_stays_where_contacts_have_a_key_of_their_own(hubspot: FakeHubSpot) -> None:
    """The standard mapping writes `email` in every record: it counts for a new contact alone."""
    hubspot.define("contacts", "aom_email", unique=True)
    record = contact("ada", email="ada@example.test", firstname="Ada")
    (id_,) = ids(upsert(hubspot, record, contact_key="aom_email"))
    hubspot.edit("contacts", id_, email="ada@new.test")
    assert upsert(hubspot, known(record, id_), contact_key="aom_email") == [Saved(id_)]
    assert hubspot.records("contacts")[0]["email"] == "ada@new.test"


def test_another_address_in_the_mapping_is_written(hubspot: FakeHubSpot) -> None:
    """Where `email` is not the key but a value of the mapping, it is written like any other."""
    hubspot.define("contacts", "aom_user", unique=True)
    first = Record("contact", "7", {"email": "ada@example.test"})
    (id_,) = ids(upsert(hubspot, first, contact_key="aom_user"))
    moved = Record("contact", "7", {"email": "ada@new.test"}, id=id_)
    assert upsert(hubspot, moved, contact_key="aom_user") == [Saved(id_)]
    assert hubspot.records("contacts")[0]["email"] == "ada@new.test"


@pytest.mark.parametrize("trace", [True, False])
def test_a_merged_contact_goes_on_under_its_new_id(hubspot: FakeHubSpot, trace: bool) -> None:
    """After a merge both old ids lead to the new one, with a note, and nobody is created again."""
    hubspot.set_options(echo_trace=trace)
    old = ids(upsert(hubspot, contact("ada"), contact("augusta")))
    new = hubspot.merge("ada@example.test", "augusta@example.test")
    assert upsert(hubspot, known(contact("ada"), old[0])) == [merged(old[0], new)]
    assert upsert(hubspot, known(contact("augusta"), old[1])) == [merged(old[1], new)]
    assert len(hubspot.records("contacts")) == 1


def test_a_refund_of_a_deal_that_was_merged_away_goes_to_the_survivor(hubspot: FakeHubSpot) -> None:
    """Never a third deal, and the survivor keeps its own key."""
    kept, gone = ids(upsert(hubspot, deal(1), deal(2)))
    new = hubspot.merge_records("deals", kept, gone)
    refund = known(deal(2, dealstage="closedlost"), gone)
    assert upsert(hubspot, refund) == [merged(gone, new)]
    (survivor,) = hubspot.records("deals")
    assert (survivor["dealstage"], survivor["aom_order_key"]) == ("closedlost", "springfield-1")


@pytest.mark.parametrize("way", ["known", "merged"])
def test_two_keys_of_one_contact_are_written(hubspot: FakeHubSpot, way: str) -> None:
    """HubSpot takes a record once in a call, and two people of ours may be one contact there."""
    one, other = ids(upsert(hubspot, contact("ada"), contact("augusta")))
    new = hubspot.merge("ada@example.test", "augusta@example.test")
    first, second = (one, other) if way == "merged" else (new, new)
    both = [
        known(contact("ada", firstname="Ada"), first),
        known(contact("augusta", lastname="L"), second),
    ]
    # what HubSpot alone knows to be one record, it refuses together: the gateway splits
    if way == "merged":
        assert [ids(upsert(hubspot, record)) for record in both] == [[new], [new]]
    else:
        assert ids(upsert(hubspot, *both)) == [new, new]
    (ada,) = hubspot.records("contacts")
    assert (ada["firstname"], ada["lastname"]) == ("Ada", "L")


@pytest.mark.parametrize("cost", ["record", "batch"])
@pytest.mark.parametrize("trace", [True, False])
def test_a_record_that_was_deleted_is_made_anew(
    hubspot: FakeHubSpot, trace: bool, cost: str
) -> None:
    """Whether HubSpot names the row or only the id that it lacks, and whether it refuses those that
    are still there.
    """
    hubspot.set_options(echo_error_trace=trace, missing_ids=cost)
    old = ids(upsert(hubspot, *(deal(n) for n in range(4))))
    for id_ in old[1:3]:
        hubspot.delete("deals", id_)
    outcomes = upsert(hubspot, *(known(deal(n), old[n]) for n in range(4)))
    saved = [outcome for outcome in outcomes if isinstance(outcome, Saved)]
    assert [outcome.created for outcome in saved] == [False, True, True, False]
    assert sorted(one["aom_order_key"] for one in hubspot.records("deals")) == [
        f"springfield-{n}" for n in range(4)
    ]
    assert not {outcome.id for outcome in saved[1:3]} & set(old)


def test_a_deleted_contact_gets_its_address_again(hubspot: FakeHubSpot) -> None:
    """Made anew by a key of its own, it has all that a new contact has."""
    hubspot.define("contacts", "aom_email", unique=True)
    record = contact("ada", email="ada@example.test", firstname="Ada")
    (id_,) = ids(upsert(hubspot, record, contact_key="aom_email"))
    hubspot.delete("contacts", id_)
    (new,) = ids(upsert(hubspot, known(record, id_), contact_key="aom_email"))
    (ada,) = hubspot.records("contacts")
    assert (ada["id"], ada["email"], ada["aom_email"]) == (
        new,
        "ada@example.test",
        "ada@example.test",
    )


def test_a_contact_that_is_there_and_is_not_ends(hubspot: FakeHubSpot) -> None:
    """HubSpot names a contact that has the address, and lacks it by that id: the record waits,
    nothing circles.
    """
    clash = (
        '{"status":"error","category":"CONFLICT","message":"Contact already exists. Existing ID: '
        '999"}'
    )

    async def use(crm: HubSpotConnector) -> list[Outcome]:
        hubspot.script(Fault("status", status=409, body=clash, path="upsert", times=2))
        return list(await crm.upsert("contact", [contact("ada")]))

    (outcome,) = on(hubspot, use)
    assert not isinstance(outcome, Saved)
    assert (hubspot.calls("batch/upsert"), hubspot.calls("batch/update")) == (2, 1)


def test_an_order_is_written_by_id_with_all_its_fields(hubspot: FakeHubSpot) -> None:
    """An update by id brings every field but the key, which stays."""
    (id_,) = ids(upsert(hubspot, deal(1)))
    upsert(
        hubspot, Record("deal", "springfield-1", {**DEAL, "dealname": "Order 1: Algebra"}, id=id_)
    )
    (made,) = hubspot.records("deals")
    assert (made["dealname"], made["aom_order_key"], made["writes"]) == (
        "Order 1: Algebra",
        "springfield-1",
        2,
    )
