"""What the image is built by and how it is asked whether it is well, without a container engine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.tools import DEPLOY
from tests.processes import free_port, until, write_config

IMAGE = DEPLOY / "image"
ROOT = DEPLOY.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The venv of the image's first stage, of what the build's context holds."""
    directory = tmp_path_factory.mktemp("image")
    source, venv = directory / "source", directory / "venv"
    for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines():
        if line.startswith("!"):
            path = ROOT / line[1:]
            copy = shutil.copytree if path.is_dir() else shutil.copy2
            source.mkdir(exist_ok=True)
            copy(path, source / path.name)
    env = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PIP_COMPILE": "0",  # most modules of what is installed are never imported here
    }
    done = subprocess.run(
        [IMAGE / "install.sh", source, venv], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("aom-gateway ")
    return venv


def test_it_serves_and_tells_its_health(installed: Path, tmp_path: Path) -> None:
    """By the program that the image asks."""
    data = tmp_path / "data"
    data.mkdir()
    port = free_port()
    config = write_config(data)
    lines = config.read_text("utf-8").splitlines()
    config.write_text(
        "\n".join(f"port = {port}" if line.startswith("port") else line for line in lines)
    )
    assert healthy(port) != 0
    serve = subprocess.Popen(
        [installed / "bin/aom-gateway", "serve"],
        cwd=data,
        env={"PATH": f"{installed}/bin:/usr/bin:/bin", "AOM_GATEWAY_CONFIG": str(config)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: serve.poll() is not None or healthy(port) == 0, "it is well")
        assert serve.poll() is None
    finally:
        serve.terminate()
        assert serve.wait(60) == 0


def healthy(port: int) -> int:
    return subprocess.run(
        [sys.executable, IMAGE / "healthcheck.py"],
        env={"AOM_GATEWAY_PORT": str(port)},
        capture_output=True,
        check=False,
    ).returncode


def test_the_containerfile_uses_them() -> None:
    """As a user of its own, with the program's own signal to end."""
    text = (IMAGE / "Containerfile").read_text("utf-8")
    assert text.count("\nFROM ") + text.startswith("FROM ") == 2
    for line in (
        "RUN /source/deploy/image/install.sh /source /opt/aom-gateway",
        "USER 10001",
        "STOPSIGNAL SIGTERM",
        'CMD ["python3", "/opt/aom-gateway/healthcheck.py"]',
        'CMD ["aom-gateway", "serve"]',
    ):
        assert line in text


def test_logrotate_takes_the_rule(tmp_path: Path) -> None:
    """Read and not run: the user of the gateway is not there."""
    program = shutil.which("logrotate", path="/usr/sbin:/usr/bin")
    if not program:
        pytest.skip("logrotate is not installed")
    rule = tmp_path / "aom-gateway"
    text = (DEPLOY / "logrotate/aom-gateway").read_text("utf-8")
    rule.write_text(text.replace("su aom-gateway aom-gateway", "su root root"))
    rule.chmod(0o644)
    done = subprocess.run(
        [program, "--debug", "--state", str(tmp_path / "state"), str(rule)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "error" not in done.stderr
