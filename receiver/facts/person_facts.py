"""Facts about one person at one site. None of them is a sum: putting them together gives the same
in whatever order they come, and however often.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Literal

SubmissionKind = Literal["quiz", "assignment", "discussion"]


@dataclass(frozen=True, slots=True)
class OrderFact:
    """An order as one event tells it.

    Of several events the newest counts, by its id; `seen_at` is when the first of them came.
    """

    id: str
    event_id: str
    paid: bool
    total: Decimal | None
    currency: str | None  # ISO 4217; None where it is not understood
    created_at: datetime | None  # as the order says
    seen_at: datetime

    @property
    def made_at(self) -> datetime:
        """When it was ordered, as far as that is known."""
        return self.created_at or self.seen_at


@dataclass(frozen=True, slots=True)
class CourseFact:
    """That the person was enrolled in a course.

    Of several such events the newest one's name counts, and the earliest time.
    """

    id: str | None
    name: str
    event_id: str
    enrolled_at: datetime

    @property
    def key(self) -> str:
        """What tells it from other courses: AOM's id, or where there is none, the name."""
        if self.id:
            return f"id {self.id}"
        return f"name {sha256(self.name.encode('utf-8', 'surrogatepass')).hexdigest()}"


@dataclass(frozen=True, slots=True)
class SubmissionFact:
    """That the person handed something in.

    The digest is of the submission: when it is sent again, it has the same.
    """

    kind: SubmissionKind
    digest: bytes


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """All that one event tells of a person. Orders say themselves when they were made."""

    orders: tuple[OrderFact, ...] = ()
    courses: tuple[CourseFact, ...] = ()
    submissions: tuple[SubmissionFact, ...] = ()
    seen_at: datetime | None = None
    active_at: datetime | None = None  # where it was the person who did something


@dataclass(frozen=True, slots=True)
class KnownFacts:
    """All that is known of a person, of every event so far."""

    orders: tuple[OrderFact, ...] = ()
    courses: tuple[CourseFact, ...] = ()
    submissions: Mapping[SubmissionKind, int] = field(default_factory=dict)  # how many
    first_seen_at: datetime | None = None
    last_active_at: datetime | None = None
