"""The lines of a CSV or JSON Lines file, however large, one by one."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from receiver.history.columns import Columns

JSON_LINES = {".jsonl", ".ndjson", ".json"}
_DELIMITERS = ",;\t|"
_LONGEST = 16 * 1024 * 1024  # characters of a cell or bytes of a line; the gateway's own limit is far below
_SNIFFED = 64 * 1024


class UnreadableFile(Exception):
    """It cannot be read on from here; the text says what is wrong and where."""


@dataclass(frozen=True, slots=True)
class Line:
    """`number` is where it begins in the file. `body` is None where it is no payload at all; `fault` then says why."""

    number: int
    text: str
    body: bytes | None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """An open file. `columns` is None for JSON Lines. `position` says how many of its `size` bytes are read."""

    lines: Iterator[Line]
    columns: Columns | None
    size: int
    position: Callable[[], int]


@contextmanager
def open_lines(path: Path, columns: Callable[[list[str]], Columns], encoding: str = "utf-8-sig") -> Iterator[Source]:
    """`columns` makes the columns of a table out of its headers. Raises UnreadableFile, and what `columns` raises."""
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            if is_json_lines(path, file):
                yield Source(_json_lines(file), None, size, file.tell)
            else:
                text = io.TextIOWrapper(file, encoding, newline="")
                yield _table(path, text, columns, size)
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"{path} is not in {encoding}: {error.reason}; give --encoding, cp1252 for an older Excel") from error
    except (OSError, LookupError) as error:
        raise UnreadableFile(f"{path}: {getattr(error, 'strerror', None) or error}") from error


def is_json_lines(path: Path, file: BinaryIO) -> bool:
    """By its name, else by its first character."""
    if path.suffix.lower() in {*JSON_LINES, ".csv", ".tsv"}:
        return path.suffix.lower() in JSON_LINES
    start = file.read(_SNIFFED)
    file.seek(0)
    return start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")


def _json_lines(file: BinaryIO) -> Iterator[Line]:
    number = 0
    while line := file.readline(_LONGEST):
        number += 1
        body = line.removeprefix(b"\xef\xbb\xbf" if number == 1 else b"").strip()
        if body:
            yield Line(number, body.decode("utf-8", "replace"), body)


def _table(path: Path, text: io.TextIOWrapper, columns: Callable[[list[str]], Columns], size: int) -> Source:
    csv.field_size_limit(_LONGEST)
    start = text.read(_SNIFFED)
    text.seek(0)
    reader = csv.reader(text, delimiter=_delimiter(start), strict=True)
    headers = next(_rows(path, reader), (0, []))[1]
    if not any(header.strip() for header in headers):
        raise UnreadableFile(f"{path}: the first line holds no headers")
    mapped = columns([header.strip() for header in headers])
    return Source(_table_lines(path, reader, mapped), mapped, size, text.buffer.tell)


def _delimiter(start: str) -> str:
    """What the first line has most of."""
    first = start.partition("\n")[0]
    return max(_DELIMITERS, key=first.count)


def _table_lines(path: Path, reader: csv.Reader, columns: Columns) -> Iterator[Line]:
    count = len(columns.headers)
    for number, row in _rows(path, reader):
        if not any(cell.strip() for cell in row):
            continue
        text = _as_text(row)
        if len(row) > count and any(cell.strip() for cell in row[count:]):
            yield Line(number, text, None, f"has {len(row)} columns where the headers are {count}; a cell with a delimiter needs quotes")
        else:
            cells = [*row[:count], *[""] * (count - len(row))]
            yield Line(number, text, json.dumps(columns.payload(cells), ensure_ascii=False).encode("utf-8", "surrogatepass"))


def _rows(path: Path, reader: csv.Reader) -> Iterator[tuple[int, list[str]]]:
    """Each with the number of its first line."""
    while True:
        number = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UnreadableFile(f"{path}, line {number}: {error}; is a quote left open?") from error
        yield number, row


def _as_text(row: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(row)
    return text.getvalue()
