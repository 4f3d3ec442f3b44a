"""A real gateway with two sources and two sandboxes, and how the tests ask it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import httpx
import pytest

from tests.processes import ADMIN_TOKEN, TOKEN, Running, gateway, write_config

SHELBYVILLE = "shelbyville-token-of-the-tests"

BODY = f"""
[sources.shelbyville]
tokens = ["{SHELBYVILLE}"]

[connectors.sandbox]
type = "sandbox"
mapping = "standard"
refuse = [
    {{ pattern = "^refused", code = "NO_SUCH_FIELD", message = "There is no field aom_plan." }},
]

[connectors.second]
type = "sandbox"

[[routes]]
name = "orders"
events = ["order.*"]
connector = "second"

[[routes.upsert]]
object = "contact"
fields.lastname = "{{{{ person.last_name or 'Nobody' }}}}"
"""


@dataclass(frozen=True, slots=True)
class Api:
    """Asks as an operator's script would."""

    running: Running
    http: httpx.Client

    def ask(self, method: str, path: str, *, status: int = 200, **request: Any) -> Any:
        """The answer as JSON; one of another status than expected is a failure, and an error that
        is no problem document, too.
        """
        response = self.http.request(method, path, **request)
        assert response.status_code == status, response.text
        if status >= 400:
            assert response.headers["content-type"] == "application/problem+json"
            problem = response.json()
            assert (problem["status"], bool(problem["title"]), bool(problem["detail"])) == (
                status,
                True,
                True,
            )
            return problem
        assert response.headers["content-type"] == "application/json"
        assert response.headers["cache-control"] == "no-store"
        return response.json()

    def get(self, path: str, *, status: int = 200, **query: Any) -> Any:
        return self.ask("GET", path, status=status, params=query)

    def post(self, path: str, *, status: int = 200, **body: Any) -> Any:
        return self.ask("POST", path, status=status, json=body)

    def take(self, event: str, payload: Any, *, token: str = TOKEN) -> str:
        """Hand in an event, or a call that goes to quarantine; its id."""
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        answer = httpx.post(
            f"{self.running.url}/in/{token}{f'/{event}' if event else ''}",
            content=body,
            trust_env=False,
            timeout=30,
        )
        assert answer.status_code in {202, 422}, answer.text
        id: str = answer.json()["id"]
        return id

    def settled(self) -> None:
        """Until nothing is pending."""
        self.running.wait_until_delivered()

    def ids(self, **query: Any) -> list[str]:
        return [item["id"] for item in self.get("/api/events", **query)["items"]]


@contextmanager
def asked(config: Path) -> Iterator[Api]:
    """A gateway that runs for the time of the block."""
    headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
    with (
        gateway(config) as running,
        httpx.Client(base_url=running.url, headers=headers, trust_env=False, timeout=60) as http,
    ):
        yield Api(running, http)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """One gateway for the tests of a module: each has its own people."""
    with asked(write_config(tmp_path_factory.mktemp("api"), BODY)) as api:
        yield api


def account(email: str, **other: Any) -> dict[str, Any]:
    """What AOM sends of a new account."""
    return {
        "id": crc32(email.encode()),
        "email": email,
        "first_name": "Ann",
        "last_name": "Lee",
        "date_registered": "2026-01-02 10:00:00",
        **other,
    }


def order(number: int, email: str, status: str = "COMPLETED", **other: Any) -> dict[str, Any]:
    """What AOM sends of an order."""
    return {
        "id": number,
        "status": status,
        "line_items": [],
        "customer": {"email": email, "last_name": "Lee"},
        **other,
    }
