"""The list of lines that were not taken."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.aom import BodyError
from receiver.importer import NotOurs, RejectsFile, SourceLine
from receiver.importer.spreadsheet_cells import escape_formula, unescape_formula


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def line(number: int, *rows: tuple[str, ...], text: str = "") -> SourceLine:
    return SourceLine(number, text, None, cells=rows)


def test_mended_rows_go_in_again(tmp_path: Path) -> None:
    """The columns are those of the table, as they were, and one more that says what is wrong; all
    rows of an order are there.
    """
    faults = RejectsFile(tmp_path / "f.csv", ["id", "email"])
    faults.add(line(2, ("1", "ada")), [BodyError("email", "is wrong"), BodyError("id", "too")])
    faults.add(line(3, ("2", ""), ("2", "b")), [BodyError("", "is wrong")])
    faults.add(line(5, ("3",), ("4", "c", "d")), [BodyError("", "has 3 cells")])
    faults.close()
    assert rows(tmp_path / "f.csv") == [
        ["id", "email", "fault"],
        ["1", "ada", "line 2: email: is wrong; id: too"],
        ["2", "", "line 3: is wrong"],
        ["2", "b", "line 3: is wrong"],
        ["3", "", "line 5: has 3 cells"],
        ["4", "c", "line 5: has 3 cells", "d"],
    ]


def test_a_list_of_faults_has_faults_of_its_own(tmp_path: Path) -> None:
    """What was mended wrongly says what is wrong now, not what was."""
    faults = RejectsFile(tmp_path / "f.csv", ["id", "fault", "email"])
    faults.add(line(2, ("1", "line 7: old", "ada")), [BodyError("", "is wrong")])
    faults.close()
    assert rows(tmp_path / "f.csv") == [["id", "email", "fault"], ["1", "ada", "line 2: is wrong"]]


def test_no_cell_is_computed(tmp_path: Path) -> None:
    """A spreadsheet shows what a cell holds, also behind spaces; what is no formula stays as it
    is.
    """
    faults = RejectsFile(tmp_path / "f.csv", ["name"])
    for text in (
        '=HYPERLINK("http://x")',
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        " =1",
        "\uff1d1",
        "'=1",
    ):
        faults.add(line(1, (text,)), [BodyError("", "is wrong")])
    faults.add(line(2, ("1=1",)), [BodyError("email", "is needed")])
    faults.close()
    *formulas, plain = rows(tmp_path / "f.csv")[1:]
    assert len(formulas) == 9
    assert all(row[0].startswith("'") for row in formulas)
    assert plain == ["1=1", "line 2: email: is needed"]


@given(st.text() | st.text(alphabet="'=+-@ a1"))
def test_a_cell_is_read_as_it_was(text: str) -> None:
    """Whatever it holds; and what is written is no formula."""
    assert unescape_formula(escape_formula(text)) == text
    assert not escape_formula(text).lstrip(" ").startswith(("=", "+", "-", "@"))


def test_a_terminal_obeys_no_reason(tmp_path: Path) -> None:
    """What the sender wrote stands in it, and somebody looks at the list with `less`."""
    faults = RejectsFile(tmp_path / "f.csv", ["a"])
    faults.add(line(1, ("x",)), [BodyError("\x1b]0;title\x07", "\x9b2J")])
    faults.close()
    assert rows(tmp_path / "f.csv")[1:] == [["x", r"line 1: \u001b]0;title\u0007: \u009b2J"]]


def test_payloads_in_json_are_listed_with_their_lines(tmp_path: Path) -> None:
    """They have no columns."""
    faults = RejectsFile(tmp_path / "f.csv")
    faults.add(line(7, text='{"id": 1}'), [BodyError("email", "is needed")])
    faults.close()
    assert rows(tmp_path / "f.csv") == [
        ["line", "content", "fault"],
        ["7", '{"id": 1}', "line 7: email: is needed"],
    ]


def test_it_is_there_only_with_faults_and_only_for_its_owner(tmp_path: Path) -> None:
    """An earlier list goes, unless the import goes on; then it grows."""
    path = tmp_path / "f.csv"
    RejectsFile(path, ["a"]).close()
    assert not path.exists()
    for number, goes_on in ((1, False), (2, True)):
        faults = RejectsFile(path, ["a"], goes_on=goes_on)
        faults.add(line(number, ("\udcff",)), [BodyError("", "is wrong")])
        faults.close()
    assert path.stat().st_mode & 0o077 == 0
    assert [row[1] for row in rows(path)] == ["fault", "line 1: is wrong", "line 2: is wrong"]
    RejectsFile(path, ["a"]).close()
    assert not path.exists()


def test_nothing_else_is_overwritten(tmp_path: Path) -> None:
    """Another file that has the name stays, also the list of another table, and so is told a place
    that cannot be written.
    """
    path = tmp_path / "f.csv"
    for text in ("email\nada@example.edu\n", "id,email,fault\n1,a,b\n", "\xff"):
        path.write_text(text, encoding="latin-1")
        with pytest.raises(NotOurs, match="no list of faults of this table"):
            RejectsFile(path, ["email"])
        assert path.read_text(encoding="latin-1") == text
    with pytest.raises(NotOurs, match="cannot be written"):
        RejectsFile(tmp_path / "nowhere" / "f.csv")


def ours(path: Path) -> Path:
    """A list of faults, as an earlier import left it."""
    faults = RejectsFile(path, ["email"])
    faults.add(line(1, ("a",)), [BodyError("email", "is needed")])
    faults.close()
    return path


@pytest.mark.parametrize("goes_on", [False, True])
def test_no_link_is_followed(tmp_path: Path, *, goes_on: bool) -> None:
    """Not to a file that is not there yet, nor to another list of faults: both would be written in
    somebody else's place.
    """
    for number, target in enumerate((tmp_path / "nowhere", ours(tmp_path / "other.csv"), tmp_path)):
        before = target.read_bytes() if target.is_file() else None
        link = tmp_path / f"link{number}"
        link.symlink_to(target)
        with pytest.raises(NotOurs, match="is a link"):
            RejectsFile(link, ["email"], goes_on=goes_on)
        assert link.is_symlink()
        assert (target.read_bytes() if target.is_file() else None) == before


def test_what_comes_in_its_place_meanwhile_is_left_alone(tmp_path: Path) -> None:
    """Between the start of an import and its first fault: a file, a link, a pipe that nobody
    reads.
    """
    path = tmp_path / "f.csv"
    for put in (
        lambda: path.write_text("mine"),
        lambda: path.symlink_to(tmp_path / "new"),
        lambda: os.mkfifo(path),
    ):
        faults = RejectsFile(path, ["email"])
        put()
        with pytest.raises(NotOurs):
            faults.add(line(1, ("a",)), [BodyError("email", "is needed")])
        assert not (tmp_path / "new").exists()
        path.unlink()
