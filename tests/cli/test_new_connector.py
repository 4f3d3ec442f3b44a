"""A connector that `new-connector` wrote is whole: it installs, is found, keeps the contract, and
is clean by strict tools.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from receiver.cli.connector_scaffold import TEMPLATE
from tests.cli.command import command
from tests.installed import PIP, ROOT, Environment, make_environment

VARIANTS = [["--no-batch"], []]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    return make_environment(tmp_path_factory.mktemp("environment"))


def make(at: Path, name: str, options: list[str]) -> Path:
    command("new-connector", name, *options, at=at)
    return at / name


def run(*words: str, at: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=at, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("options", VARIANTS)
def test_it_installs_is_found_and_keeps_the_contract(
    environment: Environment, tmp_path: Path, options: list[str]
) -> None:
    """With and without a batch API, without a line changed; nothing is fetched."""
    made = make(tmp_path, f"made_{len(options)}", options)
    build = ("--no-deps", "--no-build-isolation", "--no-index")
    python = str(environment.home / "bin" / "python")
    subprocess.run(
        [*PIP, "--python", python, "install", *build, str(made)], check=True, capture_output=True
    )
    source = {"PYTHONPATH": str(ROOT)}  # the gateway's
    listed = subprocess.run(
        [
            python,
            "-c",
            "from connectors import registry; print(*registry.types().broken().items())",
        ],
        env=source,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert listed.stdout.strip() == ""
    init = [python, "-m", "receiver", "init", "--connector", made.name]
    subprocess.run(init, env=source, cwd=tmp_path, capture_output=True, check=True)
    assert 'mapping = "standard"' in (tmp_path / "config.toml").read_text()
    tested = subprocess.run(
        [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error"],
        env=source,
        cwd=made,
        capture_output=True,
        text=True,
        check=False,
    )
    assert tested.returncode == 0, tested.stdout + tested.stderr


@pytest.mark.parametrize("options", VARIANTS)
def test_it_is_clean(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, options: list[str]
) -> None:
    """By its own settings of ruff and mypy, strict; the name may be a long one."""
    made = make(tmp_path, "z" * 30, options)
    run("ruff", "check", "--no-cache", ".", at=made)
    made = make(tmp_path, "acme_crm", options)
    run("ruff", "check", "--no-cache", ".", at=made)
    run("ruff", "format", "--no-cache", "--check", ".", at=made)
    cache = tmp_path_factory.getbasetemp() / "mypy"
    assert "no issues" in run("mypy", "--cache-dir", str(cache), at=made)


def test_all_that_is_in_the_template_is_made(tmp_path: Path) -> None:
    """Under the name of the connector, and without a place that was left to fill."""
    made = make(tmp_path, "acme_crm", [])
    files = [file for file in made.rglob("*") if file.is_file()]
    assert len(files) == len([*TEMPLATE.rglob("*.template")])
    for file in files:
        text = file.read_text()
        assert "<<" not in text
        assert "#%" not in text
        assert "mycrm" not in text.lower()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Acme", "no name for a package: .* is it 'acme'"),
        ("2crm", "a letter first; is it 'crm'"),
        ("../crm", "no name for a package"),
        ("", "no name for a package"),
        ("import", "a word of Python's own"),
        ("match", "a word of Python's own"),
        ("json", "there is a package 'json' already"),
        ("tests", "there is a package 'tests' already"),
        ("sandbox", "there is a connector type 'sandbox' already"),
        ("a" * 31, "longer than 30 characters"),
    ],
)
def test_a_bad_name_is_refused_in_words(tmp_path: Path, name: str, words: str) -> None:
    """And nothing is written."""
    told = " ".join(command("new-connector", "--", name, at=tmp_path, code=2).err.split())
    assert re.search(words, told), told
    assert [*tmp_path.iterdir()] == []


def test_dashes_become_underscores_and_it_says_so(tmp_path: Path) -> None:
    """A package can't have them."""
    told = command("new-connector", "acme-crm", at=tmp_path).out
    assert "it is acme_crm" in told
    assert (tmp_path / "acme_crm" / "acme_crm" / "connector.py").is_file()


def test_nothing_is_replaced(tmp_path: Path) -> None:
    """A folder that exists is left alone."""
    (tmp_path / "acme_crm").mkdir()
    told = command("new-connector", "acme_crm", at=tmp_path, code=2).err
    assert "acme_crm exists already" in told
    assert [*(tmp_path / "acme_crm").iterdir()] == []
