"""How a command fails: with an exit code, and words or faults for whoever called it.

Exit codes: 0 good, 1 the check found something, 2 wrong use.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

import typer

from receiver.config_errors import ConfigFault
from receiver.text.plurals import pluralize

FOUND = 1
WRONG_USE = 2


class CommandFailure(typer.Exit):
    """Ends a command by its exit code, with what is wrong in words, or the `faults` of a file.

    `words` are shown after the faults.
    """

    def __init__(
        self, words: str, code: int, faults: tuple[ConfigFault, ...] = (), file: Path | None = None
    ) -> None:
        super().__init__(code)
        self.words = words
        self.faults = faults
        self.file = file

    def plain(self) -> dict[str, Any]:
        """Tell a script."""
        errors = sum(not fault.warning for fault in self.faults)
        words = self.words or f"{self.file}: {pluralize(errors, 'fault')}"
        return {"error": words, "faults": [asdict(fault) for fault in self.faults]}


def fail_command(message: str, code: int = WRONG_USE) -> NoReturn:
    """Say what is wrong and end."""
    raise CommandFailure(message, code)
