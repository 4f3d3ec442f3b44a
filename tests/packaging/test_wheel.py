"""What a user installs: the wheel holds all that the program reads, and runs without a checkout."""

from __future__ import annotations

import re
import stat
from email import message_from_string
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.installed import ROOT, Environment, build_wheel, make_environment

EXAMPLE = ROOT / "config.example.toml"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Environment:
    environment = make_environment(tmp_path_factory.mktemp("environment"))
    environment.install(wheel)
    return environment


def test_it_holds_both_packages_and_the_examples(wheel: Path) -> None:
    """Every file of the packages, be it code, a template, a mapping or a sample; no tests."""
    with ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    ours = {
        str(path.relative_to(ROOT))
        for package in ("receiver", "connectors")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert held == ours | {
        "receiver/examples/config.example.toml",
        "receiver/examples/alerts.yml",
    }


def test_it_asks_for_no_test_tools(wheel: Path) -> None:
    """Who runs the gateway installs what runs it."""
    with ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        metadata = message_from_string(archive.read(name).decode())
    needed = {
        re.split(r"[^a-z0-9-]", line, maxsplit=1)[0]
        for line in metadata.get_all("Requires-Dist", [])
    }
    assert {"starlette", "uvicorn"} <= needed
    assert needed & {"pytest", "hypothesis", "mypy", "ruff", "playwright", "hatchling"} == set()


def test_it_says_its_version(installed: Environment, tmp_path: Path) -> None:
    """As the metadata has it."""
    done = installed.run("--version", at=tmp_path)
    (version,) = re.findall(
        r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), flags=re.MULTILINE
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, f"aom-gateway {version}\n", "")


def test_the_whole_example_is_written(installed: Environment, tmp_path: Path) -> None:
    """For its owner alone, and with the rules for Prometheus named."""
    done = installed.run("init", "--full", at=tmp_path)
    written = tmp_path / "config.toml"
    assert done.returncode == 0, done.stderr
    assert written.read_text("utf-8") == EXAMPLE.read_text("utf-8")
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    (rules,) = re.findall(r"\S+/alerts\.yml", done.stdout)
    assert Path(rules).read_bytes() == (ROOT / "deploy/prometheus/alerts.yml").read_bytes()


def test_the_demo_runs(installed: Environment, tmp_path: Path) -> None:
    """All that it needs is in the wheel: samples, migrations, mappings, schemas."""
    done = installed.run("demo", "--once", at=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "contacts in the sandbox CRM" in done.stdout
