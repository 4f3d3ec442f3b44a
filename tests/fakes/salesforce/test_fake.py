"""The fake is as strict as it is taken for, and can be run alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.fakes.salesforce import Admin, FakeSalesforce

DATA = "/services/data/v66.0"
UPSERT = f"{DATA}/composite/sobjects/Contact/AOM_Key__c"


@pytest.fixture
def fake() -> Iterator[FakeSalesforce]:
    with FakeSalesforce() as running:
        yield running


@pytest.fixture
def client(fake: FakeSalesforce) -> Iterator[httpx.Client]:
    """Signed in as the integration user."""
    with httpx.Client(base_url=fake.url, trust_env=False) as opened:
        sign_in(opened)
        yield opened


def sign_in(client: httpx.Client) -> None:
    answer = client.post(
        "/services/oauth2/token",
        data={"grant_type": "client_credentials"},
        auth=("gateway", "right"),
    )
    client.headers["Authorization"] = f"Bearer {answer.raise_for_status().json()['access_token']}"


def records(*rows: dict[str, Any]) -> dict[str, Any]:
    return {
        "allOrNone": False,
        "records": [{"attributes": {"type": "Contact"}, "LastName": "X", **row} for row in rows],
    }


def codes(answer: httpx.Response) -> list[str | None]:
    return [row["errors"][0]["statusCode"] if row["errors"] else None for row in answer.json()]


def test_a_key_that_stands_twice_fails_all_its_rows(client: httpx.Client) -> None:
    """Whatever its case; the other rows are written."""
    answer = client.patch(
        UPSERT, json=records({"AOM_Key__c": "a"}, {"AOM_Key__c": "A"}, {"AOM_Key__c": "b"})
    )
    assert codes(answer) == ["DUPLICATE_VALUE", "DUPLICATE_VALUE", None]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"AOM_Key__c": ""}, "MISSING_ARGUMENT"),
        ({"LastName": None}, "REQUIRED_FIELD_MISSING"),
        ({"LastName": "x" * 81}, "STRING_TOO_LONG"),
        ({"Nothing__c": "x"}, "INVALID_FIELD"),
        ({"AOM_Id__c": 3}, "JSON_PARSER_ERROR"),
        ({"HasOptedOutOfEmail": "true"}, "JSON_PARSER_ERROR"),
        ({"Birthdate": "2020-08-11T00:00:00Z"}, "JSON_PARSER_ERROR"),
        ({"AOM_Registered_At__c": "2020-08-11 00:00"}, "JSON_PARSER_ERROR"),
        ({"Email": "no address"}, "INVALID_EMAIL_ADDRESS"),
        ({"Account": {"Name": "nobody"}}, "INVALID_FIELD"),
        ({"Account": None}, "INVALID_FIELD"),
        ({"AccountId": "001"}, "MALFORMED_ID"),
        ({"AccountId": "001000000000001"}, "INVALID_CROSS_REFERENCE_KEY"),
        ({"CreatedDate": "2020-08-11T00:00:00Z"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
    ],
)
def test_a_bad_row_fails_alone(client: httpx.Client, row: dict[str, Any], code: str) -> None:
    """With Salesforce's own code; its neighbour is written."""
    assert codes(
        client.patch(UPSERT, json=records({"AOM_Key__c": "bad"} | row, {"AOM_Key__c": "good"}))
    ) == [code, None]


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        (UPSERT, {"records": []}, 400, "INVALID_INPUT"),
        (
            UPSERT,
            records(*({"AOM_Key__c": str(number)} for number in range(201))),
            400,
            "EXCEEDED_MAX_SIZE_REQUEST",
        ),
        (UPSERT, records({"AOM_Key__c": "a", "id": "003000000000001AAA"}), 400, "INVALID_FIELD"),
        (f"{DATA}/composite/sobjects/Contact/LastName", records({}), 404, "NOT_FOUND"),
        (f"{DATA}/composite/sobjects/Nothing__c/AOM_Key__c", records({}), 404, "NOT_FOUND"),
        (UPSERT.replace("66.0", "99.0"), records({"AOM_Key__c": "a"}), 404, "NOT_FOUND"),
    ],
)
def test_a_bad_call_fails_whole(
    client: httpx.Client, path: str, body: dict[str, Any], status: int, code: str
) -> None:
    """Nothing is written."""
    answer = client.patch(path, json=body)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (status, code)


def test_several_matches_answer_300_where_the_key_stands_in_the_address(
    fake: FakeSalesforce, client: httpx.Client
) -> None:
    """And a row's own error in a collection."""
    fake.change_field("Contact", "AOM_Key__c", unique=False)
    ids = [fake.seed("Contact", LastName="X", AOM_Key__c="a") for _ in range(2)]
    answer = client.patch(f"{DATA}/sobjects/Contact/AOM_Key__c/a", json={"LastName": "Y"})
    assert (answer.status_code, answer.json()) == (
        300,
        [f"{DATA}/sobjects/Contact/{id_}" for id_ in ids],
    )
    assert codes(client.patch(UPSERT, json=records({"AOM_Key__c": "a"}))) == [
        "DUPLICATE_EXTERNAL_ID"
    ]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("SELECT Id FROM", 400, "MALFORMED_QUERY"),
        ("SELECT Id FROM Contact WHERE Email IN ()", 400, "MALFORMED_QUERY"),
        ("SELECT Id FROM Contact WHERE Email = 'a' b", 400, "MALFORMED_QUERY"),
        ("SELECT Nothing__c FROM Contact", 400, "INVALID_FIELD"),
        ("SELECT Id FROM Nothing__c", 400, "INVALID_TYPE"),
        (f"SELECT Id FROM Contact WHERE Email = '{'x' * 17000}'", 414, "URI_TOO_LONG"),
    ],
)
def test_a_bad_query_is_refused(client: httpx.Client, query: str, status: int, code: str) -> None:
    """As Salesforce refuses it."""
    answer = client.get(f"{DATA}/query", params={"q": query})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (status, code)


def test_queries_find_order_limit_and_page(fake: FakeSalesforce, client: httpx.Client) -> None:
    """Text compares without case, nulls and escapes are understood, long results come in pages."""
    for name in ("Ada", "Bob", "Cleo", "O'Hara"):
        fake.seed("Contact", LastName=name, Email=f"{name[0].lower()}@example.test")
    fake.configure(page_size=2)

    def ask(rest: str) -> tuple[list[str], str | None]:
        answer = client.get(
            f"{DATA}/query", params={"q": f"SELECT LastName FROM Contact {rest}"}
        ).json()
        return [row["LastName"] for row in answer["records"]], answer.get("nextRecordsUrl")

    assert ask("WHERE LastName IN ('ADA', 'o\\'hara')") == (["Ada", "O'Hara"], None)
    assert ask(
        "WHERE (Email = 'B@EXAMPLE.TEST' OR LastName = 'Cleo') AND Phone = null ORDER BY "
        "LastName DESC"
    ) == (["Cleo", "Bob"], None)
    assert ask("WHERE NOT LastName = 'Ada' LIMIT 1") == (["Bob"], None)
    first, more = ask("ORDER BY LastName")
    assert first == ["Ada", "Bob"]
    assert [row["LastName"] for row in client.get(str(more)).json()["records"]] == [
        "Cleo",
        "O'Hara",
    ]


def test_a_composite_call_counts_once_and_has_its_limits(
    fake: FakeSalesforce, client: httpx.Client
) -> None:
    """Five heavy parts, names of their own, no Authorization in a part."""
    part = {"method": "GET", "url": f"{DATA}/query?q=SELECT+Id+FROM+Contact"}

    def ask(*parts: dict[str, Any]) -> httpx.Response:
        return client.post(f"{DATA}/composite", json={"compositeRequest": parts})

    fake.forget()
    answers = ask(*({**part, "referenceId": f"p{number}"} for number in range(5))).json()[
        "compositeResponse"
    ]
    assert [answer["httpStatusCode"] for answer in answers] == [200] * 5
    assert fake.stats()["calls"] == 1
    assert ask(*({**part, "referenceId": f"p{number}"} for number in range(6))).status_code == 400
    assert ask(*({**part, "referenceId": "same"} for _ in range(2))).status_code == 400
    assert (
        ask({**part, "referenceId": "a", "httpHeaders": {"Authorization": "Bearer x"}}).status_code
        == 400
    )


def test_an_opportunity_has_one_primary_role(fake: FakeSalesforce, client: httpx.Client) -> None:
    """A new one takes it from the old; the same pair twice is two roles, as in Salesforce."""
    deal = fake.seed("Opportunity", Name="Order", StageName="Closed Won", CloseDate="2026-01-01")
    buyers = [fake.seed("Contact", LastName=name) for name in "AB"]
    role = {
        "attributes": {"type": "OpportunityContactRole"},
        "OpportunityId": deal,
        "IsPrimary": True,
    }
    for buyer in (*buyers, buyers[1]):
        assert codes(
            client.post(
                f"{DATA}/composite/sobjects", json={"records": [role | {"ContactId": buyer}]}
            )
        ) == [None]
    assert [row["IsPrimary"] for row in fake.records("OpportunityContactRole")] == [
        False,
        False,
        True,
    ]


def test_tokens_expire_and_the_days_calls_run_out(
    fake: FakeSalesforce, client: httpx.Client
) -> None:
    """401 for the one, 403 for the other; every answer tells the count."""
    fake.configure(token_uses=1)
    assert client.get(f"{DATA}/limits").headers["Sforce-Limit-Info"] == "api-usage=1/15000"
    assert client.get(f"{DATA}/limits").status_code == 401
    fake.configure(token_uses=None, max_calls=1)
    sign_in(client)
    assert client.get(f"{DATA}/limits").json()[0]["errorCode"] == "REQUEST_LIMIT_EXCEEDED"


def test_setup_is_for_administrators(fake: FakeSalesforce, client: httpx.Client) -> None:
    """Who is none makes no fields and no permission sets."""
    field = {"FullName": "Contact.X__c", "Metadata": {"label": "X", "type": "Text", "length": 10}}
    assert client.post(f"{DATA}/tooling/sobjects/CustomField", json=field).status_code == 403
    made = client.post(f"{DATA}/sobjects/PermissionSet", json={"Name": "X", "Label": "X"})
    assert made.json()[0]["errorCode"] == "INSUFFICIENT_ACCESS_OR_READONLY"
    client.headers["Authorization"] = "Bearer 00D000000000001AAA!admin"
    assert client.post(f"{DATA}/tooling/sobjects/CustomField", json=field).status_code == 201
    described = client.get(f"{DATA}/sobjects/Contact/describe").json()
    assert "X__c" not in [each["name"] for each in described["fields"]], (
        "invisible until a permission set shows it"
    )


def test_an_unknown_verb_or_option_is_an_error(fake: FakeSalesforce) -> None:
    """A slip in a test must not pass unseen."""
    with pytest.raises(OSError, match="400"):
        fake.configure(no_such_option=1)


def test_it_runs_alone() -> None:
    """As a process of its own, whose first line is its address."""
    command = [sys.executable, "-m", "tests.fakes.salesforce", "--port", "0", "--bare"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        admin = Admin(process.stdout.readline().strip())
        assert admin.records("Contact") == []
        process.terminate()
