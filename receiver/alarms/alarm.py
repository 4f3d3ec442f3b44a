"""An alarm: one thing that an operator must hear of."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Literal, Self

Cause = Literal[
    "connector_paused",
    "held_back",
    "dead_letters",
    "quarantine",
    "oldest_waiting",
    "source_silent",
    "store_failing",
    "store_damaged",
    "store_log",
    "configuration_refused",
    "test",
]
State = Literal["firing", "resolved", "test"]


@dataclass(frozen=True, slots=True)
class Alarm:
    """`key` is the same as long as the cause is, in every process.

    None of it may hold personal data: it is sent, and stored.
    """

    key: str
    cause: Cause
    since: datetime
    connector: str | None = None
    source: str | None = None
    event: str | None = None
    kind: str | None = None  # of a pause
    reason: str = ""
    count: int | None = None

    def and_more(self, count: int) -> Self:
        return replace(self, count=(self.count or 0) + count)

    def dump(self) -> str:
        return json.dumps({**asdict(self), "since": self.since.isoformat()}, ensure_ascii=False)

    @classmethod
    def load(cls, text: str) -> Self:
        """Read what `dump` wrote."""
        values = json.loads(text)
        return cls(**{**values, "since": datetime.fromisoformat(values["since"])})
