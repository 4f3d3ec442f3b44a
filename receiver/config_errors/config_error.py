"""One fault of a configuration, and the report of all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ConfigFault:
    """`where` is a place like `routes[1].upsert[0].fields.amount`; `remedy` says what would be
    right, where that is known.

    A warning stops nothing. `line` is that of the configuration's file, counted from 1, where it
    is known. No text holds a secret.
    """

    where: str
    message: str
    remedy: str = ""
    warning: bool = False
    line: int | None = field(default=None, compare=False)

    @property
    def place(self) -> str:
        """Where it is, with the line: `server.prot (line 3)`."""
        return self.where if self.line is None else f"{self.where} (line {self.line})"

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" + (f"; {self.remedy}" if self.remedy else "")


class ConfigError(Exception):
    """The configuration can't be used.

    `faults` holds every reason that could be found in one go.
    """

    def __init__(self, faults: Iterable[ConfigFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class RemediedError(ValueError):
    """A validator of a setting raises it: what is wrong, and what would be right."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy
