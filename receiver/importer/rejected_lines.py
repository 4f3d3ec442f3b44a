"""The lines that were not taken, in a file beside the one that they came from."""

from __future__ import annotations

import csv
import errno
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO

from receiver.aom import BodyError
from receiver.importer.column_mapping import FAULT
from receiver.importer.line_reader import SourceLine
from receiver.importer.spreadsheet_cells import escape_formula
from receiver.settings.private_files import create_private, open_private
from receiver.text.escape import escape_hidden

PAYLOADS = ("line", "content", FAULT)
"""The columns of a list of faults where what was read is no table."""

_SHOWN = 30_000  # characters; a spreadsheet's cell holds no more


class NotOurs(Exception):
    """There is another file where the faults would go; the text says which."""


class RejectsFile:
    """A table of the faulty rows as they were, with one column more that says what is wrong:
    mended, it goes in as the table did.

    For the owner only, since it holds personal data. There is none while there are no faults. With
    `goes_on` it is added to what an earlier run found. Raises NotOurs rather than overwrite what is
    no list of faults of the same table, or follow a link.
    """

    def __init__(
        self, path: Path, headers: Sequence[str] | None = None, *, goes_on: bool = False
    ) -> None:
        self.path = path
        self.rows = 0
        self._of_table = headers is not None
        own = tuple(header for header in headers or () if header != FAULT)
        self._fault_at = len(own)
        self._headers = (*own, FAULT) if self._of_table else PAYLOADS
        self._dropped = [index for index, header in enumerate(headers or ()) if header == FAULT]
        self._goes_on = goes_on
        self._file: IO[str] | None = None
        self._require_ours()
        if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
            raise NotOurs(
                f"{path.parent} cannot be written, so that faults could not be kept; name a "
                "file elsewhere with --faults"
            )
        if not goes_on:
            path.unlink(missing_ok=True)

    def add(self, line: SourceLine, faults: Iterable[BodyError]) -> None:
        """Written at once, so that it is there if the import is cut short. Raises NotOurs."""
        if self._file is None:
            self._file = self._open()
        why = "; ".join(
            f"{fault.path}: {fault.message}" if fault.path else fault.message for fault in faults
        )
        said = escape_formula(escape_hidden(f"line {line.number}: {why}")[:_SHOWN])
        rows = (
            [self._row(row, said) for row in line.cells]
            if self._of_table
            else [[str(line.number), escape_formula(line.text), said]]
        )
        csv.writer(self._file).writerows(rows)
        self.rows += len(rows)

    def close(self) -> None:
        if self._file:
            self._file.close()

    def _row(self, cells: Sequence[str], said: str) -> list[str]:
        """What has no header stands behind the fault."""
        remaining = [
            escape_formula(cell) for index, cell in enumerate(cells) if index not in self._dropped
        ]
        own = remaining[: self._fault_at]
        return [*own, *[""] * (self._fault_at - len(own)), said, *remaining[self._fault_at :]]

    def _open(self) -> IO[str]:
        """What has come in the place of the file since is left as it is."""
        self._require_ours()
        fresh = not (self._goes_on and self.path.exists())
        try:
            descriptor = create_private(self.path) if fresh else open_private(self.path)
        except FileExistsError:
            raise NotOurs(
                f"{self.path} was made by somebody else meanwhile; name another file with --faults"
            ) from None
        encoding = "utf-8-sig" if fresh else "utf-8"
        file = os.fdopen(
            descriptor, "w", encoding=encoding, errors="backslashreplace", newline="", buffering=1
        )
        if fresh:
            csv.writer(file).writerow(self._headers)
        return file

    def _require_ours(self) -> None:
        """Raise NotOurs unless nothing has that name, or a list of faults of the same table."""
        try:
            with os.fdopen(open_private(self.path), encoding="utf-8-sig", newline="") as file:
                if next(csv.reader(file), []) == list(self._headers):
                    return
        except FileNotFoundError:
            return
        except OSError as error:
            raise NotOurs(f"{self.path} {_why(error)}; name another file with --faults") from None
        except (UnicodeDecodeError, csv.Error):
            pass
        raise NotOurs(
            f"{self.path} is there and is no list of faults of this table; name another file "
            "with --faults"
        )


def _why(error: OSError) -> str:
    return (
        "is a link, which is not followed"
        if error.errno == errno.ELOOP
        else f"can't be used: {error.strerror}"
    )
