"""Calls that AOM makes while somebody looks at the console."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from itertools import count
from typing import Any

import httpx

from tests.console.conftest import account
from tests.console.visitor import NO_TLS
from tests.processes import ADMIN_TOKEN, TOKEN, Running, until

_NUMBERS = count(1_000_000)  # no two calls are the same


def newcomer() -> int:
    """The number of a learner whom no other test knows."""
    return 5000 + next(_NUMBERS)


def post(running: Running, event: str, body: bytes) -> str:
    """Returns the id that the event got, accepted or in quarantine."""
    answer = httpx.post(
        f"{running.url}/in/{TOKEN}/{event}",
        content=body,
        verify=NO_TLS,
        trust_env=False,
        timeout=30,
    )
    found: str = answer.json()["id"]
    return found


def story(running: Running, id: str) -> Any:
    return running.admin(f"/api/events/{id}")


def ask(running: Running, path: str, body: object) -> Any:
    """An operation of the admin API."""
    headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
    return httpx.post(
        running.url + path, json=body, headers=headers, verify=NO_TLS, trust_env=False, timeout=30
    ).json()


def wait_for(running: Running, id: str, state: str) -> str:
    until(lambda: story(running, id)["state"] == state, f"{id} is {state}")
    return id


def dead(running: Running, number: int, **other: object) -> str:
    """An account that the sandbox refuses."""
    return wait_for(
        running,
        post(
            running,
            "account.created",
            account(number, **{"id": next(_NUMBERS), "last_name": "Refused", **other}),
        ),
        "dead",
    )


def delivered(running: Running, number: int, **other: object) -> str:
    """An account that the sandbox takes."""
    return wait_for(
        running,
        post(running, "account.created", account(number, **{"id": next(_NUMBERS), **other})),
        "delivered",
    )


def mended(running: Running, id: str, body: bytes) -> None:
    """As if the gateway had learned meanwhile to understand what came: it is there now in a form
    that it understands.
    """
    with closing(sqlite3.connect(running.log.with_name("aom-gateway.db"))) as store, store:
        store.execute("UPDATE event SET body = ? WHERE id = ?", (body, id))


def noted(running: Running, id: str, number: int) -> None:
    """As if an operator had replayed the event so many times."""
    act = (time.time_ns() // 1000, "dana", "replay", json.dumps({"id": id}), "done", "")
    with closing(sqlite3.connect(running.log.with_name("aom-gateway.db"))) as store, store:
        store.executemany(
            "INSERT INTO audit (at, who, what, about, outcome, result) VALUES (?, ?, ?, ?, ?, ?)",
            [act] * number,
        )


def quarantined(running: Running) -> str:
    """A call without an address."""
    return post(
        running,
        "account.created",
        b'{"date_registered": "Mar 1, 2026 02:30 PM", "id": %d}' % next(_NUMBERS),
    )
