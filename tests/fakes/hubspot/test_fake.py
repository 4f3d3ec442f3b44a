"""The fake is as strict as HubSpot is known to be; what it lets pass, nobody would notice."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.fakes.hubspot import FakeHubSpot, Fault, Options

UPSERT = "/crm/objects/2026-09/contacts/batch/upsert"


@pytest.fixture
def hubspot() -> Iterator[FakeHubSpot]:
    with FakeHubSpot() as fake:
        yield fake


def post(hubspot: FakeHubSpot, path: str, body: Any, token: str | None = None) -> httpx.Response:
    return httpx.post(
        f"{hubspot.url}{path}",
        json=body,
        headers={"Authorization": f"Bearer {token or hubspot.token}"},
    )


def one(key: str, trace: str | None = None, **properties: Any) -> dict[str, Any]:
    made = {"id": key, "idProperty": "email", "properties": properties}
    return {**made, "objectWriteTraceId": trace} if trace else made


def refusal(hubspot: FakeHubSpot, *inputs: Any, path: str = UPSERT) -> tuple[int, str]:
    answer = post(hubspot, path, {"inputs": list(inputs)})
    return answer.status_code, answer.json()["message"]


@pytest.mark.parametrize(
    ("inputs", "status", "message"),
    [
        ([], 400, "must be a list that is not empty"),
        ([one(f"c{n}@example.test") for n in range(101)], 400, "maximum number of inputs"),
        ([one("ada@example.test", "a"), one("ADA@example.test", "b")], 400, "Duplicate IDs"),
        ([{"id": "ada@example.test", "properties": {}}], 400, "non-unique"),
        (
            [{**one("ada@example.test"), "idProperty": "firstname"}],
            400,
            "non-unique 0-1 property firstname",
        ),
        ([one("ada@example.test", firstname=7)], 400, "values are strings"),
        ([{**one("ada@example.test"), "associations": []}], 400, "an input is an object of"),
        (
            [one("ada@example.test"), one("bob@example.test", nickname="Bob")],
            400,
            'Property \\"nickname\\" does not exist',
        ),
    ],
)
def test_a_wrong_batch_is_refused_as_a_whole(
    hubspot: FakeHubSpot, inputs: list[Any], status: int, message: str
) -> None:
    """And nothing of it is written: without trace ids one bad row is enough."""
    assert refusal(hubspot, *inputs)[0] == status
    assert message in refusal(hubspot, *inputs)[1].replace('\\\\"', '\\"')
    assert hubspot.records("contacts") == []


def test_trace_ids_keep_the_good_rows(hubspot: FakeHubSpot) -> None:
    """207: results and errors, each with the trace id of its row."""
    answer = post(
        hubspot, UPSERT, {"inputs": [one("ada@example.test", "a"), one("nobody@school", "b")]}
    )
    assert answer.status_code == 207
    assert [result["objectWriteTraceId"] for result in answer.json()["results"]] == ["a"]
    assert answer.json()["errors"][0]["context"] == {"objectWriteTraceId": ["b"]}
    assert answer.json()["numErrors"] == 1


def test_two_ids_of_one_record_are_a_conflict_for_all(hubspot: FakeHubSpot) -> None:
    """A primary and a secondary address in one batch: 409, trace ids or not."""
    hubspot.seed_contact("ada@home.test", secondary=["ada@work.test"])
    assert refusal(hubspot, one("ada@home.test", "a"), one("ada@work.test", "b"))[0] == 409


def test_writing_a_secondary_address_swaps_it_with_the_primary(hubspot: FakeHubSpot) -> None:
    """The trap that keeps `email` out of what is written."""
    hubspot.seed_contact("ada@home.test", secondary=["ada@work.test"])
    post(hubspot, UPSERT, {"inputs": [one("ada@work.test", "a", email="ada@work.test")]})
    assert (hubspot.records("contacts")[0]["email"], hubspot.records("contacts")[0]["emails"]) == (
        "ada@work.test",
        ["ada@home.test"],
    )


def test_merged_ids_lead_on(hubspot: FakeHubSpot) -> None:
    """Associations and addresses move to the new id; the old ids still find it."""
    ada, bob = hubspot.seed_contact("ada@example.test"), hubspot.seed_contact("bob@example.test")
    hubspot.portal.associate(ada, "deal")
    new = hubspot.merge("ada@example.test", "bob@example.test")
    found = hubspot.portal.records("contacts").get(bob)
    assert found is not None
    assert found.id == new
    assert hubspot.associations() == {tuple(sorted((new, "deal")))}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/crm/v3/objects/contacts/batch/upsert", 200),
        ("/crm/objects/2026-09/contacts/batch/upsert", 200),
        ("/crm/v4/objects/contacts/batch/upsert", 404),
        ("/crm/objects/v3/contacts/batch/upsert", 404),
        ("/crm/objects/2031-01/contacts/batch/upsert", 404),
        ("/crm/v3/objects/p_enrollment/batch/upsert", 400),
    ],
)
def test_paths_are_of_one_style_or_the_other(hubspot: FakeHubSpot, path: str, status: int) -> None:
    """Undated under their version, dated behind their area, nothing between."""
    assert post(hubspot, path, {"inputs": [one("ada@example.test", "a")]}).status_code == status


def test_tokens_and_scopes_are_looked_at(hubspot: FakeHubSpot) -> None:
    """401 for tokens that are not good, 403 with the scopes that are missing."""
    narrow = hubspot.add_token("narrow", without=["crm.objects.contacts.write"])
    body = {"inputs": [one("ada@example.test", "a")]}
    assert post(hubspot, UPSERT, body, "unknown").json()["category"] == "INVALID_AUTHENTICATION"
    answer = post(hubspot, UPSERT, body, narrow)
    assert answer.status_code == 403
    assert answer.json()["errors"][0]["context"] == {
        "requiredGranularScopes": ["crm.objects.contacts.write"]
    }
    hubspot.set_token("expired")
    assert post(hubspot, UPSERT, body).json()["category"] == "EXPIRED_AUTHENTICATION"


def test_the_window_rolls() -> None:
    """So many calls in any ten seconds; the headers say what is left; refused calls do not
    count.
    """
    now = [0.0]
    with FakeHubSpot(Options(burst=2, interval=10, daily=4), clock=lambda: now[0]) as hubspot:

        def call() -> httpx.Response:
            return post(hubspot, UPSERT, {"inputs": [one("ada@example.test", "a")]})

        assert call().headers["X-HubSpot-RateLimit-Remaining"] == "1"
        now[0] = 6
        assert call().headers["X-HubSpot-RateLimit-Remaining"] == "0"
        assert call().json()["policyName"] == "TEN_SECONDLY_ROLLING"
        now[0] = 10
        assert call().status_code == 200
        assert call().status_code == 429
        now[0] = 30
        assert call().headers["X-HubSpot-RateLimit-Daily-Remaining"] == "0"
        assert call().json()["policyName"] == "DAILY"


def test_an_empty_list_of_types_ties_nothing(hubspot: FakeHubSpot) -> None:
    """The success that is none."""
    ada = hubspot.seed_contact("ada@example.test")
    bob = hubspot.seed_contact("bob@example.test")
    answer = post(
        hubspot,
        "/crm/associations/2026-09/contacts/contacts/batch/create",
        {"inputs": [{"from": {"id": ada}, "to": {"id": bob}, "types": []}]},
    )
    assert answer.is_success
    assert hubspot.associations() == set()


def test_an_update_goes_by_ids_that_are_there_and_stand_once(hubspot: FakeHubSpot) -> None:
    """A missing id is one row's fault, which names it; the same record twice refuses the call, also
    under a merged id.
    """
    ada, bob = hubspot.seed_contact("ada@example.test"), hubspot.seed_contact("bob@example.test")
    path = "/crm/objects/2026-09/contacts/batch/update"

    def update(*ids: str) -> httpx.Response:
        inputs = [
            {"id": id_, "properties": {"firstname": "A"}, "objectWriteTraceId": f"t{n}"}
            for n, id_ in enumerate(ids)
        ]
        return post(hubspot, path, {"inputs": inputs})

    answer = update(ada, "999").json()
    assert [result["id"] for result in answer["results"]] == [ada]
    assert answer["errors"][0]["context"] == {"ids": ["999"], "objectWriteTraceId": ["t1"]}
    assert update(ada, ada).status_code == 400
    new = hubspot.merge("ada@example.test", "bob@example.test")
    assert update(ada, bob).status_code == 400
    assert [result["id"] for result in update(bob).json()["results"]] == [new]


def test_a_merged_record_keeps_one_unique_value(hubspot: FakeHubSpot) -> None:
    """The other's leads nowhere any more: whoever upserts by it makes a new record."""
    hubspot.define("contacts", "number", unique=True)
    one, other = (
        hubspot.seed_contact(f"{n}@example.test", properties={"number": n}) for n in ("1", "2")
    )
    new = hubspot.merge_records("contacts", one, other)
    found = hubspot.portal.records("contacts").find("number", "1")
    assert found is not None
    assert found.id == new
    assert hubspot.portal.records("contacts").find("number", "2") is None


@pytest.mark.parametrize(
    ("version", "status"), [("2026-09", 207), ("2027-03", 207), ("2026-03", 200)]
)
def test_an_admins_rules_hold_from_one_version_on(
    hubspot: FakeHubSpot, version: str, status: int
) -> None:
    """Required of new records, and of those that come to a stage."""
    hubspot.seed_contact("ada@example.test")
    hubspot.required("contacts", "phone")
    hubspot.required_if("contacts", "lifecyclestage", "customer", "city")
    path = f"/crm/objects/{version}/contacts/batch/upsert"
    old, new = one("ada@example.test", "a", lifecyclestage="customer"), one("bob@example.test", "b")
    answer = post(hubspot, path, {"inputs": [old, new]})
    assert answer.status_code == status
    codes = {
        detail["code"] for error in answer.json().get("errors", ()) for detail in error["errors"]
    }
    both = {"MISSING_REQUIRED_PROPERTY", "MISSING_CONDITIONAL_REQUIRED_PROPERTY"}
    assert codes == (both if status == 207 else set())


def test_creating_ties_in_the_same_call(hubspot: FakeHubSpot) -> None:
    """With types, that is: without, HubSpot refuses the call."""
    ada = hubspot.seed_contact("ada@example.test")
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 202}]

    def create(types: list[Any]) -> httpx.Response:
        made = {
            "properties": {},
            "associations": [{"to": {"id": ada}, "types": types}],
            "objectWriteTraceId": "a",
        }
        return post(hubspot, "/crm/objects/2026-09/line_items/batch/create", {"inputs": [made]})

    assert create([]).status_code == 400
    assert create(types).status_code == 201
    (item,) = hubspot.records("line_items")
    assert hubspot.associations() == {tuple(sorted((ada, item["id"])))}


def test_an_erased_address_may_not_come_back(hubspot: FakeHubSpot) -> None:
    """By id or by address, and whether there is anybody or not, the answer is the same; all
    addresses are blocked.
    """
    ada = hubspot.seed_contact("ada@example.test", secondary=["ada@work.test"])
    path = "/crm/objects/2026-09/contacts/gdpr-delete"
    assert post(hubspot, path, {"objectId": ada}).status_code == 204
    assert (
        post(hubspot, path, {"objectId": "ada@example.test", "idProperty": "email"}).status_code
        == 204
    )
    assert hubspot.records("contacts") == []
    for address in ("ada@example.test", "ada@work.test"):
        assert "may not be created again" in refusal(hubspot, one(address))[1]


def test_faults_befall_in_order(hubspot: FakeHubSpot) -> None:
    """A script is followed call by call, on the paths that it names; a hung-up call may have been
    done.
    """
    hubspot.script(
        Fault("status", status=502, body="<html>", path="upsert", times=2),
        Fault("drop", applied=True),
    )
    body = {"inputs": [one("ada@example.test", "a")]}
    assert [post(hubspot, UPSERT, body).status_code for _ in range(2)] == [502, 502]
    with pytest.raises(httpx.TransportError):
        post(hubspot, UPSERT, body)
    assert len(hubspot.records("contacts")) == 1
    assert post(hubspot, UPSERT, body).status_code == 200
    assert (hubspot.calls("upsert"), hubspot.calls(status=502), hubspot.calls(status=0)) == (
        4,
        2,
        1,
    )


def test_it_is_administered_over_http(hubspot: FakeHubSpot) -> None:
    """For tests that start it as a process."""

    def admin(what: str, **given: Any) -> Any:
        return httpx.post(f"{hubspot.url}/_fake/{what}", json=given).json()["result"]

    id_ = admin("seed_contact", email="ada@example.test", secondary=["ada@work.test"])
    admin("define", object="deals", name="aom_order_key", unique=True)
    admin("set_options", burst=5)
    admin("script", faults=[{"kind": "status", "status": 503}])
    assert admin("records", object="contacts")[0]["id"] == id_
    assert post(hubspot, UPSERT, {"inputs": [one("ada@example.test", "a")]}).status_code == 503
    assert admin("calls") == 1
    assert admin("associations") == []
    assert admin("created") == {"contacts": 0, "deals": 0, "notes": 0}
    assert httpx.post(f"{hubspot.url}/_fake/stop").status_code == 404


def test_it_runs_as_a_process() -> None:
    """`python -m tests.fakes.hubspot` says where it is, and serves."""
    command = [sys.executable, "-m", "tests.fakes.hubspot", "--port", "0", "--burst", "7"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            match = re.fullmatch(r"HubSpot at (\S+), token (\S+)\n", process.stdout.readline())
            assert match
            answer = httpx.get(
                f"{match[1]}/crm/v3/properties/contacts",
                headers={"Authorization": f"Bearer {match[2]}"},
            )
            assert answer.headers["X-HubSpot-RateLimit-Max"] == "7"
        finally:
            process.terminate()
