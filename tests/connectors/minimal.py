"""A connector with nothing but what version 1 requires: it writes each call as a line of a file.

It stands alone, as another package's would: it imports `connectors.base` and nothing of the tests.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Self

from connectors.base import (
    ConnectorSettings,
    Context,
    Limits,
    Needs,
    Outcome,
    Problem,
    Record,
    Saved,
)


class MinimalConnector:
    """Saves whatever it is given, links within the write."""

    API: ClassVar[int] = 1
    Settings: ClassVar[type[ConnectorSettings]] = ConnectorSettings
    key_fields: ClassVar[Mapping[str, str]] = {"contact": "email"}
    limits = Limits(linger=0)

    def __init__(self, file: Path) -> None:
        self._file = file

    @classmethod
    # the interface
    def open(cls, settings: ConnectorSettings, context: Context) -> Self:  # noqa: ARG003
        return cls(context.directory / "written.jsonl")

    async def upsert(self, object: str, records: Sequence[Record]) -> Sequence[Outcome]:
        written = {record.key: [link.key for link in record.links] for record in records}
        with self._file.open("a") as file:
            file.write(json.dumps([object, written]) + "\n")
        return [Saved(f"{object}-{record.key}") for record in records]

    async def check(self, needs: Needs) -> Sequence[Problem]:
        return [Problem(need.object, "is written", fatal=False) for need in needs]

    async def aclose(self) -> None:
        pass
