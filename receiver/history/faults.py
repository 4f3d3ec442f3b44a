"""The lines that were not taken, in a file beside the one that they came from."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from receiver.aom import Fault

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # with which a cell would be computed by a spreadsheet


class FaultsFile:
    """A table with one row per fault; for the owner only, since it holds personal data. There is none while there are no faults."""

    def __init__(self, imported: Path) -> None:
        self.path = imported.with_name(f"{imported.name}.faults.csv")
        self.path.unlink(missing_ok=True)  # what an earlier run found
        self._file: IO[str] | None = None

    def add(self, number: int, text: str, faults: Iterable[Fault]) -> None:
        """Written at once, so that it is there if the import is cut short."""
        if self._file is None:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            self._file = os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="", buffering=1)
            csv.writer(self._file).writerow(("line", "where", "fault", "content"))
        rows = [(number, _text(fault.path or "(the line)"), _text(fault.message), _text(text)) for fault in faults]
        csv.writer(self._file).writerows(rows)

    def close(self) -> None:
        if self._file:
            self._file.close()


def _text(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value
