"""A running gateway whose configuration file is changed."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.processes import ADMIN_TOKEN, TOKEN, Running

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # to read the system's takes long

ROUTE = """
[connectors.box]
type = "sandbox"
{settings}
[[routes]]
name = "people"
events = ["account.created"]
connector = "box"
[[routes.upsert]]
object = "contact"
fields.made_by = "{mapping}"
fields.and_by = "{mapping}"
"""


def boxed(mapping: str = "first", settings: str = "") -> str:
    """A sandbox whose contacts say twice by which mapping they were written."""
    return ROUTE.format(mapping=mapping, settings=settings)


def account(number: int | str) -> dict[str, Any]:
    return {
        "id": number,
        "email": f"p{number}@example.edu",
        "date_registered": "Aug 11, 2020 04:58 PM",
    }


@dataclass(slots=True)
class Changing:
    """The gateway and its file."""

    running: Running
    config: Path

    def edit(self, *pairs: tuple[str, str]) -> None:
        """Replace texts of the file, each of which must be there."""
        text = self.config.read_text()
        for before, after in pairs:
            assert before in text
            text = text.replace(before, after)
        self.config.write_text(text)

    def ask(self, method: str, path: str, *, token: str = ADMIN_TOKEN) -> httpx.Response:
        return httpx.request(
            method,
            self.running.url + path,
            headers={"Authorization": f"Bearer {token}"},
            verify=NO_TLS,
            trust_env=False,
            timeout=120,
        )

    def reload(self, *, status: int = 200, token: str = ADMIN_TOKEN) -> dict[str, Any]:
        """What the gateway answers, with this status."""
        response = self.ask("POST", "/api/reload", token=token)
        assert response.status_code == status, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def configuration(self) -> dict[str, Any]:
        """How the status describes the configuration."""
        found: dict[str, Any] = self.running.admin("/api/status")["configuration"]
        return found

    def post(self, number: int | str, token: str = TOKEN) -> int:
        """Send this account; returns the status of the answer."""
        return self.send(account(number), token)

    def send(self, body: Mapping[str, Any], token: str = TOKEN) -> int:
        """Send an event; returns the status of the answer."""
        return httpx.post(
            f"{self.running.url}/in/{token}",
            content=json.dumps(body),
            verify=NO_TLS,
            trust_env=False,
            timeout=60,
        ).status_code

    def contacts(self, connector: str = "box") -> dict[str, dict[str, Any]]:
        """The fields of the sandbox's contacts, by their addresses."""
        return {one["key"]: one["fields"] for one in self.running.records(connector, "contact")}

    def log(self, event: str) -> list[dict[str, Any]]:
        """The lines of the log with this name."""
        lines = re.findall(r"^\{.*\}$", self.running.log.read_text(), re.MULTILINE)
        return [line for line in map(json.loads, lines) if line["event"] == event]
