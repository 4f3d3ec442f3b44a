"""The command begins only where what it imports is its own."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.installed import Environment, build_wheel, make_environment, write_wheel
from tests.processes import until, write_config

CURE = "Give aom-gateway an environment of its own, as `pipx install aom-gateway` does."


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The gateway in an environment of its own."""
    environment = make_environment(tmp_path_factory.mktemp("environment"))
    environment.install(build_wheel(tmp_path_factory.mktemp("wheel")))
    return environment


@pytest.fixture
def installed(tmp_path: Path, pristine: Environment) -> Environment:
    """A copy of it, for a test to damage."""
    return pristine.copy(tmp_path / "environment")


def faults(environment: Environment, at: Path, path: Path | None = None) -> str:
    """What the command says; empty where it begins."""
    done = environment.run("--version", at=at, path=path)
    assert done.returncode == (1 if done.stderr else 0)
    assert "Traceback" not in done.stderr
    return done.stderr.strip()


def test_an_installation_of_its_own_is_sound(installed: Environment, tmp_path: Path) -> None:
    """Also beside a distribution that has modules of other names."""
    installed.install(write_wheel(tmp_path, "neighbour", {"neighbour/__init__.py": ""}))
    assert faults(installed, tmp_path) == ""


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("connectors/__init__.py", "raise RuntimeError('not yours')"),
        ("connectors/base.py", "raise RuntimeError('not yours')"),
        ("receiver/__init__.py", '"""Python runs it before the command can look."""'),
        ("receiver/cli/__init__.py", "raise RuntimeError('not yours')"),
    ],
)
def test_a_distribution_that_overwrites_ours_is_named(
    installed: Environment, tmp_path: Path, file: str, text: str
) -> None:
    """Before anything of it is imported, which may be of the same name and lack all that we
    need.
    """
    installed.install(write_wheel(tmp_path, "webhooks", {file: text}))
    assert (
        faults(installed, tmp_path)
        == f"aom-gateway: webhooks 1.2 overwrote files of aom-gateway, such as {file}. {CURE}"
    )


def test_what_an_uninstallation_took_along_is_missed(
    installed: Environment, tmp_path: Path
) -> None:
    """The installer removes the files that both had; installed again, all is well."""
    installed.install(write_wheel(tmp_path, "webhooks", {"connectors/base.py": ""}))
    installed.uninstall("webhooks")
    assert (
        faults(installed, tmp_path)
        == "aom-gateway: connectors/base.py is missing. Install aom-gateway again."
    )


def test_a_package_that_stands_before_ours_is_told(installed: Environment, tmp_path: Path) -> None:
    """By PYTHONPATH, say: with its place."""
    other = tmp_path / "elsewhere"
    (other / "connectors").mkdir(parents=True)
    (other / "connectors" / "__init__.py").write_text("")
    said = faults(installed, tmp_path, path=other)
    assert said.startswith(
        f"aom-gateway: {other}/connectors/__init__.py stands before aom-gateway's own "
        "package 'connectors' in "
    )
    assert said.endswith(CURE)


def test_what_an_operator_changed_is_no_fault(installed: Environment, tmp_path: Path) -> None:
    """A line mended by hand belongs to nobody else."""
    changed = installed.packages / "connectors" / "__init__.py"
    changed.write_text(changed.read_text() + "# mended\n")
    assert faults(installed, tmp_path) == ""


def test_sighup_ends_no_gateway_that_is_still_starting(tmp_path: Path) -> None:
    """It waits while the program is being imported, and is answered with a reload."""
    config, log = write_config(tmp_path), tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "receiver", "serve", "--config", str(config)],
            stdout=output,
            stderr=output,
        )
    try:
        maps = Path(f"/proc/{process.pid}/maps")
        until(lambda: "pydantic_core" in maps.read_text(), "it is importing", every=0.001)
        process.send_signal(signal.SIGHUP)
        until(lambda: process.poll() or "gateway.ready" in log.read_text(), "it has started")
        until(lambda: process.poll() or "configuration." in log.read_text(), "it has reloaded")
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()
