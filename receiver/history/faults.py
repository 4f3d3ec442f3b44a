"""The lines that were not taken, in a file beside the one that they came from."""

from __future__ import annotations

import csv
import errno
import os
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from receiver.aom import Fault
from receiver.private_files import create_private, open_private
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
        self._goes_on = goes_on
        self._file: IO[str] | None = None
        _require_ours(path)
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
        """What has come in the place of the file since is left as it is."""
        _require_ours(self.path)
        fresh = not (self._goes_on and self.path.exists())
        try:
            descriptor = create_private(self.path) if fresh else open_private(self.path)
        except FileExistsError:
            raise NotOurs(f"{self.path} was made by somebody else meanwhile; name another file with --faults") from None
        encoding = "utf-8-sig" if fresh else "utf-8"
        file = os.fdopen(descriptor, "w", encoding=encoding, errors="backslashreplace", newline="", buffering=1)
        if fresh:
            csv.writer(file).writerow(_HEADERS)
        return file


def _require_ours(path: Path) -> None:
    """Raise NotOurs unless nothing has that name, or a list of faults."""
    try:
        with os.fdopen(open_private(path), "rb") as file:
            if file.readline(100).removeprefix(b"\xef\xbb\xbf").strip() == ",".join(_HEADERS).encode():
                return
    except FileNotFoundError:
        return
    except OSError as error:
        raise NotOurs(f"{path} {_why(error)}; name another file with --faults") from None
    raise NotOurs(f"{path} is there and is no list of faults; name another file with --faults")


def _why(error: OSError) -> str:
    return "is a link, which is not followed" if error.errno == errno.ELOOP else f"can't be used: {error.strerror}"


def _text(value: str) -> str:
    """Neither a spreadsheet nor a terminal obeys what it shows."""
    text = value[:_SHOWN]
    shown = escape_hidden(text, lines=True)
    return f"'{shown}" if text.lstrip(" ").startswith(_FORMULA) else shown
