"""A school's history in files, and what became of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.processes import Running
from tests.program import Program, start_program

ACCOUNT = "id,email,first_name,last_name,date_registered\n"


def table(
    directory: Path, text: str, name: str = "history.csv", encoding: str = "utf-8-sig"
) -> Path:
    path = directory / name
    path.write_bytes(text.replace("\n", "\r\n").encode(encoding))
    return path


def accounts(directory: Path, count: int, people: int = 10_000) -> Path:
    # of the site's zone; too young to be purged
    start = (datetime.now(UTC) - timedelta(days=30)).replace(tzinfo=None, microsecond=0)
    lines = [
        f"{n},p{n % people}@x.org,First{n},Last{n},{start + timedelta(minutes=n)}\n"
        for n in range(count)
    ]
    return table(directory, ACCOUNT + "".join(lines))


def started(directory: Path, *words: str) -> Program:
    importing = ("import", "history.csv", "--event", "account.created", "--json")
    return start_program(*importing, *words, cwd=directory)


def answer(process: Program, code: int) -> Any:
    out, err = process.communicate(timeout=120)
    assert process.returncode == code, (out, err)
    assert b"Traceback" not in err
    return json.loads(out)


def contact(running: Running, email: str) -> dict[str, Any]:
    return next(
        one["fields"] for one in running.records("sandbox", "contact") if one["key"] == email
    )


def some_pending_or_delivered(running: Running, least: int) -> bool:
    return len(running.admin(f"/api/events?limit={least}")["items"]) >= least


def delivered(running: Running, id: str) -> bool:
    return all(
        one["state"] == "delivered" for one in running.admin(f"/api/events/{id}")["deliveries"]
    )
