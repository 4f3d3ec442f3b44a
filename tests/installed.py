"""The gateway as a user has it: built as a wheel, and installed into an environment of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

ROOT = Path(__file__).parents[1]
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]


def build_wheel(directory: Path) -> Path:
    """Build the wheel of this checkout. Nothing is fetched: what builds it is installed."""
    command = [
        *PIP,
        "wheel",
        "--no-deps",
        "--no-index",
        "--no-build-isolation",
        "--wheel-dir",
        str(directory),
        str(ROOT),
    ]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = directory.glob("aom_gateway-*.whl")
    return wheel


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment, in which the gateway's dependencies are those that run these tests."""

    home: Path

    @property
    def packages(self) -> Path:
        return next(self.home.glob("lib/python*/site-packages"))

    def copy(self, home: Path) -> Environment:
        """Make another one that has the same installed, in a fraction of the time."""
        shutil.copytree(self.home, home, symlinks=True)
        return Environment(home)

    def install(self, wheel: Path) -> None:
        self._pip("install", "--no-deps", "--no-index", "--force-reinstall", str(wheel))

    def uninstall(self, name: str) -> None:
        self._pip("uninstall", "--yes", name)

    def run(
        self, *words: str, at: Path, path: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run `aom-gateway` in a directory; `path` stands first on Python's path."""
        env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        env |= {"PYTHONPATH": str(path)} if path else {}
        command = [
            str(self.home / "bin" / "python"),
            str(self.home / "bin" / "aom-gateway"),
            *words,
        ]
        return subprocess.run(
            command, cwd=at, env=env, capture_output=True, text=True, check=False, timeout=300
        )

    def _pip(self, *words: str) -> None:
        command = [*PIP, "--python", str(self.home / "bin" / "python"), *words]
        subprocess.run(command, check=True, capture_output=True)


def make_environment(home: Path) -> Environment:
    """Make an environment that has what the gateway needs, and not the gateway."""
    venv.create(home, symlinks=True)
    made = Environment(home)
    # a path that a .pth adds is searched for packages, but for no .pth of its own: not for this
    # checkout
    (made.packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return made


def write_wheel(directory: Path, name: str, files: dict[str, str]) -> Path:
    """Write the wheel of another distribution, with these files."""
    info = f"{name}-1.2.dist-info"
    everything = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n",
        f"{info}/WHEEL": (
            "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        ),
    }
    everything[f"{info}/RECORD"] = "".join(
        f"{file},,\n" for file in [*everything, f"{info}/RECORD"]
    )
    wheel = directory / f"{name}-1.2-py3-none-any.whl"
    with ZipFile(wheel, "w") as archive:
        for file, text in everything.items():
            archive.writestr(file, text)
    return wheel
