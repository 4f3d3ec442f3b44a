"""The lines of a CSV or JSON Lines file, however large, one by one."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

from receiver.importer.column_mapping import FAULT, ColumnMapping
from receiver.importer.order_rows import (
    Row,
    gather_orders,
    is_too_wide,
    pad_rows,
    require_together,
)
from receiver.importer.spreadsheet_cells import unescape_formula
from receiver.importer.text_encoding import UnknownEncoding, detect_encoding
from receiver.text.plurals import pluralize

JSON_LINES = {".jsonl", ".ndjson", ".json"}
TABLES = {".csv", ".tsv", ".txt"}
_DELIMITERS = ",;\t|"
# characters of a cell or bytes of a line; the gateway's own limit is below
_LONGEST = 4 * 1024 * 1024
_SNIFFED = 64 * 1024
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_FIRST = 20  # rows that are looked at before the columns are mapped

MakeColumns = Callable[[list[str], list[list[str]]], ColumnMapping]


class UnreadableFile(Exception):
    """It cannot be read, or not on from here; the text says what is wrong and where."""


@dataclass(frozen=True, slots=True)
class SourceLine:
    """`number` is where it begins in the file.

    `body` is None where it is no payload at all; `fault` then says why.

    `time` is what the column for the time says.
    """

    number: int
    text: str
    body: bytes | None
    fault: str = ""
    time: str = ""
    # of a table: its rows, of which only those of one order are several
    cells: tuple[tuple[str, ...], ...] = ()
    last: int = 0  # where it ends in the file, if it is more than one row

    @property
    def after(self) -> int:
        """The number of the line at which the next one may begin."""
        return max(self.number, self.last) + 1


@dataclass(frozen=True, slots=True)
class LineSource:
    """An open file, read line by line.

    `columns` is None for JSON Lines. `position` says how many of its `size` bytes are read.
    """

    lines: Iterator[SourceLine]
    columns: ColumnMapping | None
    size: int
    position: Callable[[], int]


@contextmanager
def open_lines(
    path: Path, columns: MakeColumns, encoding: str | None = None
) -> Iterator[LineSource]:
    """`columns` makes the columns of a table out of its headers and first rows.

    Raises UnreadableFile, WrongMapping, and what `columns` raises.

    A table is looked through beforehand: whether it is text in that encoding, else in UTF-8, or
    UTF-16 if it says so.
    """
    try:
        with path.open("rb") as raw:
            size = path.stat().st_size
            file: Any = gzip.GzipFile(fileobj=raw) if _is_gzip(raw) else raw
            if is_json_lines(path):
                _require_lines(path, file)
                yield LineSource(_json_lines(file), None, size, raw.tell)
                return
            found = detect_encoding(file, encoding)
            file.seek(0)
            with io.TextIOWrapper(file, found, newline="") as text:
                yield _table(path, text, columns, size, raw.tell)
    except UnknownEncoding as error:
        raise UnreadableFile(f"{path}{error}") from error
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise UnreadableFile(f"{path}: {getattr(error, 'strerror', None) or error}") from error


def is_json_lines(path: Path) -> bool:
    """By its name, else by its first character. Raises OSError."""
    suffix = Path(path.stem if path.suffix.lower() == ".gz" else path.name).suffix.lower()
    if suffix in JSON_LINES | TABLES:
        return suffix in JSON_LINES
    with path.open("rb") as raw:
        start = (gzip.GzipFile(fileobj=raw) if _is_gzip(raw) else raw).read(_SNIFFED)
    return start.removeprefix(_BOM).lstrip().startswith((b"{", b"["))


def _is_gzip(file: IO[bytes]) -> bool:
    start = file.read(len(_GZIP))
    file.seek(0)
    return start == _GZIP


def _require_lines(path: Path, file: Any) -> None:
    """Raises UnreadableFile for JSON that is all there and has no payload in a line of its own."""
    start = file.read(_SNIFFED).removeprefix(_BOM).lstrip()
    file.seek(0)
    first, _, more = start.partition(b"\n")
    if first.startswith(b"["):
        raise UnreadableFile(
            f"{path}: is one list in JSON; write one payload a line, as `jq -c '.[]' "
            f"{path.name}` does"
        )
    if more.strip() and first.startswith(b"{") and first.rstrip().endswith((b"{", b"[", b",")):
        raise UnreadableFile(
            f"{path}: is JSON over several lines; write one payload a line, as `jq -c . "
            f"{path.name}` does"
        )


def _json_lines(file: Any) -> Iterator[SourceLine]:
    number = 0
    while line := file.readline(_LONGEST):
        number += 1
        if len(line) == _LONGEST and not line.endswith(b"\n"):
            while (rest := file.readline(_LONGEST)) and not rest.endswith(b"\n"):
                pass
            yield SourceLine(number, _show_line(line), None, f"is longer than {_LONGEST} bytes")
        elif body := line.removeprefix(_BOM if number == 1 else b"").strip():
            yield SourceLine(number, _show_line(body), body)


def _show_line(line: bytes) -> str:
    return line[:_SNIFFED].decode("utf-8", "replace")


def _table(
    path: Path, text: io.TextIOWrapper, columns: MakeColumns, size: int, position: Callable[[], int]
) -> LineSource:
    csv.field_size_limit(_LONGEST)
    delimiter = _delimiter(text)
    headers, rows = _begun(path, _rows(text, delimiter))
    first = [row for _, row, fault in islice(rows, _FIRST) if not fault]
    mapped = columns(headers, first)
    if mapped.gathers:
        text.seek(0)
        require_together(_begun(path, _rows(text, delimiter))[1], mapped)
    text.seek(0)
    return LineSource(
        _table_lines(_begun(path, _rows(text, delimiter))[1], mapped), mapped, size, position
    )


def _begun(path: Path, rows: Iterator[Row]) -> tuple[list[str], Iterator[Row]]:
    """The headers, and the rows after them."""
    _, headers, fault = next(
        (row for row in rows if row[2] or any(cell.strip() for cell in row[1])), (1, [], "")
    )
    if fault or not any(header.strip() for header in headers):
        raise UnreadableFile(
            f"{path}: the first line holds no headers" + (f": {fault}" if fault else "")
        )
    return [header.strip() for header in headers], rows


def _delimiter(text: io.TextIOWrapper) -> str:
    """What the first line has most of. Excel may say it in a line of its own: `sep=;`."""
    first = next((line for line in text if line.strip()), "")[:_SNIFFED]
    text.seek(0)
    if first.lower().startswith("sep=") and len(first.strip()) == len("sep=;"):
        return first.strip()[-1]
    return max(_DELIMITERS, key=first.count)


def _table_lines(rows: Iterator[Row], columns: ColumnMapping) -> Iterator[SourceLine]:
    """Of a list of faults, what was written so that no spreadsheet computes it is read as it
    was.
    """
    width, is_faults = len(columns.headers), FAULT in columns.headers
    for group in gather_orders(rows, columns):
        cells = (
            [[unescape_formula(cell) for cell in row] for row in group.cells]
            if is_faults
            else group.cells
        )
        text, raw_cells, row = _as_text(cells), tuple(map(tuple, cells)), cells[0]
        if group.fault:
            yield SourceLine(group.number, text, None, group.fault, cells=raw_cells)
        elif is_too_wide(row, columns):
            under = f"{pluralize(len(row), 'cell')} under {pluralize(width, 'header')}"
            fault = f"has {under}; one with a delimiter needs quotes"
            yield SourceLine(group.number, text, None, fault, cells=raw_cells)
        else:
            whole = pad_rows(cells, width)
            body = json.dumps(columns.order(whole), ensure_ascii=False).encode(
                "utf-8", "surrogatepass"
            )
            yield SourceLine(
                group.number,
                text,
                body,
                time=columns.when(columns.merged(whole)),
                cells=raw_cells,
                last=group.last,
            )


def _rows(text: io.TextIOWrapper, delimiter: str) -> Iterator[Row]:
    """Each with the number of its first line; or what is wrong with it, and then the next one from
    the line after.
    """
    read: list[str] = []
    reader = csv.reader(_remembered(text, read), delimiter=delimiter, strict=True)
    while True:
        read.clear()
        number = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield number, ["".join(read)[:_SNIFFED]], _wrong(number, reader.line_num, error)
        else:
            if number > 1 or row != ["sep=", ""]:
                yield number, row, ""


def _remembered(text: io.TextIOWrapper, read: list[str]) -> Iterator[str]:
    for line in text:
        read.append(line)
        yield line


def _wrong(number: int, last: int, error: csv.Error) -> str:
    quote = "; is a quote left open, or not doubled?"
    where = f"cannot be read, with all up to line {last}" if last > number else "cannot be read"
    return f"{where}: {error}{quote}"


def _as_text(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().removesuffix("\n")
