"""The page that makes a connector from an empty folder, run to the letter."""

from __future__ import annotations

import difflib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.command import command
from tests.docs.pages import ROOT, pages
from tests.docs.pipedrive_fake import TOKEN, fake_crm
from tests.installed import PIP
from tests.processes import gateway, write_config

PAGE = "docs/first_connector.md"
MOST_LINES = 150
OFFLINE = ("--no-build-isolation", "--no-index")

_FILE = re.compile(r'^```\w+ title="(.+?)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)
_COMMANDS = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def shown_files() -> dict[str, str]:
    return dict(_FILE.findall(pages()[PAGE]))


def shown_commands() -> list[list[str]]:
    return [
        line.split() for block in _COMMANDS.findall(pages()[PAGE]) for line in block.splitlines()
    ]


def lines_by_hand(made: str, final: str) -> int:
    """Count the lines that are not as they were made; an empty one is no work."""
    changed = difflib.ndiff(made.splitlines(), final.splitlines())
    return sum(line.startswith("+ ") and bool(line[2:].strip()) for line in changed)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project, with what the page writes into it."""
    at = tmp_path_factory.mktemp("empty")
    first = shown_commands()[0]
    command(*first[1:], at=at)
    (made,) = at.iterdir()
    for name, text in shown_files().items():
        if name != "config.toml":
            assert (made / name).is_file(), "the page changes what was made"
            (made / name).write_text(text)
    shutil.copy(ROOT / "tests" / "docs" / "pipedrive_fake.py", made / "tests" / "fake.py")
    return made


def test_little_is_written_by_hand(project: Path, tmp_path: Path) -> None:
    """Of all files of the page, the test and the configuration among them."""
    command(*shown_commands()[0][1:], at=tmp_path)
    fresh = tmp_path / project.name
    counted = {
        name: lines_by_hand((fresh / name).read_text() if (fresh / name).is_file() else "", text)
        for name, text in shown_files().items()
    }
    assert sum(counted.values()) <= MOST_LINES, counted
    assert min(counted.values()) > 0


def test_it_is_clean_and_keeps_the_contract(project: Path) -> None:
    """The made settings of ruff and mypy hold for the page's code."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    for words in (
        ["ruff", "check", "--no-cache", "."],
        ["ruff", "format", "--no-cache", "--check", "pipedrive", "tests/test_contract.py"],
        ["mypy"],
        ["pytest", "-q", "-p", "no:cacheprovider", "-W", "error"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", *words],
            cwd=project,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_gateway_delivers_through_its_wheel(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Built and installed as the page says, but that nothing is fetched; checked, provisioned, and
    an order arrives as a deal of its person.
    """
    (build,) = [words for words in shown_commands() if words[:2] == ["pip", "wheel"]]
    subprocess.run(
        [*PIP, *build[1:], *OFFLINE, "--wheel-dir", str(tmp_path)],
        cwd=project,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    packages = tmp_path / "packages"
    install = ("install", "--no-deps", "--no-index", "--target", str(packages), str(wheel))
    subprocess.run([*PIP, *install], check=True, capture_output=True)
    path = os.pathsep.join([str(packages), os.environ.get("PYTHONPATH", "")])
    monkeypatch.setenv("PYTHONPATH", path)
    monkeypatch.setenv("PIPEDRIVE_API_TOKEN", TOKEN)
    with fake_crm() as crm:
        table = shown_files()["config.toml"].replace("https://api.pipedrive.com", crm.url)
        config = write_config(tmp_path, table)
        missing = command("check", "--online", at=tmp_path, code=1)
        assert "the field aom_order (varchar): it is missing" in missing.err
        assert [words for words in shown_commands() if words[0] == "aom-gateway"][1:] == [
            ["aom-gateway", "check"],
            ["aom-gateway", "provision", "crm", "--apply"],
            ["aom-gateway", "check", "--online"],
            ["aom-gateway", "serve"],
        ]
        command("check", at=tmp_path)
        command("provision", "crm", "--apply", at=tmp_path)
        command("check", "--online", at=tmp_path)
        with gateway(config) as running:
            command("send", "order.placed", "account.created", at=tmp_path)
            status = running.wait_until_delivered()
        assert (status["dead"], status["quarantined"]) == (0, 0)
        persons, (deal,) = crm.named("persons"), crm.named("deals").values()
        buyer = persons[str(deal["person_id"])]
        assert deal["title"].startswith("Order ")
        assert deal["aom_order"].startswith("springfield:")
        assert "@" in buyer["emails"][0]["value"]
        assert len({person["emails"][0]["value"] for person in persons.values()}) == len(persons)
