"""The unit that systemd starts the gateway by."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.deploy.tools import DEPLOY, tool

UNIT = DEPLOY / "systemd/aom-gateway.service"
MOST_EXPOSURE = 1.5
PROGRAM = "/opt/aom-gateway/.venv/bin/aom-gateway"


def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    """All of it; the program, which is not installed here, is another one."""
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text("utf-8").replace(PROGRAM, "/bin/true"), "utf-8")
    done = subprocess.run(
        [tool("systemd-analyze"), "verify", str(unit)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_unit_is_hardened() -> None:
    """By systemd's own measure, from 0 (closed) to 10 (open)."""
    done = subprocess.run(
        [tool("systemd-analyze"), "security", "--offline=yes", "--no-pager", str(UNIT)],
        capture_output=True,
        text=True,
        check=False,
    )
    (level,) = re.findall(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert float(level) <= MOST_EXPOSURE
