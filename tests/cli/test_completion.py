"""What the shell completes: commands, names of the configuration, ids of what is stored."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from receiver.aom import EVENTS
from receiver.cli.app import MODULES
from tests.processes import TOKEN, Running, gateway, until, write_config
from tests.program import start_program

OPERATOR = """
[operators.dana]
token = "dana-token-of-the-tests"
role = "viewer"

[connectors.sandbox]
type = "sandbox"
mapping = "standard"
refuse = [{ object = "contact", code = "NO", message = "No." }]
"""


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("completion")
    write_config(directory, OPERATOR)
    return directory


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A gateway with a dead delivery."""
    with gateway(write_config(tmp_path_factory.mktemp("running"), OPERATOR)) as running:
        body = {"id": 7, "date_registered": "2026-01-02 10:00:00", "email": "ann@example.edu"}
        httpx.post(f"{running.url}/in/{TOKEN}/account.created", json=body, trust_env=False)
        until(lambda: running.admin("/api/status")["dead"] == 1, "it is refused")
        yield running


def completed(*words: str, at: Path, **variables: str) -> list[str]:
    """What bash offers for the last word."""
    env = {
        **os.environ,
        **variables,
        "_AOM_GATEWAY_COMPLETE": "complete_bash",
        "COMP_WORDS": " ".join(("aom-gateway", *words)),
        "COMP_CWORD": str(len(words)),
    }
    process = start_program(cwd=at, env=env)
    output, errors = process.communicate(timeout=120)
    assert not errors
    return output.decode().split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("new-",), ["new-account", "new-connector"]),
        (("pause", "s"), ["sandbox"]),
        (("provision", "x"), []),
        (("rotate", ""), ["springfield"]),
        (("urls", "--source", "spring"), ["springfield"]),
        (("events", "--connector", ""), ["sandbox"]),
        (("audit", "--who", ""), ["admin", "dana"]),
        (("send", ""), list(EVENTS)),
        (("replay", "--event", "quiz"), ["quiz.submitted"]),
        (("init", "--connector", "sand"), ["sandbox"]),
    ],
)
def test_names_are_completed(directory: Path, words: tuple[str, ...], offered: list[str]) -> None:
    """Of commands, of the configuration, of AOM's events, of the CRMs that are installed."""
    assert completed(*words, at=directory) == offered


def test_the_configuration_is_the_one_that_the_command_takes(
    directory: Path, tmp_path: Path
) -> None:
    """By --config or by the variable; where there is none, or none that can be read, nothing is
    offered.
    """
    config = str(directory / "config.toml")
    for option in (("--config", config), (f"--config={config}",), ("-c", config)):
        assert completed("pause", *option, "", at=tmp_path) == ["sandbox"]
    assert completed("pause", "", at=tmp_path, AOM_GATEWAY_CONFIG=config) == ["sandbox"]
    assert completed("pause", "", at=tmp_path) == []
    for text in ("no TOML", "connectors = 7", "[[connectors]]\n"):
        (tmp_path / "config.toml").write_text(text, "utf-8")
        assert completed("pause", "", at=tmp_path) == []


def test_what_is_stored_is_completed_by_the_running_gateway(running: Running) -> None:
    """Events and groups by their ids; no address is shown."""
    at = running.log.parent
    (event,) = running.admin("/api/events")["items"]
    (group,) = running.admin("/api/groups")["dead"]
    assert completed("events", "", at=at) == [event["id"]]
    assert completed("replay", event["id"][:9], at=at) == [event["id"]]
    assert completed("explain", event["id"][:9], at=at) == [event["id"]]
    assert completed("replay", "--group", "", at=at) == [group["id"]]
    assert completed("dead", "--discard", group["id"][:2], at=at) == [group["id"]]
    assert completed("quarantine", "amend", "", at=at) == []
    assert completed("alarms", "acknowledge", "", at=at) == []


def test_where_no_gateway_answers_nothing_is_offered(directory: Path) -> None:
    """Nor where it refuses the token."""
    assert completed("events", "", at=directory) == []
    assert completed("events", "", at=directory, AOM_GATEWAY_OPERATOR_TOKEN="wrong") == []


def test_the_help_is_in_the_order_of_use() -> None:
    """Who tries it comes before who sets it up, runs it, looks at it, mends it and changes it."""
    steps = ("demo", "init", "check", "serve", "urls", "status", "events", "replay", "reload")
    places = [list(MODULES).index(step) for step in steps]
    assert places == sorted(places)
