"""Calls to the real process, and the configuration that it has."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import httpx

from receiver.aom import read_sample
from receiver.ingest.intake import IntakeCall
from tests.processes import Running

ACCOUNT = read_sample("account.created") or b""

SECOND_TOKEN = "the-next-token-while-rotating"


ANNOUNCED = """
[sources.lenient]
tokens = ["lenient-token-of-the-tests", "the-next-token-while-rotating"]
invalid_status = 202

[connectors.sandbox]
type = "sandbox"
mapping = "standard"
"""


def post(running: Running, path: str, body: bytes, **headers: str) -> httpx.Response:
    return httpx.post(
        running.url + path, content=body, headers=headers, trust_env=False, timeout=30
    )


def kept(running: Running) -> list[str]:
    """The ids of what was kept last."""
    return [item["id"] for item in running.admin("/api/events")["items"]]


def account(number: int) -> bytes:
    return json.dumps(
        {
            "id": number,
            "email": f"learner{number}@example.edu",
            "date_registered": "Aug 11, 2020 04:58 PM",
        }
    ).encode()


def padded(number: int, size: int) -> bytes:
    return json.dumps({**json.loads(account(number)), "note": "x" * size}).encode()


def intake_call(body: bytes) -> IntakeCall:
    return IntakeCall("s", None, body, datetime.now(UTC))
