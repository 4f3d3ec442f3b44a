"""What is forked behaves as what is started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.processes import TOKEN, gateway, until, write_config
from tests.program import run_program, start_program

WORDS: Mapping[str, tuple[str, ...]] = {
    "an option": ("--version",),
    "nothing": (),
    "what it finds in its directory": ("urls",),
    "what it writes to both streams": ("check",),
    "what it is asked on its input": ("explain", "-", "--json"),
    "a word that is no command": ("statsu",),
}


def fresh(*words: str, cwd: Path, stdin: bytes = b"") -> subprocess.CompletedProcess[Any]:
    command = [sys.executable, "-m", "receiver", *words]
    return subprocess.run(command, cwd=cwd, input=stdin, capture_output=True, check=False)


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_it_says_the_same(tmp_path: Path, words: tuple[str, ...]) -> None:
    """On both streams and with its code, byte for byte."""
    write_config(tmp_path, source="colour = 'red'" if "check" in words else "")
    stdin = '{"email": "zoë@example.edu"}'.encode()
    started, forked = (start(*words, cwd=tmp_path, stdin=stdin) for start in (fresh, run_program))
    assert started.stdout or started.stderr
    assert (forked.returncode, forked.stdout.encode(), forked.stderr.encode()) == (
        started.returncode,
        started.stdout,
        started.stderr,
    )


def test_its_environment_is_its_own(tmp_path: Path) -> None:
    """It sees what it was given, and leaves nothing to the next."""
    config = write_config(tmp_path).rename(tmp_path / "elsewhere.toml")
    env = {**os.environ, "AOM_GATEWAY_CONFIG": str(config)}
    told = start_program("urls", "--json", cwd=tmp_path, env=env)
    assert TOKEN in told.communicate(60)[0].decode()
    assert "no configuration at config.toml" in run_program("urls", cwd=tmp_path).stderr


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 0), (signal.SIGKILL, -9)]
)
def test_it_takes_signals(tmp_path: Path, number: signal.Signals, code: int) -> None:
    """Each ends it as it ends a process, and nothing is left of it."""
    with gateway(write_config(tmp_path)) as running:
        process = running.process
        assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0)
        process.send_signal(number)
        assert process.wait(60) == process.poll() == code
        until(lambda: not Path(f"/proc/{process.pid}").exists(), "it is gone")
