"""How the gateway stands, what a sandbox holds, and who may ask."""

from __future__ import annotations

import base64
import hmac
import tomllib
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response

from receiver.gateway import utc_now
from receiver.http.authentication import OperatorAuthentication
from receiver.http.authentication_log import AuthenticationLog
from receiver.http.guess_limiter import FREE, GuessLimiter
from receiver.http.operators import OperatorTokens
from receiver.settings import Operator, Server, Settings
from receiver.telemetry import GatewayMetrics
from tests.admin.conftest import BODY, SHELBYVILLE, Api, account, asked, order
from tests.processes import ADMIN_TOKEN, TOKEN, until, write_config

PATHS = (
    ("GET", "/api/status"),
    ("GET", "/api/events"),
    ("GET", "/api/events/1"),
    ("GET", "/api/groups"),
    ("GET", "/api/groups/0123456789ab"),
    ("GET", "/api/drift"),
    ("GET", "/api/audit"),
    ("GET", "/api/alarms"),
    ("GET", "/api/replays"),
    ("GET", "/api/people/a@example.edu"),
    ("GET", "/api/connectors/sandbox/records/contact"),
    ("POST", "/api/replay"),
    ("POST", "/api/discard"),
    ("POST", "/api/alarms/dead_letters:x/acknowledge"),
    ("POST", "/api/alarms/dead_letters:x/snooze"),
    ("POST", "/api/deliveries/1/discard"),
    ("POST", "/api/quarantine/revalidate"),
    ("POST", "/api/quarantine/discard"),
    ("DELETE", "/api/people/a@example.edu"),
)


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_nothing_without_the_admin_token(api: Api, method: str, path: str) -> None:
    """Every operation wants it; a source's token, part of it, and more than it are wrong, and after
    some of them it is said to wait.
    """
    basic = base64.b64encode(f"admin:{TOKEN}".encode()).decode()
    for header in (
        "",
        "Bearer",
        f"Bearer {TOKEN}",
        f"Bearer {ADMIN_TOKEN[:-1]}",
        f"Bearer {ADMIN_TOKEN}x",
        f"Basic {basic}",
        ADMIN_TOKEN,
    ):
        response = httpx.request(
            method,
            api.running.url + path,
            headers={"Authorization": header} if header else {},
            trust_env=False,
        )
        assert response.status_code in {401, 429}
        assert response.headers[
            "www-authenticate" if response.status_code == 401 else "retry-after"
        ]
        assert response.headers["content-type"] == "application/problem+json"
        assert TOKEN not in response.text


def test_the_token_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the standard library's function for it, which takes both as a whole."""
    compared: list[tuple[bytes, bytes]] = []
    compare = hmac.compare_digest

    def watched(given: bytes, right: bytes) -> bool:
        compared.append((given, right))
        return compare(given, right)

    server = Server(admin_token=SecretStr("the-token"))
    dana = Operator(token=SecretStr("another"), role="viewer")
    settings = Settings(server=server, operators={"dana": dana}, sources={}, directory=Path())
    metrics = GatewayMetrics()
    operators = OperatorAuthentication(
        OperatorTokens(settings), GuessLimiter(utc_now), AuthenticationLog(metrics, utc_now)
    )
    headers = [(b"authorization", b"Bearer guess")]
    monkeypatch.setattr(hmac, "compare_digest", watched)
    refusal = operators.identify(Request({"type": "http", "headers": headers, "client": None}))
    assert isinstance(refusal, Response)
    assert refusal.status_code == 401
    assert compared == [(b"the-token", b"guess"), (b"another", b"guess")]
    assert b'turned_away_total{reason="admin_token"} 1.0' in metrics.text()


def test_guessing_is_seen(tmp_path: Path) -> None:
    """Each wrong token is counted, and after some it is said to wait, while the right one is let
    in. The log says so once a minute, from where, and never what was given.
    """
    with asked(write_config(tmp_path, BODY)) as api:
        statuses = []
        for number in range(20):
            response = httpx.get(
                api.running.url + "/api/status",
                headers={"Authorization": f"Bearer guess-{number}"},
                trust_env=False,
            )
            assert response.status_code == 401 or int(response.headers["retry-after"]) >= 1
            statuses.append(response.status_code)
        assert statuses[:FREE] == [401] * FREE
        assert 429 in statuses
        api.get("/api/status")
        metrics = httpx.get(api.running.url + "/metrics", trust_env=False).text
        assert 'aom_gateway_requests_turned_away_total{reason="admin_token"} 20.0' in metrics
        until(lambda: "api.token_refused" in api.running.log.read_text(), "the log tells")
        log = api.running.log.read_text()
    lines = [line for line in log.splitlines() if "api.token_refused" in line]
    assert len(lines) == 1
    assert "127.0.0.1" in lines[0]
    assert "guess-" not in log


def test_unknown_addresses_and_methods(api: Api) -> None:
    """404 and 405 as problems; the latter names what there is."""
    api.get("/api/nothing", status=404)
    response = api.http.put("/api/status")
    assert (response.status_code, "GET" in response.headers["allow"]) == (405, True)


def test_calls_of_the_last_seconds(tmp_path: Path) -> None:
    """How fast a connector is called now is told beside how fast it may be."""
    with asked(write_config(tmp_path)) as api:
        numbers = count()
        while not api.get("/api/status")["connectors"]["sandbox"]["calls_per_second"]:
            api.take("account.created", account(f"p{next(numbers)}@example.edu"))


def test_status_and_drift(tmp_path: Path) -> None:
    """Counts by connector, the oldest that waits, and keys that no schema knows."""
    with asked(write_config(tmp_path, BODY)) as api:
        assert api.get("/api/status")["oldest_pending_seconds"] is None
        api.take("account.created", account("refused@example.edu", shoe_size=42))
        api.take("account.created", account("ann@example.edu", shoe_size=39), token=SHELBYVILLE)
        api.take("order.placed", b"{")
        api.settled()
        status = api.get("/api/status")
        assert (status["pending"], status["dead"], status["quarantined"]) == (0, 1, 1)
        assert {
            name: (one["type"], one["state"], one["dead"])
            for name, one in status["connectors"].items()
        } == {
            "sandbox": ("sandbox", "running", 1),
            "second": ("sandbox", "running", 0),
        }
        assert status["connectors"]["sandbox"]["calls"] > 0
        assert [
            (one["source"], one["event"], one["path"], one["count"])
            for one in api.get("/api/drift")["items"]
        ] == [
            ("shelbyville", "account.created", "shoe_size", 1),
            ("springfield", "account.created", "shoe_size", 1),
        ]
        assert api.get("/api/replays") == {"items": []}


def test_records_in_pages(api: Api) -> None:
    """What a sandbox holds, newest first, each once."""
    people = [f"record{number}@example.edu" for number in range(7)]
    for number, person in enumerate(people, 1):
        api.take("order.placed", order(number, person))
        api.settled()
    seen: list[str] = []
    before: dict[str, Any] = {}
    while True:
        page = api.get("/api/connectors/second/records/contact", limit=3, **before)
        seen += [record["key"] for record in page["items"]]
        if page["next"] is None:
            break
        before = {"before": page["next"]}
    assert seen == people[::-1]
    assert api.get("/api/connectors/second/records/nothing") == {"items": [], "next": None}
    assert "second" in api.get("/api/connectors/crm/records/contact", status=404)["detail"]
    assert (
        "before"
        in api.get("/api/connectors/second/records/contact", before="x", status=422)["detail"]
    )


def test_the_mapping_in_force(api: Api) -> None:
    """As TOML: what decides which records come, and no token of anybody."""
    text = api.get("/api/mapping")["toml"]
    mapping = tomllib.loads(text)
    assert mapping["sources"].keys() == {"springfield", "shelbyville"}
    assert mapping["connectors"]["second"] == {"type": "sandbox", "mapping": []}
    assert [route["name"] for route in mapping["routes"]] == ["orders"]
    assert not [secret for secret in (TOKEN, SHELBYVILLE, ADMIN_TOKEN) if secret in text]
