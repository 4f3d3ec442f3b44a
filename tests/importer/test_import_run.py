"""An import that is interrupted, refused or slowed down, with the real gateway beside it."""

from __future__ import annotations

import re
import signal
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import httpx

from receiver.aom import read_sample
from tests.cli.test_commands import run, run_json
from tests.importer.history import (
    accounts,
    answer,
    delivered,
    some_pending_or_delivered,
    started,
)
from tests.processes import TOKEN, gateway, until, write_config


def test_without_a_gateway_the_store_takes_it(tmp_path: Path) -> None:
    """A SQLite store that no gateway has open; the next one delivers."""
    config = write_config(tmp_path)
    accounts(tmp_path, 300)
    with gateway(config) as running:
        running.terminate()
    text = run("import", "history.csv", "--event", "account.created", at=tmp_path)
    assert "300 events were accepted" in text
    assert "aom-gateway serve" in text
    with gateway(config) as running:
        running.wait_until_delivered()
        assert len(running.records("sandbox", "contact")) == 300


def test_an_interrupted_import_goes_on(tmp_path: Path) -> None:
    """Ctrl-C says where to go on; from there the rest comes in, and nothing twice."""
    config = write_config(tmp_path)
    accounts(tmp_path, 2000)
    with gateway(config) as running:
        importing = started(tmp_path)
        until(lambda: some_pending_or_delivered(running, 100), "some lines are in")
        importing.send_signal(signal.SIGINT)
        told = answer(importing, code=1)
        assert told["stopped"] == "interrupted"
        assert 65 < told["next_line"] < 2001
        rest = run_json(
            "import",
            "history.csv",
            "--event",
            "account.created",
            "--from-line",
            str(told["next_line"]),
            at=tmp_path,
        )
        assert rest["stopped"] is None
        assert rest["lines"] == 2000 - (told["next_line"] - 2)
        assert running.wait_until_delivered()["dead"] == 0
        assert len(running.records("sandbox", "contact")) == 2000
        assert (
            run_json("import", "history.csv", "--event", "account.created", at=tmp_path)[
                "duplicates"
            ]
            == 2000
        )


def test_a_gateway_that_goes_down_and_comes_back(tmp_path: Path) -> None:
    """The import waits for it and goes on; where it does not come back in time, it says where to go
    on.
    """
    config = write_config(tmp_path)
    accounts(tmp_path, 3000)
    with gateway(config) as running:
        importing = started(tmp_path)
        until(lambda: some_pending_or_delivered(running, 100), "some lines are in")
        running.kill()
    with gateway(config) as running:
        told = answer(importing, code=0)
        assert (told["lines"], told["faulty"]) == (3000, 0)
        running.wait_until_delivered()
        assert len(running.records("sandbox", "contact")) == 3000
        accounts(tmp_path, 20_000)
        # no line of the first file is as young, in any zone
        new = datetime.now(UTC) - timedelta(days=30) + timedelta(minutes=4500)
        importing = started(tmp_path, "--patience", "1")
        until(
            lambda: (
                importing.poll() is not None
                or len(running.admin(f"/api/events?since={new:%Y-%m-%dT%H:%M:%SZ}")["items"]) > 10
            ),
            "more in",
        )
        running.kill()
        told = answer(importing, code=1)
        assert "taken nothing for 1 seconds" in told["stopped"]
        assert 2 < told["next_line"] < 20_002


def test_a_token_that_the_gateway_does_not_know(tmp_path: Path) -> None:
    """Ends the import at its first line, with what may be the cause."""
    config = write_config(tmp_path)
    accounts(tmp_path, 10)
    with gateway(config):
        other = tmp_path / "other.toml"
        other.write_text(config.read_text().replace(TOKEN, "a-token-of-another-configuration"))
        told = run_json(
            "import",
            "history.csv",
            "--event",
            "account.created",
            "-c",
            "other.toml",
            at=tmp_path,
            code=1,
        )
    assert "does not know the token of the source springfield" in told["stopped"]
    assert (told["accepted"], told["next_line"]) == (0, 1)


def test_only_the_past_has_a_time_of_its_own(tmp_path: Path) -> None:
    """`Occurred-At` must be a past time with an offset; the address that AOM calls takes none."""
    config = write_config(tmp_path)
    body = read_sample("account.created") or b""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with gateway(config) as running:
        later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        for wrong in (later, "yesterday", "2024-01-01T00:00:00", "0001-01-01T00:00:00Z", ""):
            refused = httpx.post(
                f"{running.url}/events", content=body, headers={**headers, "Occurred-At": wrong}
            )
            assert (refused.status_code, refused.json()["kept"]) == (400, False)
        httpx.post(
            f"{running.url}/in/{TOKEN}",
            content=body,
            headers={"Occurred-At": "2024-01-01T00:00:00Z"},
        ).raise_for_status()
        (item,) = running.admin("/api/events")["items"]
        assert datetime.fromisoformat(item["received_at"]) > datetime.now(UTC) - timedelta(
            minutes=10
        )


def test_the_limit_of_its_source_makes_it_slower(tmp_path: Path) -> None:
    """No line is lost or called faulty, however little patience it has."""
    config = write_config(tmp_path, source="limit = { events = 20, seconds = 2 }")
    accounts(tmp_path, 50)
    with gateway(config) as running:
        told = answer(started(tmp_path, "--patience", "0"), code=0)
        assert (told["accepted"], told["faulty"], told["stopped"]) == (50, 0, None)
        turned_away = re.search(
            r'requests_turned_away_total\{reason="limit"\} (\S+)',
            httpx.get(f"{running.url}/metrics").text,
        )
        assert turned_away
        assert float(turned_away[1]) > 0


def test_live_events_go_first(tmp_path: Path) -> None:
    """While thousands of lines wait for a slow CRM, what comes live is there within seconds."""
    config = write_config(
        tmp_path, '[connectors.sandbox]\ntype = "sandbox"\nmapping = "standard"\nlatency_ms = 200\n'
    )
    accounts(tmp_path, 30_000)
    with gateway(config) as running:
        importing = started(tmp_path)
        until(lambda: some_pending_or_delivered(running, 500), "the import is under way")
        for number in range(5):
            sent = datetime.now(UTC)
            body = {
                "email": f"live{number}@example.edu",
                "date_registered": "Aug 11, 2020 04:58 PM",
            }
            id = httpx.post(f"{running.url}/in/{TOKEN}", json=body).json()["id"]
            until(partial(delivered, running, id), "the live event is delivered")
            assert datetime.now(UTC) - sent < timedelta(seconds=10)
        assert importing.poll() is None, "the import was over before it was in the way of anything"
        importing.send_signal(signal.SIGINT)
        answer(importing, code=1)
