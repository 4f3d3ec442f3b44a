"""`events ID`: one event's story, each delivery with what was sent for it."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from signal import SIGINT
from typing import Any

from receiver.inbox import Inbox, RecordStateRow, SettledLane
from tests.cli.command import command
from tests.console.calls import post
from tests.console.conftest import account
from tests.inbox.store import NOW, attempt, delivered, new, remote, settle
from tests.processes import gateway, until, write_config
from tests.program import start_program


def record(key: str, *of: int) -> dict[str, Any]:
    return {
        "object": "deal",
        "key": key,
        "fields": {},
        "links": [],
        "result": "saved",
        "of": list(of),
    }


async def fill(directory: Path) -> list[str]:
    """Two orders of one person, put off 14 times for the same reason, then written together."""
    inbox = await Inbox.open(f"sqlite:///{directory / 'aom-gateway.db'}", dedup_hours=24)
    ids = [(await inbox.accept(new(one, connectors=("sandbox",)))).id for one in ("one", "two")]
    records: list[RecordStateRow] = []
    for minute in range(15):
        at = NOW + timedelta(minutes=minute)
        (queue,) = await inbox.list_queues("sandbox", limit=1, busy=(), now=at)
        (lane,) = await inbox.load_lanes(queue.due, now=at)
        if minute < 14:
            made = attempt("retry", at=at, message="locked")
            result = SettledLane(lane, retry_at=at + timedelta(seconds=9), attempt=made)
        else:
            first, second = (one.delivery_id for one in lane.deliveries)
            sent = [
                record("of both", first, second),
                record("of one", first),
                record("of two", second),
            ]
            result = delivered(lane, attempt=attempt(at=at, sent=sent))
            records = [remote("deal", key, key, lane) for key in ("of both", "of one", "of two")]
        await settle(inbox, [result], records=records, connector="sandbox", now=at)
    await inbox.aclose()
    return ids


def test_events_of_a_record_are_found_by_its_key(tmp_path: Path) -> None:
    """Those that wrote it, not what went out in the same call besides."""
    write_config(tmp_path)
    first, second = asyncio.run(fill(tmp_path))
    for key, ids in (("of two", [second]), ("of both", [second, first]), ("none", [])):
        shown = json.loads(command("events", "--key", key, "--json", at=tmp_path).out)
        assert [one["id"] for one in shown["items"]] == ids, key


def test_events_are_followed(tmp_path: Path) -> None:
    """The newest at first, then each that arrives, once and in order, until Ctrl-C."""
    config, shown = write_config(tmp_path), tmp_path / "shown"
    with gateway(config) as running, shown.open("wb") as output:
        first = [post(running, "account.created", account(number)) for number in range(3)]
        words = ("events", "--follow", "--limit", "2", "--json", "--config", str(config))
        following = start_program(*words, cwd=tmp_path, stdout=output, stderr=output)
        until(lambda: len(printed(shown)) >= 2, "the newest are printed")
        later = [post(running, "account.created", account(number)) for number in (3, 4)]
        until(lambda: len(printed(shown)) >= 4, "what arrives is printed")
        following.send_signal(SIGINT)
        assert following.wait(60) == 0
    assert printed(shown) == [*first[1:], *later]


def printed(file: Path) -> list[str]:
    """The ids of whole lines."""
    return [json.loads(line)["id"] for line in file.read_text().split("\n")[:-1]]


def test_a_delivery_shows_what_it_wanted(tmp_path: Path) -> None:
    """Not what the call wrote for the person's other events, of which it tells the number."""
    write_config(tmp_path)
    first, second = asyncio.run(fill(tmp_path))
    for id, mine, others in ((first, "of one", "of two"), (second, "of two", "of one")):
        shown = command("events", id, at=tmp_path).out
        assert '"key": "of both"' in shown
        assert f'"key": "{mine}"' in shown
        assert others not in shown
        assert '"of":' not in shown
        assert "with 1 other of this person" in shown
        (delivery,) = command("events", id, "--json", at=tmp_path).json["deliveries"]
        last = delivery["attempts"][-1]
        assert [one["key"] for one in last["sent"]] == ["of both", mine]
        assert last["others"] == 1


def test_attempts_alike_in_a_row_are_one_line(tmp_path: Path) -> None:
    """With how many there were, and when the last one began."""
    write_config(tmp_path)
    first, _ = asyncio.run(fill(tmp_path))
    lines = [
        one for one in command("events", first, at=tmp_path).out.splitlines() if "locked" in one
    ]
    (line,) = lines
    assert "\u00d714, last at " in line
    put_off, written = command("events", first, "--json", at=tmp_path).json["deliveries"][0][
        "attempts"
    ]
    assert (put_off["times"], written["times"]) == (14, 1)
    assert put_off["last_at"] == "2026-05-04T12:13:00Z"
    assert written["last_at"] == written["started_at"]
