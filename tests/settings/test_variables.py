"""`${NAME}`, `${NAME:-default}` and `${file:PATH}`."""

from pathlib import Path

import pytest

from receiver.settings.variables import fill_variables


def test_variables_are_replaced_wherever_texts_stand(tmp_path: Path) -> None:
    """In tables and lists, several in one text; other values are left alone."""
    document = {"a": {"b": ["${ONE}", "x-${ONE}-${TWO}-y"]}, "n": 5, "flag": True}
    filled = fill_variables(document, {"ONE": "1", "TWO": "2"}, tmp_path)
    assert filled.document == {"a": {"b": ["1", "x-1-2-y"]}, "n": 5, "flag": True}
    assert filled.unset == filled.faults == []


def test_a_default_counts_where_a_variable_is_not_set_or_empty(tmp_path: Path) -> None:
    """As in the shell; the default may be empty, and may hold a colon."""
    document = {"a": "${A:-x}", "b": "${B:-y}", "c": "${C:-}", "d": "${D:-https://x:1}"}
    filled = fill_variables(document, {"A": "set", "B": ""}, tmp_path)
    assert filled.document == {"a": "set", "b": "y", "c": "", "d": "https://x:1"}


def test_a_missing_variable_is_told_with_its_place(tmp_path: Path) -> None:
    """One fault per place; an empty variable is no better, and says so."""
    filled = fill_variables({"t": ["${ONE}", "${TWO}"]}, {"TWO": ""}, tmp_path)
    assert [(fault.where, fault.message) for fault in filled.unset] == [
        ("t[0]", "the environment variable ONE is not set"),
        ("t[1]", "the environment variable TWO is empty"),
    ]


def test_files_are_read_beside_the_configuration(tmp_path: Path) -> None:
    """A line break at the end does not count; blanks do."""
    (tmp_path / "token").write_text(" secret \r\n", "utf-8")
    assert fill_variables({"t": "${file:token}"}, {}, tmp_path).document == {"t": " secret "}
    assert fill_variables({"t": f"${{file:{tmp_path}/token}}"}, {}, Path("/")).document == {
        "t": " secret "
    }


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe"])
def test_a_file_that_gives_nothing_is_told(tmp_path: Path, content: bytes | None) -> None:
    """Missing, empty, or no text: a fault that names the file and where it was looked for."""
    if content is not None:
        (tmp_path / "token").write_bytes(content)
    (fault,) = fill_variables({"t": "${file:token}"}, {}, tmp_path).unset
    assert fault.where == "t"
    assert fault.message.startswith("the file token ")
    assert str(tmp_path) in fault.remedy


def test_a_file_without_an_end_is_told(tmp_path: Path) -> None:
    """A device would be read until the memory is full."""
    (fault,) = fill_variables({"t": "${file:/dev/zero}"}, {}, tmp_path).unset
    assert fault.message == "the file /dev/zero is longer than 65,536 bytes"


@pytest.mark.parametrize("text", ["${", "${ONE", "${1X}", "${}", "${A B}", "${A:x}"])
def test_what_is_no_reference_is_told(tmp_path: Path, text: str) -> None:
    """A slip in a reference never passes as a plain text."""
    (fault,) = fill_variables({"t": text}, {"ONE": "1"}, tmp_path).faults
    assert fault.where == "t"
    assert "${NAME:-default}" in fault.remedy


def test_dollars_that_mean_themselves_stay(tmp_path: Path) -> None:
    """`$${` is a plain `${`; a dollar before an expression, or alone, is no reference."""
    document = {"a": "$${ONE}", "b": "Total: ${{ order.total }}", "c": "$5", "d": "a$"}
    filled = fill_variables(document, {"ONE": "1"}, tmp_path)
    assert filled.document == {
        "a": "${ONE}",
        "b": "Total: ${{ order.total }}",
        "c": "$5",
        "d": "a$",
    }
    assert filled.faults == []


def test_what_a_variable_holds_is_not_read_again(tmp_path: Path) -> None:
    """A password may hold `${`."""
    assert fill_variables({"t": "${ONE}"}, {"ONE": "a${TWO}b"}, tmp_path).document == {
        "t": "a${TWO}b"
    }
