"""The site, built once by the command that `make docs` runs, also where several processes test."""

from __future__ import annotations

import os
import subprocess
import sys
from fcntl import LOCK_EX, flock
from pathlib import Path

import pytest

from tests.docs.pages import ROOT


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory that the site was built into, without a warning."""
    common = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        common = common.parent  # of all processes of this run
    directory = common / "site"
    with (common / "site.lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if not directory.exists():
            _build(directory)
    return directory


def _build(directory: Path) -> None:
    """A directory that is there is whole."""
    unfinished = directory.with_name("unfinished-site")
    words = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    built = subprocess.run(
        [*words, "--site-dir", str(unfinished)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    unfinished.rename(directory)
