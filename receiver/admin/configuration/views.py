"""What the admin API answers about configurations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Fault:
    path: str
    message: str


@dataclass(frozen=True, slots=True)
class ProcessView:
    """A process on this store. `digest` stands for its configuration, in force `since`.

    `refused_at`: it was to take another one over, which had `faults`.
    """

    name: str
    digest: str
    since: datetime
    refused_at: datetime | None
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class ConfigurationView:
    """Which configuration is in force here and at the other processes on this store.

    `warnings`: where they differ, and where one was refused, in words. `needs_restart`: places at
    which the file says what counts from the next start on.
    """

    process: ProcessView | None
    others: tuple[ProcessView, ...]
    needs_restart: tuple[str, ...]
    warnings: tuple[str, ...]
