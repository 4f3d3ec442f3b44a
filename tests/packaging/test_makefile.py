"""What each target of the Makefile sets up on a bare checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEVELOPMENT = "--group dev"


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A checkout without an environment, as far as make looks at it."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def planned(checkout: Path, target: str) -> list[str]:
    """The commands that make would run."""
    done = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", target],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


@pytest.mark.parametrize("target", ["install", "demo"])
def test_running_needs_no_test_tools(bare: Path, target: str) -> None:
    """The gateway with its extra for PostgreSQL, and nothing else."""
    commands = planned(bare, target)
    assert [line for line in commands if "--editable '.[postgres]'" in line]
    assert [line for line in commands if DEVELOPMENT in line] == []


@pytest.mark.parametrize(
    "target", ["develop", "test", "lint", "format", "bench", "chaos", "bench-pages"]
)
def test_developing_sets_up_all_that_it_needs(bare: Path, target: str) -> None:
    """On a bare checkout, in this order: the gateway, the tools, the work."""
    commands = planned(bare, target)
    (gateway,) = [number for number, line in enumerate(commands) if "--editable" in line]
    (tools,) = [number for number, line in enumerate(commands) if DEVELOPMENT in line]
    work = [
        number
        for number, line in enumerate(commands)
        if line.startswith(".venv/bin/") and "pip install" not in line
    ]
    assert gateway < tools < min(work, default=len(commands))


def test_what_is_set_up_is_not_set_up_again(bare: Path) -> None:
    """Until pyproject.toml or the pins change."""
    (bare / ".venv").mkdir()
    for stamp in (".installed", ".developed"):
        (bare / ".venv" / stamp).touch()
    assert [line for line in planned(bare, "lint") if "pip" in line] == []
    stamped = (bare / ".venv" / ".developed").stat().st_mtime_ns
    newer = (stamped + 10**9, stamped + 10**9)
    os.utime(bare / "constraints.txt", ns=newer)
    assert [line for line in planned(bare, "lint") if DEVELOPMENT in line]
