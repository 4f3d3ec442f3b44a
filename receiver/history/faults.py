"""The lines that were not taken, in a file beside the one that they came from."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from receiver.aom import Fault
from receiver.text.escape import escape_hidden

_HEADERS = ("line", "where", "fault", "content")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - with which a spreadsheet would compute a cell
_SHOWN = 30_000  # characters; a spreadsheet's cell holds no more


class NotOurs(Exception):
    """There is another file where the faults would go; the text says which."""


class FaultsFile:
    """A table with one row per fault; for the owner only, since it holds personal data. There is none while there are no faults.

    With `goes_on` it is added to what an earlier run found. Raises NotOurs rather than overwrite what is no list of faults.
    """

    def __init__(self, path: Path, *, goes_on: bool = False) -> None:
        self.path = path
        self.rows = 0
        self._file: IO[str] | None = None
        if path.exists() and not _is_ours(path):
            raise NotOurs(f"{path} is there and is no list of faults; name another file with --faults")
        if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
            raise NotOurs(f"{path.parent} cannot be written, so that faults could not be kept; name a file elsewhere with --faults")
        if not goes_on:
            path.unlink(missing_ok=True)

    def add(self, number: int, text: str, faults: Iterable[Fault]) -> None:
        """Written at once, so that it is there if the import is cut short."""
        if self._file is None:
            self._file = self._open()
        rows = [(number, _text(fault.path or "(the line)"), _text(fault.message), _text(text)) for fault in faults]
        csv.writer(self._file).writerows(rows)
        self.rows += len(rows)

    def close(self) -> None:
        if self._file:
            self._file.close()

    def _open(self) -> IO[str]:
        fresh = not self.path.exists()
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        file = os.fdopen(descriptor, "w", encoding="utf-8-sig" if fresh else "utf-8", errors="backslashreplace", newline="", buffering=1)
        if fresh:
            csv.writer(file).writerow(_HEADERS)
        return file


def _is_ours(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.readline(100).removeprefix(b"\xef\xbb\xbf").strip() == ",".join(_HEADERS).encode()
    except OSError:
        return False


def _text(value: str) -> str:
    """Neither a spreadsheet nor a terminal obeys what it shows."""
    text = value[:_SHOWN]
    shown = escape_hidden(text, lines=True)
    return f"'{shown}" if text.lstrip(" ").startswith(_FORMULA) else shown
