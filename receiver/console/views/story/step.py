"""One step of a story, as a page shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from receiver.console.views.record_links import SentRecord
from receiver.console.views.story.record_changes import FieldChange, RecordChanges
from receiver.inbox import AttemptDetail

Tone = Literal["good", "warn", "bad", "calm"]


@dataclass(frozen=True, slots=True)
class SentChanges:
    """A record that was sent, and what that changed; None where that was not looked up."""

    sent: SentRecord
    changes: RecordChanges | None

    @property
    def summary(self) -> str:
        """What changed, in a few words; empty where that is not known."""
        return self.changes.summarise(self.sent.outcome) if self.changes else ""

    @property
    def fields(self) -> list[FieldChange]:
        """All that was sent, without what was sent before."""
        return [FieldChange(name, value, None) for name, value in self.sent.fields.items()]


@dataclass(frozen=True, slots=True)
class ShownAttempt:
    """One attempt as one delivery sees it: with the records that it wants, and what is said of
    these. `others`: for how many other deliveries of the same person the call was, too.
    """

    attempt: AttemptDetail
    records: Sequence[SentChanges]
    notes: Sequence[str]
    others: int


@dataclass(frozen=True, slots=True)
class Step:
    """What happened, in a sentence without its full stop; `says` are the words of others about it.

    `at` is None where it is not known, or goes on now. `until`: when it goes on.
    """

    at: datetime | None
    text: str
    tone: Tone = "calm"
    says: str = ""
    faults: Sequence[tuple[str, str]] = ()
    until: datetime | None = None
    attempt: ShownAttempt | None = None
