"""What the admin API answers, as types.

They are written to JSON and described in OpenAPI as they stand here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from receiver.inbox import DriftCount

EventState = Literal["pending", "delivered", "dead", "discarded", "quarantined", "accepted"]
"""`accepted` where no route wants the event; else the state of the delivery that needs attention
most.
"""


@dataclass(frozen=True, slots=True)
class Fault:
    path: str
    message: str


@dataclass(frozen=True, slots=True)
class EventItem:
    id: str
    event: str | None
    source: str
    state: EventState
    received_at: datetime
    recognised_by: str | None
    person: str | None
    people: int
    deliveries: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class EventPage:
    """`unsearched` calls in quarantine fit all that was asked but the person: who is in them was
    never understood.
    """

    items: tuple[EventItem, ...]
    next: str | None
    unsearched: int = 0


@dataclass(frozen=True, slots=True)
class AttemptView:
    """One call of a connector, or `times` calls alike in a row, the last of them begun at
    `last_at`.

    `sent`: the records that this delivery wants. `others`: for how many other deliveries of the
    same person the call was, too.
    """

    started_at: datetime
    last_at: datetime
    times: int
    duration_ms: int
    outcome: str
    code: str | None
    message: str | None
    field: str | None
    sent: list[Any]
    notes: list[Any]
    others: int


@dataclass(frozen=True, slots=True)
class DeliveryView:
    id: int
    connector: str
    person: str
    state: str
    reason: str | None
    settled_at: datetime | None
    next_attempt_at: datetime | None
    attempts: tuple[AttemptView, ...]


@dataclass(frozen=True, slots=True)
class OriginalView:
    """A call as it came, before it was amended."""

    named: str | None
    raw: str
    amended_at: datetime


@dataclass(frozen=True, slots=True)
class EventView:
    """`raw` is the body as text, `normal` what mapping expressions see of it (None in quarantine),
    `unreadable` what of it they cannot; `left_out` are people of several who lack what is needed,
    while the others are delivered.

    `deliveries` are up to 200: those that are dead first, then what is pending. `counts`: connector
    → state → number, of all.
    """

    id: str
    event: str | None
    source: str
    state: EventState
    received_at: datetime
    recognised_by: str | None
    named: str | None
    disagreement: str | None
    unknown_keys: tuple[str, ...]
    unreadable: tuple[str, ...]
    left_out: tuple[Fault, ...]
    errors: tuple[Fault, ...]
    raw: str
    original: OriginalView | None
    normal: Mapping[str, Any] | None
    person: str | None  # the first of the people in it
    people: int
    counts: Mapping[str, Mapping[str, int]]
    deliveries: tuple[DeliveryView, ...]


@dataclass(frozen=True, slots=True)
class DeadGroup:
    """Deliveries that died of the same at the same connector.

    `reason` is that of the newest; those of others may quote other values.
    """

    id: str
    connector: str
    reason: str
    count: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class QuarantinedGroup:
    """Calls of one source with the same faults."""

    id: str
    source: str
    event: str | None
    errors: tuple[Fault, ...]
    count: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class GroupsView:
    """A part of each kind, and how many groups there are of each."""

    dead: tuple[DeadGroup, ...]
    quarantined: tuple[QuarantinedGroup, ...]
    dead_groups: int
    quarantined_groups: int


@dataclass(frozen=True, slots=True)
class DriftView:
    items: tuple[DriftCount, ...]


@dataclass(frozen=True, slots=True)
class RunningReplay:
    """Counted in lanes, and events that get deliveries for routes that came after them; `lanes` is
    0 until the number is known.
    """

    started_at: datetime
    done: int
    lanes: int


@dataclass(frozen=True, slots=True)
class ReplaysView:
    items: tuple[RunningReplay, ...]


@dataclass(frozen=True, slots=True)
class PersonLane:
    connector: str
    state: str
    pending: int
    tries: int
    failing_since: datetime | None


@dataclass(frozen=True, slots=True)
class PersonRecord:
    connector: str
    object: str
    key: str
    id: str
    written_at: datetime


@dataclass(frozen=True, slots=True)
class PersonView:
    """Empty where nothing is known of them. Their events are at /api/events?person=…"""

    email: str
    lanes: tuple[PersonLane, ...]
    records: tuple[PersonRecord, ...]


@dataclass(frozen=True, slots=True)
class ReplayedView:
    """`replayed` deliveries are pending; `chosen` were asked for, `routed` are for routes that came
    after their events, and the others came later in the same lanes. `notes` say what stands in the
    way. With `dry_run` nothing is changed.
    """

    replayed: int
    chosen: int
    lanes: int
    dry_run: bool
    routed: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DiscardedView:
    discarded: int


@dataclass(frozen=True, slots=True)
class AmendedView:
    """What became of a call that was amended; a duplicate has the id of the event that it
    repeats.
    """

    id: str
    event: str
    status: Literal["accepted", "duplicate"]
    deliveries: int


@dataclass(frozen=True, slots=True)
class RevalidatedView:
    """`accepted` calls left the quarantine; `remaining` of those that were looked at still have
    faults.
    """

    accepted: int
    remaining: int


@dataclass(frozen=True, slots=True)
class CrmProblem:
    """What stands in the way at a CRM, where, and what helps."""

    where: str
    message: str
    remedy: str
    fatal: bool


@dataclass(frozen=True, slots=True)
class CrmErasure:
    """What one connector would erase, or has erased.

    `left` is what stands in the way, or is left to people.
    """

    connector: str
    steps: tuple[str, ...] = ()
    failed: tuple[CrmProblem, ...] = ()
    left: tuple[CrmProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class CrmErasures:
    items: tuple[CrmErasure, ...]


BEYOND_REACH = (
    "backups of the store",
    "what was written to a CRM, a sandbox among them",
    "logs that left this gateway",
)
BEYOND_REACH_WITH_CRM = (
    "backups of the store",
    "what the CRMs keep in their bins, histories and backups",
    "logs that left this gateway",
)


@dataclass(frozen=True, slots=True)
class ErasedView:
    """What was removed of a person. `beyond_reach` names what only others can erase.

    `crm` is what was asked for of the CRMs. Where anything there `failed`, this gateway keeps what
    it knows, so that it can be repeated.
    """

    events: int
    shared_events: int
    deliveries: int
    attempts: int
    lanes: int
    remote_ids: int
    mentions: int  # other places in which the address stood
    beyond_reach: tuple[str, ...] = BEYOND_REACH
    crm: tuple[CrmErasure, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordLink:
    object: str
    key: str


@dataclass(frozen=True, slots=True)
class RecordView:
    """One record as a connector's CRM holds it; `writes` counts how often it was written."""

    id: str
    key: str
    fields: Mapping[str, Any]
    links: tuple[RecordLink, ...]
    writes: int


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Newest first. `next` is the `before` of the page that follows, null on the last."""

    items: tuple[RecordView, ...]
    next: str | None
