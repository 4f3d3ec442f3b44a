"""A gateway with an operator of each role, and something of each kind to act on."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.processes import ADMIN_TOKEN, TOKEN, Running, gateway, write_config
from tests.program import start_program

TOKENS: Mapping[str, str] = {
    "dana": "dana-token-of-the-tests",
    "olaf": "olaf-token-of-the-tests",
    "admin": ADMIN_TOKEN,
}
BODY = f"""
[operators.dana]
token = "{TOKENS["dana"]}"
role = "viewer"

[operators.olaf]
token = "{TOKENS["olaf"]}"
role = "operator"

[connectors.sandbox]
type = "sandbox"
mapping = "standard"
refuse = [{{ pattern = "^refused", code = "NO_SUCH_FIELD", message = "There is no such field." }}]
"""
REFUSED = "refused@example.edu"


@dataclass(frozen=True, slots=True)
class Operators:
    """Asks as one operator or another."""

    running: Running

    def ask(self, who: str, method: str, path: str, **request: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {TOKENS[who]}"}
        return httpx.request(
            method,
            self.running.url + path,
            headers=headers,
            trust_env=False,
            timeout=60,
            **request,
        )

    def get(self, path: str) -> Any:
        answer = self.ask("admin", "GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def audit(self) -> list[tuple[str, str, str]]:
        """Who, what and outcome, oldest first."""
        items = self.get("/api/audit?limit=500")["items"]
        return [(one["who"], one["what"], one["outcome"]) for one in reversed(items)]

    def take(self, number: int, email: str | None) -> str:
        """A new account; without an address it goes to quarantine. Its event's id."""
        body: dict[str, Any] = {"id": number, "date_registered": "2026-01-02 10:00:00"}
        if email:
            body |= {"email": email, "first_name": "Ann", "last_name": "Lee"}
        answer = httpx.post(
            f"{self.running.url}/in/{TOKEN}/account.created", json=body, trust_env=False, timeout=60
        )
        assert answer.status_code in {202, 422}, answer.text
        return str(answer.json()["id"])


@contextmanager
def operated(directory: Path) -> Iterator[Operators]:
    """A gateway that runs for the time of the block."""
    with gateway(write_config(directory, BODY)) as running:
        yield Operators(running)


def command_as(who: str, *words: str, at: Path) -> str:
    """What a command writes that is given as this operator."""
    env = {**os.environ, "AOM_GATEWAY_OPERATOR_TOKEN": TOKENS[who]}
    process = start_program(*words, cwd=at, env=env)
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, (output + errors).decode()
    return output.decode()
