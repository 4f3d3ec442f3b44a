"""With --json a command prints JSON whatever is wrong: the reason in words, and the faults of a
file with their places.
"""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from docs.hooks.commands import all_commands
from tests.cli.command import command
from tests.processes import ADMIN_TOKEN, free_port, gateway, write_config

NOBODY = "0" * 32

CALLS = {  # each with what it needs to get as far as its gateway
    "alarms": (),
    "alarms acknowledge": ("nobody",),
    "alarms snooze": ("nobody",),
    "audit": (),
    "backup": ("backup.db",),
    "check": (),
    "dead": (),
    "diff": (),
    "events": (NOBODY,),
    "explain": (NOBODY,),
    "forget": ("ada@example.edu", "--yes"),
    "import": ("school.csv", "--event", "account.created"),
    "move-store": ("postgresql://nobody@127.0.0.1:1/none",),
    "new-account": ("sandbox", "--yes"),
    "pause": ("sandbox", "--reason", "a stage is renamed"),
    "provision": ("nobody",),
    "quarantine": (),
    "quarantine amend": (NOBODY, "--event", "quiz.submitted"),
    "reload": (),
    "replay": ("--state", "dead"),
    "restore": ("nowhere.db",),
    "resume": ("sandbox",),
    "rotate": ("nobody",),
    "send": ("quiz.submitted",),
    "status": (),
    "test": (),
    "urls": ("--source", "nobody"),
}
NO_ASKING = {
    *("backup", "check", "import", "move-store", "provision", "restore", "rotate", "send"),
    *("test", "urls"),
}
ASKING = sorted(CALLS.keys() - NO_ASKING)  # the admin API
LISTED = {"check", "send"}  # what they answer is a list, also of what is wrong
WRONG_USE_OF = {"diff"}  # 1 means that something differs


def refused(name: str, *words: str, at: Path, code: int = 1) -> Any:
    """What a command says with --json that ends with this code."""
    done = command(*name.split(), *(words or CALLS[name]), "--json", at=at, code=code)
    assert done.err
    told = done.json
    assert told["error"]
    assert all(one["where"] and one["message"] for one in told["faults"])
    return told


def test_every_command_with_json_is_tried() -> None:
    """Also one that is new."""
    found = {
        one.words for one in all_commands() if any("--json" in par.names for par in one.parameters)
    }
    assert found == CALLS.keys()


@pytest.mark.parametrize("name", sorted(CALLS.keys() - LISTED))
def test_a_configuration_that_is_not_there_or_has_faults(tmp_path: Path, name: str) -> None:
    """Every fault has its place."""
    assert "no configuration at" in refused(name, at=tmp_path, code=2)["error"]
    config = write_config(tmp_path, '[connectors.box]\ntype = "sandbocks"\n')
    code = 2 if name in WRONG_USE_OF else 1
    told = refused(name, at=tmp_path, code=code)
    assert "1 fault" in told["error"]
    (fault,) = told["faults"]
    assert (fault["where"], fault["remedy"]) == ("connectors.box.type", "did you mean 'sandbox'?")
    assert "sandbocks" in config.read_text().splitlines()[fault["line"] - 1]
    config.write_text("[server\n")
    (fault,) = refused(name, at=tmp_path, code=code)["faults"]
    assert "is no TOML" in fault["message"]


@pytest.mark.parametrize("name", ["check", "send"])
def test_what_lists_its_answers_lists_what_is_wrong(tmp_path: Path, name: str) -> None:
    """`check` its faults, `send` calls that nobody took."""
    write_config(tmp_path, "" if name == "send" else '[connectors.box]\ntype = "sandbocks"\n')
    listed = command(name, *CALLS[name], "--json", at=tmp_path, code=1).json
    assert len(listed) == 1


@pytest.mark.parametrize("name", sorted(CALLS))
def test_an_option_that_is_none(tmp_path: Path, name: str) -> None:
    """Wrong use, told before anything is read."""
    assert "--nosuch" in refused(name, *CALLS[name], "--nosuch", at=tmp_path, code=2)["error"]


def test_an_option_that_is_missing(tmp_path: Path) -> None:
    """Its name."""
    assert "--reason" in refused("pause", "sandbox", at=tmp_path, code=2)["error"]


def test_an_option_of_another_kind(tmp_path: Path) -> None:
    """A value that the command itself refuses."""
    assert "is no time" in refused("events", "--since", "soon", at=tmp_path, code=2)["error"]


@pytest.mark.parametrize("name", ASKING)
def test_no_gateway_and_no_store(tmp_path: Path, name: str) -> None:
    """Nobody has ever received anything."""
    write_config(tmp_path)
    told = refused(name, at=tmp_path, code=2 if name in WRONG_USE_OF else 1)
    assert "serve" in told["error"] or "no store" in told["error"] or "runs" in told["error"]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The directory of a gateway that runs."""
    directory = tmp_path_factory.mktemp("running")
    with gateway(write_config(directory)):
        yield directory


@pytest.mark.parametrize("name", ASKING)
def test_a_token_of_another_gateway(running: Path, tmp_path: Path, name: str) -> None:
    """The configuration is not the one that the gateway has."""
    text = (running / "config.toml").read_text()
    (tmp_path / "config.toml").write_text(
        text.replace(ADMIN_TOKEN, "of-another-gateway-0123456789")
    )
    told = refused(name, at=tmp_path, code=2 if name in WRONG_USE_OF else 1)
    assert "401" in told["error"] or "token" in told["error"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("events", CALLS["events"]),
        ("explain", CALLS["explain"]),
        ("quarantine amend", CALLS["quarantine amend"]),
        ("test", ("--save", NOBODY)),
        ("dead", ("--discard", NOBODY, "--yes")),
        ("quarantine", ("--discard", NOBODY, "--yes")),
    ],
)
def test_an_id_that_nobody_has(running: Path, name: str, words: tuple[str, ...]) -> None:
    """The gateway's own words."""
    assert "404" in refused(name, *words, at=running)["error"]


@pytest.mark.parametrize(
    ("name", "words", "says"),
    [
        ("diff", ("nowhere.toml",), "nowhere.toml: 1 fault"),
        ("diff", ("new.toml",), "new.toml: 1 fault"),
        ("diff", ("--from", "new.toml"), "new.toml: 1 fault"),
        ("diff", ("--connector", "nobody"), "'nobody' is not configured"),
        ("explain", ("nowhere.json",), "No such file"),
        ("import", CALLS["import"], "school.csv"),
        ("provision", CALLS["provision"], "'nobody' is not configured"),
        ("replay", ("--source", ""), "is empty"),
        ("status", ("--watch",), "--watch is for people"),
        ("test", ("nowhere.toml",), "no file nowhere.toml"),
        ("urls", CALLS["urls"], "'nobody' is not configured"),
    ],
)
def test_what_is_named_is_wrong(
    running: Path, name: str, words: tuple[str, ...], says: str
) -> None:
    """Files and names that an option gives; the faults of such a file have their places in it."""
    text = '[[routes]]\nconnector = "sandbox"\nevents = ["order.*"]\nuspert = []\n'
    (running / "new.toml").write_text(text)
    told = refused(name, *words, at=running, code=2)
    assert says in told["error"]
    places = {"nowhere.toml: 1 fault": ["nowhere.toml"], "new.toml: 1 fault": ["routes[0].uspert"]}
    assert [one["where"] for one in told["faults"]] == places.get(says, [])


def test_a_case_file_with_a_fault(running: Path) -> None:
    """A fault of a case is found by its test: exit 1."""
    (running / "cases.toml").write_text('[[case]]\nname = "a"\nbody = {}\nexpects = []\n')
    (fault,) = refused("test", "cases.toml", at=running)["faults"]
    assert fault["where"] == "cases.toml: case[0].expects"


class _Stranger(BaseHTTPRequestHandler):
    """Answers everything with a page, as another program on the gateway's port does."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>")

    do_POST = do_DELETE = do_GET  # noqa: N815 - as the server calls them

    def log_message(self, *_: object) -> None: ...


@pytest.fixture(scope="module")
def stranger() -> Iterator[int]:
    """The port of another program."""
    with ThreadingHTTPServer(("127.0.0.1", free_port()), _Stranger) as server:
        serving = Thread(target=server.serve_forever)
        serving.start()
        yield server.server_port
        server.shutdown()
        serving.join()


@pytest.mark.parametrize("name", ASKING)
def test_another_program_on_the_port(
    stranger: int, running: Path, tmp_path: Path, name: str
) -> None:
    """What answers is no gateway."""
    lines = (running / "config.toml").read_text().splitlines()
    moved = [f"port = {stranger}" if one.startswith("port =") else one for one in lines]
    (tmp_path / "config.toml").write_text("\n".join(moved))
    told = refused(name, at=tmp_path, code=2 if name in WRONG_USE_OF else 1)
    assert "Is this the gateway?" in told["error"]
