"""Files as spreadsheets, shops and scripts write them."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tracemalloc
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.importer import (
    ColumnMapping,
    ColumnOptions,
    SourceLine,
    UnreadableFile,
    map_columns,
    open_lines,
)


def columns(headers: list[str], rows: list[list[str]]) -> ColumnMapping:
    return map_columns(headers, "account.created", ColumnOptions(), rows)


def orders(headers: list[str], rows: list[list[str]]) -> ColumnMapping:
    return map_columns(headers, "order.placed", ColumnOptions(), rows)


def lines(path: Path, encoding: str | None = None) -> list[SourceLine]:
    with open_lines(path, columns, encoding) as source:
        return list(source.lines)


def payloads(path: Path, encoding: str | None = None) -> list[object]:
    return [json.loads(line.body) if line.body else line.fault for line in lines(path, encoding)]


def written(tmp_path: Path, content: bytes, name: str = "a.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


TABLE = "email;first_name\r\nmüller@x.org;Jörg\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_spreadsheet_is_read_as_it_is(tmp_path: Path, encoding: str, packed: bool) -> None:
    """With a byte order mark or without, any common delimiter, CRLF, packed or not."""
    for delimiter in ";,\t|":
        content = TABLE.replace(";", delimiter).encode(encoding)
        path = written(
            tmp_path,
            gzip.compress(content) if packed else content,
            "a.csv.gz" if packed else "a.csv",
        )
        assert payloads(path) == [{"email": "müller@x.org", "first_name": "Jörg"}]


def test_an_older_excel_is_told_and_then_read(tmp_path: Path) -> None:
    """Nothing is guessed: the line, the byte, and how it would read; with the encoding it is read
    so.
    """
    path = written(tmp_path, b"email;first_name\r\na@x.org;A\r\nb@x.org;J\xf6rg\r\n")
    with pytest.raises(
        UnreadableFile, match=r"line 3: byte 0xf6 is not utf-8.*--encoding cp1252.*Jörg"
    ):
        lines(path)
    assert payloads(path, "cp1252")[1] == {"email": "b@x.org", "first_name": "Jörg"}
    with pytest.raises(UnreadableFile, match="no encoding 'cp125'"):
        lines(path, "cp125")


def test_lines_have_their_numbers(tmp_path: Path) -> None:
    """Those of the file, where they begin: past empty lines, `sep=`, and cells with line ends."""
    path = written(
        tmp_path, b'sep=;\r\nemail;first_name\r\n\r\na@x.org;"A\r\nB"\r\n;;\r\nc@x.org;C\r\n'
    )
    assert [(line.number, json.loads(line.body or b"")["email"]) for line in lines(path)] == [
        (4, "a@x.org"),
        (7, "c@x.org"),
    ]


def test_a_bad_line_is_one_fault(tmp_path: Path) -> None:
    """What follows it is read: too many cells, a quote within a cell.

    Too few cells are empty ones.
    """
    path = written(tmp_path, b'email,first_name\na@x.org,"A" B\nb@x.org,B,C\nc@x.org\nd@x.org,D\n')
    first, second, *rest = payloads(path)
    assert "cannot be read" in str(first)
    assert "3 cells under 2 headers" in str(second)
    assert rest == [{"email": "c@x.org"}, {"email": "d@x.org", "first_name": "D"}]


@pytest.mark.parametrize(
    ("content", "says"), [(b"", "no headers"), (b"\n\n", "no headers"), (b'"email\n', "no headers")]
)
def test_what_is_no_table(tmp_path: Path, content: bytes, says: str) -> None:
    """Is told, with the file."""
    with pytest.raises(UnreadableFile, match=says):
        lines(written(tmp_path, content))


def test_a_packed_file_that_is_cut_off(tmp_path: Path) -> None:
    """Ends in an error that says so, after the lines before it."""
    body = b"".join(b'{"n": %d}\n' % number for number in range(50_000))
    path = written(tmp_path, gzip.compress(body)[:-1000], "a.jsonl.gz")
    read: list[SourceLine] = []
    with pytest.raises(UnreadableFile, match="end"), open_lines(path, columns) as source:
        read += source.lines
    assert [line.number for line in read[:3]] == [1, 2, 3]
    with pytest.raises(UnreadableFile, match="No such file"):
        lines(tmp_path / "nowhere.csv")


def test_json_lines(tmp_path: Path) -> None:
    """Each to the byte, with its number; empty ones are none; known by the name or the first
    character.
    """
    content = b'\xef\xbb\xbf{"a": 1}\r\n\n  {"b": "\xff"}\n{"c"'
    for name in ("a.jsonl", "a.NDJSON", "export"):
        assert [(line.number, line.body) for line in lines(written(tmp_path, content, name))] == [
            (1, b'{"a": 1}'),
            (3, b'{"b": "\xff"}'),
            (4, b'{"c"'),
        ]


def test_an_endless_line_is_a_fault(tmp_path: Path) -> None:
    """In both kinds of file, and the next line is read."""
    long = b"x" * (5 * 1024 * 1024)
    first, second = lines(written(tmp_path, long + b'\n{"a": 1}\n', "a.jsonl"))
    assert (first.body, second.body) == (None, b'{"a": 1}')
    first, second = lines(written(tmp_path, b"email\n" + long + b"\na@x.org\n"))
    assert (first.body, second.number) == (None, 3)


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """Five times the lines need no more memory."""
    peaks = []
    for count in (20_000, 100_000):
        path = written(tmp_path, b"email,first_name\n" + (b"a@x.org," + b"S" * 100 + b"\n") * count)
        tracemalloc.start()
        with open_lines(path, columns) as source:
            assert sum(1 for _ in source.lines) == count
            assert source.position() == source.size
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.5


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@given(
    st.lists(st.tuples(CELL, CELL), max_size=10),
    st.sampled_from(",;\t|"),
    st.sampled_from(["\n", "\r\n"]),
)
def test_whatever_a_table_holds_comes_back(
    rows: list[tuple[str, str]], delimiter: str, end: str
) -> None:
    """Quotes, delimiters and line ends within cells; each line but the empty ones, with the white
    space around cells cut.
    """
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(
        [("email", "name"), *rows]
    )
    with TemporaryDirectory() as directory:
        found = payloads(written(Path(directory), text.getvalue().encode()))
    filled = [
        {
            key: cell.strip()
            for key, cell in zip(("email", "name"), row, strict=True)
            if cell.strip()
        }
        for row in rows
    ]
    assert found == [row for row in filled if row]


@given(st.binary(max_size=300))
def test_any_bytes_end_in_lines_or_in_words(content: bytes) -> None:
    """Whatever a file holds."""
    for name in ("a.csv", "a.jsonl"):
        with TemporaryDirectory() as directory, suppress(UnreadableFile):
            assert all(
                line.number for line in lines(written(Path(directory), b"email\n" + content, name))
            )


@pytest.mark.parametrize(
    "content",
    [
        b'{\n "id": 1\n}\n',
        b'\xef\xbb\xbf{\n  "userList": [\n]}',
        b'{"id": 1,\n"b": 2}',
        b'{"a": [\n1]}',
    ],
)
def test_a_pretty_printed_document_is_said_in_one_line(tmp_path: Path, content: bytes) -> None:
    """Not a fault for each of its lines."""
    with pytest.raises(
        UnreadableFile,
        match=r"is JSON over several lines; write one payload a line, as `jq -c \. a\.json` does",
    ):
        lines(written(tmp_path, content, "a.json"))


@pytest.mark.parametrize("content", [b'[{"id": 1}]', b'[\n{"id": 1}\n]', b" \n[]"])
@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "export"])
def test_a_list_in_json_is_said_in_one_line(tmp_path: Path, content: bytes, name: str) -> None:
    """Whatever the file is called."""
    with pytest.raises(
        UnreadableFile,
        match=f"is one list in JSON; write one payload a line, as `jq -c '.*' {name}` does",
    ):
        lines(written(tmp_path, content, name))
