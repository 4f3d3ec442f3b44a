"""The list of lines that were not taken."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from receiver.aom import Fault
from receiver.history import FaultsFile, NotOurs


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_no_cell_is_computed(tmp_path: Path) -> None:
    """A spreadsheet shows what a cell holds, also behind spaces; what is no formula stays as it is."""
    faults = FaultsFile(tmp_path / "f.csv")
    for text in ('=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1"):  # noqa: RUF001
        faults.add(1, text, [Fault(text, text)])
    faults.add(2, "1=1", [Fault("email", "is needed")])
    faults.close()
    *formulas, plain = rows(tmp_path / "f.csv")[1:]
    assert len(formulas) == 8
    assert all(cell.startswith("'") for row in formulas for cell in row[1:])
    assert plain == ["2", "email", "is needed", "1=1"]


def test_a_terminal_obeys_none_of_it(tmp_path: Path) -> None:
    """Whoever looks at the list with `less` or `cat`; line breaks stay."""
    faults = FaultsFile(tmp_path / "f.csv")
    faults.add(1, "a\nb\x1b[2J\u202e", [Fault("\x1b]0;title\x07", "\x9b2J")])
    faults.close()
    assert rows(tmp_path / "f.csv")[1:] == [["1", r"\u001b]0;title\u0007", r"\u009b2J", "a\nb" + r"\u001b[2J\u202e"]]


def test_it_is_there_only_with_faults_and_only_for_its_owner(tmp_path: Path) -> None:
    """An earlier list goes, unless the import goes on; then it grows."""
    path = tmp_path / "f.csv"
    FaultsFile(path).close()
    assert not path.exists()
    for number, goes_on in ((1, False), (2, True)):
        faults = FaultsFile(path, goes_on=goes_on)
        faults.add(number, "\udcff", [Fault("", "is wrong")])
        faults.close()
    assert path.stat().st_mode & 0o077 == 0
    assert [row[:3] for row in rows(path)] == [["line", "where", "fault"], ["1", "(the line)", "is wrong"], ["2", "(the line)", "is wrong"]]
    FaultsFile(path).close()
    assert not path.exists()


def test_nothing_else_is_overwritten(tmp_path: Path) -> None:
    """Another file that has the name stays, and so is told a place that cannot be written."""
    path = tmp_path / "f.csv"
    path.write_text("email\nada@example.edu\n")
    with pytest.raises(NotOurs, match="no list of faults"):
        FaultsFile(path)
    assert path.read_text() == "email\nada@example.edu\n"
    with pytest.raises(NotOurs, match="cannot be written"):
        FaultsFile(tmp_path / "nowhere" / "f.csv")


def ours(path: Path) -> Path:
    """A list of faults, as an earlier import left it."""
    faults = FaultsFile(path)
    faults.add(1, "a", [Fault("email", "is needed")])
    faults.close()
    return path


@pytest.mark.parametrize("goes_on", [False, True])
def test_no_link_is_followed(tmp_path: Path, *, goes_on: bool) -> None:
    """Not to a file that is not there yet, nor to another list of faults: both would be written in somebody else's place."""
    for number, target in enumerate((tmp_path / "nowhere", ours(tmp_path / "other.csv"), tmp_path)):
        before = target.read_bytes() if target.is_file() else None
        link = tmp_path / f"link{number}"
        link.symlink_to(target)
        with pytest.raises(NotOurs, match="is a link"):
            FaultsFile(link, goes_on=goes_on)
        assert link.is_symlink()
        assert (target.read_bytes() if target.is_file() else None) == before


def test_what_comes_in_its_place_meanwhile_is_left_alone(tmp_path: Path) -> None:
    """Between the start of an import and its first fault: a file, a link, a pipe that nobody reads."""
    path = tmp_path / "f.csv"
    for put in (lambda: path.write_text("mine"), lambda: path.symlink_to(tmp_path / "new"), lambda: os.mkfifo(path)):
        faults = FaultsFile(path)
        put()
        with pytest.raises(NotOurs):
            faults.add(1, "a", [Fault("email", "is needed")])
        assert not (tmp_path / "new").exists()
        path.unlink()
