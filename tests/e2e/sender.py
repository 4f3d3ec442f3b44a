"""What a school's AOM posts, one call at a time, and what the sandbox holds of it."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx

from receiver.aom import read_sample
from tests.processes import TOKEN, Running


def post(running: Running, body: Any, event: str = "") -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.post(
        f"{running.url}/in/{TOKEN}" + (f"/{event}" if event else ""),
        content=content,
        trust_env=False,
        timeout=60,
    )


def order(number: int, status: str = "COMPLETED", **changes: Any) -> dict[str, Any]:
    """AOM's sample as another order, of a customer of its own; a value of `...` takes the key
    away.
    """
    body: dict[str, Any] = json.loads(read_sample("order.placed") or b"")
    body |= {
        "id": number,
        "status": status,
        "customer": body["customer"] | {"id": number, "email": f"c{number}@example.edu"},
    } | changes
    return {key: value for key, value in body.items() if value is not ...}


def enrolment(*users: object, courses: Any = ({"id": 9, "name": "Ethics"},)) -> dict[str, Any]:
    return {
        "userList": list(users),
        "enrolled_courses_list": courses if isinstance(courses, dict) else list(courses),
    }


def learner(name: str) -> dict[str, Any]:
    return {"id": name, "first_name": name, "last_name": "Test", "email": f"{name}@example.edu"}


def fields(running: Running, object_name: str, key: str) -> dict[str, Any] | None:
    """Of the record with that key in the sandbox, once all is delivered; None where there is
    none.
    """
    running.wait_until_delivered()
    found = [record for record in running.records("sandbox", object_name) if record["key"] == key]
    return dict(found[0]["fields"]) if found else None


def deal(running: Running, number: int) -> dict[str, Any]:
    """The one deal of that order."""
    (found,) = [
        one
        for one in running.records("sandbox", "deal")
        if re.split("[:-]", one["key"])[-1] == str(number)
    ]
    return dict(found["fields"])


def drift(running: Running) -> dict[tuple[str, str], int]:
    return {
        (one["event"], one["path"]): one["count"] for one in running.admin("/api/drift")["items"]
    }
