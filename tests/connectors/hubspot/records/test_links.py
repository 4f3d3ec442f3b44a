"""Linking: each pair is tied or said not to be."""

from __future__ import annotations

import json

import pytest

from connectors.base import BatchRefused, Misconfigured, Refused, Retry, Saved
from tests.connectors.hubspot.opening import contact, deal, ids, link, tie, upsert
from tests.fakes.hubspot import FakeHubSpot, Fault


def pair(hubspot: FakeHubSpot, number: int) -> tuple[str, str]:
    """Make a deal and a contact, and give their ids."""
    return ids(upsert(hubspot, deal(number)))[0], ids(upsert(hubspot, contact(f"c{number}")))[0]


@pytest.mark.parametrize("both", [True, False])
@pytest.mark.parametrize("version", ["2026-09", "v3"])
def test_pairs_are_tied_in_one_call(hubspot: FakeHubSpot, version: str, both: bool) -> None:
    """Whether HubSpot names a link in one direction or in both; twice is harmless."""
    hubspot.set_options(both_directions=both)
    pairs = [pair(hubspot, n) for n in range(3)]
    for _ in range(2):
        assert link(hubspot, *(tie(*one) for one in pairs), api_version=version) == [Saved("")] * 3
    assert hubspot.associations() == {(min(one), max(one)) for one in pairs}
    assert hubspot.calls("associate/default") == 2


def test_the_same_pair_twice_is_sent_once(hubspot: FakeHubSpot) -> None:
    """Two deals can't be told apart from one where their records were merged; each still gets its
    outcome.
    """
    one = pair(hubspot, 1)
    assert link(hubspot, tie(*one), tie(*one)) == [Saved("")] * 2


def test_pairs_of_different_objects_are_calls_of_their_own(hubspot: FakeHubSpot) -> None:
    """The path names the two objects, so a mixed batch is taken apart; the outcomes stay in
    order.
    """
    hubspot.add_object("p_enrollment", linked_to=["contacts"])
    deal_id, contact_id = pair(hubspot, 1)
    enrollment = hubspot.portal.objects["p_enrollment"].write(None, {})
    mixed = tie(enrollment.id, contact_id)
    mixed = type(mixed)(
        type(mixed.source)("p_enrollment", "e"), mixed.target, enrollment.id, contact_id
    )
    assert link(hubspot, mixed, tie(deal_id, contact_id)) == [Saved("")] * 2
    assert hubspot.calls("p_enrollment/contacts") == hubspot.calls("deals/contacts") == 1


@pytest.mark.parametrize("cost", ["record", "batch"])
def test_a_record_that_is_gone_is_retried(hubspot: FakeHubSpot, cost: str) -> None:
    """Whether it costs HubSpot's whole batch or not, the other pairs are tied and this one comes
    again.
    """
    hubspot.set_options(association_faults=cost)
    good, gone = tie(*pair(hubspot, 1)), tie("999999", pair(hubspot, 2)[1])
    if cost == "batch":
        with pytest.raises(BatchRefused):
            link(hubspot, good, gone)
        outcomes = [*link(hubspot, good), *link(hubspot, gone)]
    else:
        outcomes = link(hubspot, good, gone)
    assert outcomes[0] == Saved("")
    assert isinstance(outcomes[1], Retry)


def test_a_success_that_ties_nothing_is_retried(hubspot: FakeHubSpot) -> None:
    """2xx with fewer results than pairs: what is not named is not tied."""
    first, second = pair(hubspot, 1), pair(hubspot, 2)
    result = {"from": {"id": first[0]}, "to": {"id": first[1]}, "associationSpec": {}}
    hubspot.script(
        Fault(
            "status",
            status=200,
            body=json.dumps({"status": "COMPLETE", "results": [result]}),
            path="associate",
        )
    )
    outcomes = link(hubspot, tie(*first), tie(*second))
    assert outcomes[0] == Saved("")
    assert isinstance(outcomes[1], Retry)


def test_a_fault_that_names_no_pair_is_found_alone(hubspot: FakeHubSpot) -> None:
    """An error without ids, beside pairs that were tied, is asked for one by one; with none tied
    the gateway splits.
    """
    first, second = pair(hubspot, 1), pair(hubspot, 2)
    result = {"from": {"id": first[0]}, "to": {"id": first[1]}, "associationSpec": {}}
    error = {
        "status": "error",
        "category": "VALIDATION_ERROR",
        "message": "limit reached",
        "context": {},
        "errors": [],
    }
    some = Fault(
        "status",
        status=207,
        body=json.dumps({"results": [result], "errors": [error]}),
        path="associate",
    )
    none = Fault(
        "status", status=207, body=json.dumps({"results": [], "errors": [error]}), path="associate"
    )
    hubspot.script(some, none)
    assert link(hubspot, tie(*first), tie(*second)) == [
        Saved(""),
        Refused("VALIDATION_ERROR", "limit reached"),
    ]
    hubspot.script(none)
    with pytest.raises(BatchRefused, match="limit reached"):
        link(hubspot, tie(*first), tie(*second))


def test_an_association_that_a_token_may_not_make_is_misconfigured(hubspot: FakeHubSpot) -> None:
    """Both objects' write scopes are needed; the missing one is named."""
    one = pair(hubspot, 1)
    token = hubspot.add_token("narrow", without=["crm.objects.deals.write"])
    with pytest.raises(Misconfigured, match=r"crm\.objects\.deals\.write"):
        link(hubspot, tie(*one), access_token=token)
