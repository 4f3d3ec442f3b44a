"""What operators type: with a gateway that runs, with none, and where something is wrong."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

import httpx
import psycopg
import pytest

from tests.cli.command import command, on_terminal
from tests.processes import ADMIN_TOKEN, TOKEN, Running, gateway, until, write_config
from tests.program import start_program

REFUSING = """
[connectors.sandbox]
type = "sandbox"
mapping = "standard"
refuse = [{ pattern = "^refused", code = "NO_SUCH_FIELD", message = "There is no field aom_plan." }]
"""


def post(running: Running, event: str, payload: Any) -> str:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    id: str = httpx.post(
        f"{running.url}/in/{TOKEN}/{event}", content=body, trust_env=False, timeout=30
    ).json()["id"]
    return id


def account(email: str) -> dict[str, Any]:
    return {
        "id": crc32(email.encode()),
        "email": email,
        "first_name": "Ann",
        "last_name": "Lee",
        "date_registered": "2026-01-02 10:00:00",
    }


def fill(running: Running) -> None:
    """Two delivered, three dead, one in quarantine."""
    for email in (
        "ann@example.edu",
        "ben@example.edu",
        "refused1@example.edu",
        "refused2@example.edu",
        "refused3@example.edu",
    ):
        post(running, "account.created", account(email))
    post(running, "order.placed", b"{")
    running.wait_until_delivered()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with gateway(write_config(tmp_path, REFUSING)) as running:
        fill(running)
        yield running


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Running]]:
    """The same for tests that change nothing: the directory of its configuration, and the
    gateway.
    """
    directory = tmp_path_factory.mktemp("asked")
    with gateway(write_config(directory, REFUSING)) as running:
        fill(running)
        yield directory, running


def test_from_the_status_to_the_remedy(running: Running, tmp_path: Path) -> None:
    """Status → dead → events → replay → discard, as an operator goes; each says by its exit code
    whether there is something to do.
    """
    status = command("status", "--json", at=tmp_path, code=1).json
    assert (status["running"], status["pending"], status["dead"], status["quarantined"]) == (
        True,
        0,
        3,
        1,
    )
    (group,) = command("dead", "--json", at=tmp_path, code=1).json
    assert (group["connector"], group["reason"], group["count"]) == (
        "sandbox",
        "There is no field aom_plan. (NO_SUCH_FIELD)",
        3,
    )
    listed = command("events", "--group", group["id"], "--json", at=tmp_path).json
    assert [item["state"] for item in listed["items"]] == ["dead"] * 3
    event = command("events", listed["items"][0]["id"], "--json", at=tmp_path).json
    assert event["deliveries"][0]["attempts"][-1]["code"] == "NO_SUCH_FIELD"
    planned = command("replay", "--group", group["id"], "--dry-run", "--json", at=tmp_path).json
    assert planned == {
        "replayed": 3,
        "chosen": 3,
        "lanes": 3,
        "dry_run": True,
        "routed": 0,
        "later": 0,
        "people": 3,
        "connectors": {"sandbox": 3},
        "notes": [],
    }
    done = command("replay", "--group", group["id"], "--yes", "--wait", at=tmp_path, code=1)
    assert "3 deliveries chosen: 3 pending again." in done.out
    assert "3 deliveries dead" in done.err
    assert command("dead", "--discard", group["id"], "--yes", "--json", at=tmp_path).json == {
        "discarded": 3
    }
    assert command("dead", at=tmp_path).out == "Nothing is dead.\n"
    (calls,) = command("quarantine", "--json", at=tmp_path, code=1).json
    assert (calls["event"], calls["count"]) == ("order.placed", 1)
    assert command("quarantine", "--revalidate", "--json", at=tmp_path, code=1).json == {
        "accepted": 0,
        "remaining": 1,
    }
    assert (
        "1 discarded" in command("quarantine", "--discard", calls["id"], "--yes", at=tmp_path).out
    )
    assert command("quarantine", at=tmp_path).out == "Nothing is in quarantine.\n"
    assert command("status", "--json", at=tmp_path).json["dead"] == 0


def test_lists_in_parts(asked: tuple[Path, Running]) -> None:
    """--limit and --before go through a list; filters are those of the API."""
    tmp_path, _ = asked
    first = command("events", "--limit", "2", "--json", at=tmp_path).json
    rest = command("events", "--before", first["next"], "--json", at=tmp_path).json
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (2, 4, None)
    assert f"--before {first['next']}" in command("events", "--limit", "2", at=tmp_path).out
    assert (
        len(
            command(
                "events",
                "--person",
                "ANN@example.edu",
                "--state",
                "delivered",
                "--since",
                "1h",
                "--json",
                at=tmp_path,
            ).json["items"]
        )
        == 1
    )
    assert "no such events" in command("events", "--until", "2020-01-01", at=tmp_path).out


def test_without_a_gateway_the_store_is_asked(running: Running, tmp_path: Path) -> None:
    """The same commands work on the SQLite file while nobody has it; what they make pending is
    delivered after the next start.
    """
    assert running.terminate() == 0
    shown = command("status", at=tmp_path, code=1)
    assert "No gateway runs" in shown.out
    assert command("status", "--json", at=tmp_path, code=1).json["running"] is False
    (group,) = command("dead", "--json", at=tmp_path, code=1).json
    assert (
        "once `aom-gateway serve` runs"
        in command("replay", "--group", group["id"], "--yes", at=tmp_path).out
    )
    assert (
        "ben@example.edu is erased: 1 event"
        in command("forget", "ben@example.edu", "--yes", at=tmp_path).out
    )
    assert "No gateway runs" in command("status", "--watch", at=tmp_path, code=1).err
    with gateway(tmp_path / "config.toml") as again:
        assert again.wait_until_delivered()["dead"] == 3


def test_nobody_to_ask(tmp_path: Path) -> None:
    """No store yet; a PostgreSQL store and no gateway; no admin token: each is told in a line."""
    config = write_config(tmp_path)
    for words in (
        ("events",),
        ("dead",),
        ("quarantine",),
        ("replay", "--state", "dead"),
        ("forget", "a@example.edu", "--yes"),
        ("status",),
    ):
        assert "nothing was ever received" in command(*words, at=tmp_path, code=1).err
    config.write_text(
        config.read_text().replace(
            f"sqlite:///{tmp_path}/aom-gateway.db", "postgresql://nobody@127.0.0.1:9/nothing"
        )
    )
    for asking in (("events",), ("dead", "--json"), ("status", "--watch")):
        done = command(*asking, at=tmp_path, code=1)
        assert "No gateway answers at http://127.0.0.1:" in done.err
        assert "aom-gateway serve" in done.err
        assert ("No gateway answers" in done.json["error"]) if "--json" in asking else not done.out
    config.write_text(config.read_text().replace(f'admin_token = "{ADMIN_TOKEN}"', ""))
    assert "server.admin_token is not set" in command("status", at=tmp_path, code=2).err


def test_a_token_that_is_not_the_gateways(asked: tuple[Path, Running]) -> None:
    """The configuration was changed since the gateway started."""
    changed = asked[0] / "changed.toml"
    changed.write_text(
        (asked[0] / "config.toml").read_text().replace(ADMIN_TOKEN, "another-token-of-an-operator")
    )
    assert "401" in command("status", "--config", str(changed), at=asked[0], code=1).err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("replay",), "--group"),
        (("replay", "--group", ""), "--group: is empty"),
        (("replay", "--since", ""), "--since"),
        (("replay", ""), "empty"),
        (("replay", "--state", "eaten"), "delivered"),
        (("events", "--state", "eaten"), "quarantined"),
        (("events", "--since", "yesterday"), "2026-03-01"),
        (("events", "--limit", "0"), "--limit"),
        (("events", "--person", ""), "person"),
        (("events", ""), "empty"),
        (("quarantine", "--revalidate", "--discard", "x"), "not both"),
        (("forget", "nobody"), "no e-mail address"),
        (("status", "--watch", "--json"), "--watch"),
        (("replay", "--state", "dead"), "--yes"),
        (("forget", "ann@example.edu"), "--yes"),
        (("dead", "--discard", "x", "--verbose"), "--verbose"),
    ],
)
def test_wrong_use(asked: tuple[Path, Running], words: tuple[str, ...], says: str) -> None:
    """Exit 2, with what would be right; nothing is changed, and nobody is asked where nobody can
    answer.
    """
    directory, running = asked
    done = command(*words, at=directory, code=2)
    assert says in done.err
    assert running.admin("/api/status")["dead"] == 3


@pytest.mark.parametrize(
    "words",
    [("dead", "--discard", "00000000"), ("replay", "--group", "00000000"), ("events", "0" * 32)],
)
def test_what_is_not_there(asked: tuple[Path, Running], words: tuple[str, ...]) -> None:
    """Exit 1: the question was right."""
    command(*words, "--yes" if words[0] != "events" else "--json", at=asked[0], code=1)


def test_groups_beyond_a_page(running: Running, tmp_path: Path) -> None:
    """How many there are is told; one that is not shown is found by its id; a group of the wrong
    kind is refused.
    """
    for body in (b'{"quiz": 1}', b'{"assignment": 1}', b"{"):
        httpx.post(f"{running.url}/in/{TOKEN}", content=body, trust_env=False)
    every = command("quarantine", "--json", at=tmp_path, code=1).json
    assert len(every) > 2
    assert (
        f"These are 1 of {len(every)} groups"
        in command("quarantine", "--limit", "1", at=tmp_path, code=1).out
    )
    assert command("quarantine", "--limit", "1", "--json", at=tmp_path, code=1).json == every[:1]
    assert (
        "is of `quarantine`"
        in command("dead", "--discard", every[-1]["id"], "--yes", at=tmp_path, code=2).err
    )
    assert command(
        "quarantine", "--discard", every[-1]["id"], "--yes", "--json", at=tmp_path
    ).json == {"discarded": every[-1]["count"]}


def test_quarantined_calls_beside_a_person(asked: tuple[Path, Running]) -> None:
    """Somebody who looks for a person hears of calls that may be theirs."""
    assert (
        "in quarantine may be theirs"
        in command("events", "--person", "nobody@example.edu", at=asked[0]).out
    )


def test_asking_first(running: Running, tmp_path: Path) -> None:
    """On a terminal one is asked, with the numbers; no is no."""
    shown = on_terminal("replay", "--state", "dead", at=tmp_path, keys="n\n", code=1)
    assert "3 deliveries chosen: 3 would be delivered again." in shown
    assert "Nothing was changed." in shown
    shown = on_terminal("forget", "ann@example.edu", at=tmp_path, keys="n\n", code=1)
    assert "Known of ann@example.edu: deliveries to sandbox; contact 1 at sandbox." in " ".join(
        shown.split()
    )
    assert running.admin("/api/people/ann@example.edu")["lanes"]
    assert "ann@example.edu is erased" in on_terminal(
        "forget", "ann@example.edu", at=tmp_path, keys="y\n"
    )
    assert running.admin("/api/people/ann@example.edu")["lanes"] == []


def test_tables_at_80_columns(asked: tuple[Path, Running]) -> None:
    """No line is longer, and what is to be copied, ids and addresses and groups, stands whole."""
    tmp_path, _ = asked
    (group,) = command("dead", "--json", at=tmp_path, code=1).json
    id = command("events", "--group", group["id"], "--limit", "1", "--json", at=tmp_path).json[
        "items"
    ][0]["id"]
    for word, code in (("dead", 1), ("quarantine", 1), ("events", 0), ("status", 1)):
        shown = on_terminal(word, at=tmp_path, code=code)
        tables = [line for line in shown.splitlines() if line.startswith(("│", "┃", "┏", "└"))]
        assert tables
        assert max(map(len, tables)) <= 80, shown
        assert (id in shown and "ann@example.edu" in shown) == (word == "events")
        assert (group["id"] in shown) == (word == "dead")


def test_status_again_and_again(running: Running, tmp_path: Path) -> None:
    """--watch shows what changes, until Ctrl-C."""
    log = tmp_path / "watch.out"
    with log.open("wb") as output:
        words = ("status", "--watch", "--every", "0.1")
        process = start_program(*words, cwd=tmp_path, stdout=output, stderr=output)
    try:
        until(lambda: "3 dead" in log.read_text(), "the first look")
        post(running, "account.created", account("refused4@example.edu"))
        until(lambda: "4 dead" in log.read_text(), "a later look")
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) in {0, 1, 130}
    assert "Traceback" not in log.read_text()


def test_a_replay_that_is_interrupted_goes_on(tmp_path: Path, postgresql_url: str) -> None:
    """Ctrl-C ends the command with a word on what goes on, and not the replay."""
    with (
        gateway(write_config(tmp_path, REFUSING, store=postgresql_url)) as running,
        psycopg.connect(postgresql_url) as holding,
    ):
        fill(running)
        holding.execute("SELECT id FROM lane FOR UPDATE")
        process = start_program("replay", "--since", "1h", "--yes", cwd=tmp_path)
        until(lambda: running.admin("/api/replays")["items"], "the replay is under way")
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
        assert b"The replay goes on in the gateway" in said
        assert b"Traceback" not in said
        assert process.returncode != 0
        holding.rollback()
        until(lambda: not running.admin("/api/replays")["items"], "the replay is done")
        running.wait_until_delivered()
        assert {record["writes"] for record in running.records("sandbox", "contact")} == {2}
