"""The addresses beside the intake."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import jsonschema_rs
import pytest

from receiver.aom import EVENTS, read_sample
from tests.processes import ADMIN_TOKEN, TOKEN, Running, gateway, until, write_config

PAUSED = """
[connectors.sandbox]
type = "sandbox"
mapping = "standard"

[connectors.hubspot]
type = "hubspot"
access_token = "a-token-of-nobody"
base_url = "http://127.0.0.1:9"
mapping = "standard"
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with gateway(write_config(tmp_path_factory.mktemp("app"), PAUSED)) as running:
        yield running


def get(running: Running, path: str, **headers: str) -> httpx.Response:
    return httpx.get(running.url + path, headers=headers, trust_env=False, timeout=30)


def test_alive_and_ready(running: Running) -> None:
    """Alive while the process answers, ready while events can be kept, whatever a CRM does;
    connectors are listed with their state.
    """
    assert get(running, "/healthz").json() == {"status": "alive"}
    answer = get(running, "/readyz")
    assert answer.status_code == 200
    assert answer.json()["connectors"]["sandbox"] == {"state": "running", "reason": ""}


def test_the_root_leads_to_the_console(running: Running) -> None:
    """Whoever opens the gateway's address in a browser finds it."""
    answer = get(running, "/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console")


def test_metrics_count_what_happened(running: Running) -> None:
    """Events by outcome, calls that were turned away, deliveries, and the store's figures."""
    post = f"{running.url}/in/{TOKEN}"
    for body in (read_sample("account.created"), read_sample("account.created"), b"{}"):
        httpx.post(post, content=body, trust_env=False)
    httpx.post(f"{running.url}/in/wrong", content=b"{}", trust_env=False)
    text = get(running, "/metrics").text
    for line in (
        (
            'aom_gateway_events_total{event="account.created",outcome="accepted",'
            'source="springfield"} '
            "1.0"
        ),
        (
            'aom_gateway_events_total{event="account.created",'
            'outcome="duplicate",source="springfield"} '
            "1.0"
        ),
        'aom_gateway_events_total{event="unknown",outcome="quarantined",source="springfield"} 1.0',
        'aom_gateway_requests_turned_away_total{reason="token"} 1.0',
        "aom_gateway_events_quarantined 1.0",
    ):
        assert line in text


def test_schemas_accept_aoms_samples(running: Running) -> None:
    """Every event has a JSON Schema; AOM's own samples are valid against theirs."""
    for event in EVENTS:
        answer = get(running, f"/schemas/{event}.json")
        assert answer.status_code == 200
        if body := read_sample(event):
            jsonschema_rs.validator_for(answer.json()).validate(
                httpx.Response(200, content=body).json()
            )
    missing = get(running, "/schemas/order.eaten.json")
    assert (missing.status_code, "order.placed" in missing.json()["detail"]) == (404, True)


def test_the_description_needs_no_token_and_holds_none(running: Running) -> None:
    """/openapi.json names every operation."""
    answer = get(running, "/openapi.json")
    assert answer.status_code == 200
    assert {"/events", "/api/status", "/api/replay", "/api/people/{email}"} <= answer.json()[
        "paths"
    ].keys()
    assert TOKEN not in answer.text
    assert ADMIN_TOKEN not in answer.text


@pytest.mark.parametrize(
    "header", ["", f"Bearer {TOKEN}", "Bearer x", f"Basic {ADMIN_TOKEN}", "Bearer \u00fc"]
)
def test_the_admin_api_wants_the_admin_token(running: Running, header: str) -> None:
    """Nothing else opens it, a source's token neither."""
    answer = httpx.get(
        f"{running.url}/api/status", headers={b"Authorization": header.encode()}, trust_env=False
    )
    assert answer.status_code == 401
    assert get(running, "/api/status", Authorization=f"Bearer {ADMIN_TOKEN}").status_code == 200


def test_without_an_admin_token_there_is_no_admin_api(tmp_path: Path) -> None:
    """It is off, not open."""
    config = write_config(tmp_path)
    config.write_text(
        "\n".join(
            line for line in config.read_text().splitlines() if not line.startswith("admin_token")
        )
    )
    with gateway(config) as running:
        for header in ("", "Bearer", f"Bearer {ADMIN_TOKEN}"):
            assert get(running, "/api/status", Authorization=header).status_code == 404


def test_unknown_addresses_are_problems_too(running: Running) -> None:
    """404 and 405 in the same form as all else."""
    assert get(running, "/nowhere").headers["content-type"] == "application/problem+json"
    assert httpx.post(f"{running.url}/healthz", trust_env=False).status_code == 405


def test_values_that_nobody_understands_are_shown_and_counted(running: Running) -> None:
    """They do not stop an event; its page names them, and the metrics count them once it is
    delivered.
    """
    order = json.dumps(
        {
            "id": 77,
            "status": "FAILED",
            "order_total": "a lot",
            "line_items": [],
            "customer": {"email": "o@example.edu"},
        }
    )
    answer = httpx.post(f"{running.url}/in/{TOKEN}", content=order, trust_env=False)
    assert answer.status_code == 202
    event = running.admin(f"/api/events/{answer.json()['id']}")
    assert (event["unknown_keys"], event["unreadable"]) == ([], ["order_total (unreadable)"])
    counted = 'aom_gateway_unreadable_values_total{event="order.failed",source="springfield"} 1.0'
    until(lambda: counted in get(running, "/metrics").text, "the value is counted")


@pytest.mark.parametrize(
    "body", [{}, {"source": None}, {"ids": None, "since": None}, {"dry_run": True}]
)
def test_a_replay_of_nothing_in_particular_is_refused(
    running: Running, body: dict[str, object]
) -> None:
    """A condition that is null is none: a script's unset variable must not replay everything."""
    answer = httpx.post(
        f"{running.url}/api/replay",
        json=body,
        headers={"Authorization": f"Bearer {ADMIN_TOKEN}"},
        trust_env=False,
    )
    assert answer.status_code == 422


def test_an_address_with_a_slash_can_be_erased(running: Running) -> None:
    """Whatever is accepted can be forgotten."""
    headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
    answer = httpx.delete(
        f"{running.url}/api/people/a%2Fb%40b.co", headers=headers, trust_env=False
    )
    assert answer.status_code == 200


def test_a_replay_reaches_routes_that_came_later(tmp_path: Path) -> None:
    """An event that no route wanted is delivered once there is one and it is replayed by its id."""
    config = write_config(tmp_path, '[connectors.sandbox]\ntype = "sandbox"\n')
    with gateway(config) as running:
        kept = httpx.post(
            f"{running.url}/in/{TOKEN}", content=read_sample("account.created"), trust_env=False
        ).json()
        assert kept["deliveries"] == 0
        assert running.terminate() == 0
    config.write_text(config.read_text() + 'mapping = "standard"\n')
    with gateway(config) as running:
        answer = httpx.post(
            f"{running.url}/api/replay",
            json={"ids": [kept["id"]]},
            headers={"Authorization": f"Bearer {ADMIN_TOKEN}"},
            trust_env=False,
        )
        assert answer.json()["replayed"] == 1
        running.wait_until_delivered()
        assert [record["key"] for record in running.records("sandbox", "contact")] == [
            "johndoe@academyofmine.com"
        ]


@pytest.mark.parametrize("path", ["/events/", "/events/account.created/"])
def test_a_slash_at_the_end_changes_nothing(running: Running, path: str) -> None:
    """It is served, and not redirected to an address that only the gateway behind its proxy
    knows.
    """
    headers = {"Authorization": f"Bearer {TOKEN}", "Host": "hooks.example.edu"}
    answer = httpx.post(
        running.url + path, content=read_sample("account.created"), headers=headers, trust_env=False
    )
    assert answer.status_code in (200, 202)
    assert answer.json()["event"] == "account.created"


@pytest.mark.parametrize("path", ["/healthz/", "/api/status/", "/schemas/order.placed.json/"])
def test_other_addresses_have_no_slash_at_the_end(running: Running, path: str) -> None:
    """404, no redirect."""
    assert get(running, path, Authorization=f"Bearer {ADMIN_TOKEN}").status_code == 404


@pytest.mark.parametrize(
    ("method", "status"),
    [("GET", 200), ("HEAD", 200), ("OPTIONS", 405), ("PUT", 405), ("DELETE", 405)],
)
def test_other_methods_at_the_door(running: Running, method: str, status: int) -> None:
    """Looking is friendly, all else is refused; with a wrong token nobody can tell that there is a
    door.
    """
    assert httpx.request(method, f"{running.url}/in/{TOKEN}", trust_env=False).status_code == status
    assert httpx.request(method, f"{running.url}/in/wrong", trust_env=False).status_code == 404


@pytest.mark.parametrize(
    "since",
    [
        2020,
        1577836800,
        1577836800.5,
        "2020",
        "1577836800",
        "2020-01-01",
        "2020-01-01T00:00:00",
        True,
        [2020],
    ],
)
def test_a_time_is_a_text_with_its_zone(running: Running, since: object) -> None:
    """A number would be read as seconds since 1970, and a year so replay everything."""
    headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
    body = httpx.post(
        f"{running.url}/api/replay",
        json={"since": since, "dry_run": True},
        headers=headers,
        trust_env=False,
    )
    query = httpx.get(
        f"{running.url}/api/events", params={"since": str(since)}, headers=headers, trust_env=False
    )
    for answer in (body, query):
        assert answer.status_code == 422
        assert "2026-05-04T09:30:00Z" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    "since",
    [
        "2020-01-01T00:00:00Z",
        "2020-01-01T00:00+02:00",
        "2020-01-01 00:00:00.123-05:00",
        "0001-01-01T00:00:00Z",
    ],
)
def test_a_time_in_iso_8601_is_taken(running: Running, since: str) -> None:
    """With any zone and any precision."""
    headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
    body = httpx.post(
        f"{running.url}/api/replay",
        json={"since": since, "dry_run": True},
        headers=headers,
        trust_env=False,
    )
    query = httpx.get(
        f"{running.url}/api/events",
        params={"since": since, "until": "9999-12-31T23:59:59-12:00"},
        headers=headers,
        trust_env=False,
    )
    assert (body.status_code, query.status_code) == (200, 200)


def test_times_are_described_as_such(running: Running) -> None:
    """In the OpenAPI description, for clients that are made from it."""
    schemas = get(running, "/openapi.json").json()
    parameters = {
        one["name"]: one["schema"] for one in schemas["paths"]["/api/events"]["get"]["parameters"]
    }
    assert {"type": "string", "format": "date-time"} in parameters["since"]["anyOf"]


def test_a_store_that_is_gone_is_told(tmp_path: Path) -> None:
    """Nothing is answered 202 that would be lost: 503 with a time to come back, not ready, and a
    log line that is said once.
    """
    with gateway(write_config(tmp_path)) as running:
        door = f"{running.url}/in/{TOKEN}"
        assert (
            httpx.post(door, content=read_sample("order.placed"), trust_env=False).status_code
            == 202
        )
        (tmp_path / "aom-gateway.db").unlink()
        until(lambda: get(running, "/readyz").status_code == 503, "the gateway is not ready")
        for event in ("order.failed", "order.refunded"):
            answer = httpx.post(door, content=read_sample(event), trust_env=False)
            assert (answer.status_code, answer.headers["retry-after"], answer.json()["kept"]) == (
                503,
                "10",
                False,
            )
        told = get(running, "/readyz").json()["store"]
        assert "aom-gateway.db was deleted or replaced under the running gateway" in told
        assert "restore a backup" in told
        assert get(running, "/healthz").status_code == 200
        assert running.terminate() == 0
        assert running.log.read_text().count("store.files_gone") == 1
