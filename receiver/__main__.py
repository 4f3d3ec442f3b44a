"""The `aom-gateway` command, begun only where the packages that it imports are its own.

`receiver` and `connectors` are plain names. Another distribution that brings a package of such a
name overwrites ours in the same environment, without a word from the installer; or its package
stands before ours on Python's path. Both are told here, before anything of them is imported.
"""

from __future__ import annotations

import hashlib
import signal
import sys
from base64 import urlsafe_b64encode
from collections.abc import Collection
from importlib.metadata import (
    Distribution,
    PackageNotFoundError,
    PackagePath,
    distribution,
    distributions,
)
from importlib.util import find_spec
from pathlib import Path

NAME = "aom-gateway"
PACKAGES = ("receiver", "connectors")
HOME = Path(__file__).resolve().parents[1]  # of both packages
CURE = "Give aom-gateway an environment of its own, as `pipx install aom-gateway` does"


def main() -> None:
    """Run the command, or say in words why it would not be ours. Exit 1 then."""
    if sys.argv[1:2] == ["serve"]:  # SIGHUP reloads it: it waits until there is an answer to it
        signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGHUP,))
    if fault := find_stray_package() or find_overwritten_files():
        sys.exit(f"{NAME}: {fault}.")
    from receiver.cli import app  # noqa: PLC0415 - not before the look at what would be imported

    app(prog_name=NAME)


def find_stray_package() -> str | None:
    """Tell of a package that is imported from elsewhere than this one."""
    for name in PACKAGES:
        spec = find_spec(name)
        origin = spec.origin if spec else None
        if origin is None:
            return f"there is no package {name!r} in {HOME}. Install aom-gateway again"
        if Path(origin).resolve().parents[1] != HOME:
            return f"{origin} stands before aom-gateway's own package {name!r} in {HOME}. {CURE}"
    return None


def find_overwritten_files() -> str | None:
    """Tell of files that another distribution has replaced, or taken with it when it was
    uninstalled.
    """
    try:
        ours = distribution(NAME)
    except PackageNotFoundError:  # run from its source, without an installation
        return None
    if Path(str(ours.locate_file(PACKAGES[0]))).resolve().parent != HOME:
        return None  # installed as a link to its source, whose files are no installer's
    files = [file for file in ours.files or () if file.parts[0] in PACKAGES and file.hash]
    changed = {str(file) for file in files if not _is_intact(file)}
    if others := _owners(changed):
        named = " and ".join(others)
        return f"{named} overwrote files of aom-gateway, such as {min(changed)}. {CURE}"
    missing = sorted(str(file) for file in files if not Path(str(file.locate())).is_file())
    return f"{missing[0]} is missing. Install aom-gateway again" if missing else None


def _is_intact(file: PackagePath) -> bool:
    try:
        content = Path(str(file.locate())).read_bytes()
    except OSError:
        return False
    hashed = hashlib.new(file.hash.mode, content).digest() if file.hash else b""
    return (
        file.hash is not None and urlsafe_b64encode(hashed).decode().rstrip("=") == file.hash.value
    )


def _owners(files: Collection[str]) -> list[str]:
    """Name the other distributions that hold one of these files."""
    return (
        sorted(
            {_title(one) for one in distributions() if one.name != NAME and _owns_file(one, files)}
        )
        if files
        else []
    )


def _owns_file(one: Distribution, files: Collection[str]) -> bool:
    return any(str(file) in files for file in one.files or ())


def _title(one: Distribution) -> str:
    return f"{one.name} {one.version}"


if __name__ == "__main__":
    main()
