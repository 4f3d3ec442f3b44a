"""Files that only their owner may read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from receiver.settings.private_files import (
    create_private,
    open_private,
    rewrite_file,
    write_private,
)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("replace", [False, True])
def test_nobody_else_may_read_it_at_any_time(tmp_path: Path, *, replace: bool) -> None:
    """Whatever the process's mask allows: the file is made so, not changed afterwards."""
    before = os.umask(0)
    try:
        write_private(tmp_path / "config.toml", "token", replace=replace)
    finally:
        os.umask(before)
    assert mode(tmp_path / "config.toml") == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["config.toml"]


def test_nothing_that_is_there_is_written_into(tmp_path: Path) -> None:
    """Neither a file nor what a link leads to; replacing takes the link's place and leaves its
    target alone.
    """
    target = tmp_path / "target"
    target.write_text("mine")
    target.chmod(0o644)
    link = tmp_path / "config.toml"
    link.symlink_to(target)
    for path in (target, link):
        with pytest.raises(FileExistsError):
            write_private(path, "token")
        with pytest.raises(FileExistsError):
            create_private(path)
    write_private(link, "token", replace=True)
    assert target.read_text() == "mine"
    assert not link.is_symlink()
    assert (link.read_text(), mode(link)) == ("token", 0o600)


def test_a_link_to_nowhere_makes_no_file_there(tmp_path: Path) -> None:
    """Whoever laid it may not choose where a token goes."""
    link = tmp_path / "config.toml"
    link.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        write_private(link, "token")
    assert not (tmp_path / "elsewhere").exists()


def test_only_ordinary_files_are_opened(tmp_path: Path) -> None:
    """A pipe that nobody reads holds nothing up, and a link is not followed."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    for name in ("pipe", "link"):
        with pytest.raises(OSError, match=r"(?i)ordinary file|symbolic"):
            open_private(tmp_path / name)


def test_what_is_written_anew_keeps_its_rights_and_its_link(tmp_path: Path) -> None:
    """A service that reads its configuration by its group still reads it; a link stays one. What
    cannot be written leaves all as it was.
    """
    target = tmp_path / "real.toml"
    target.write_text("before")
    target.chmod(0o640)
    link = tmp_path / "config.toml"
    link.symlink_to(target)
    rewrite_file(link, "after\r\n")
    assert link.is_symlink()
    assert (target.read_bytes(), mode(target)) == (b"after\r\n", 0o640)
    rewrite_file(tmp_path / "new", "token", like=target)
    assert mode(tmp_path / "new") == 0o640
    with pytest.raises(UnicodeEncodeError):
        rewrite_file(link, "\ud800")
    assert target.read_text() == "after\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.toml", "new", "real.toml"]
