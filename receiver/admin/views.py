"""What the admin API answers, as types.

They are written to JSON and described in OpenAPI as they stand here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from receiver.admin.activity.sources import SourceView
from receiver.admin.configuration.views import ConfigurationView, Fault
from receiver.aom import Profile
from receiver.inbox import DriftCount

EventState = Literal[
    "pending", "delivered", "dry_run", "dead", "discarded", "quarantined", "accepted"
]
"""`accepted` where no route wants the event; else that of the delivery that most needs a look."""

ConnectorWord = Literal["running", "paused", "throttled", "unavailable", "not configured"]


@dataclass(frozen=True, slots=True)
class Rate:
    """At most so many calls in so many seconds, over all gateway processes."""

    calls: int
    seconds: float


@dataclass(frozen=True, slots=True)
class WaitingView:
    """Who is tried again at a connector: so many people (of more than 1000, 1000), the newest
    reason and when it was told.

    `rule` is the newest reason of those that a rule of the CRM's account holds back, "" where none
    does.
    """

    people: int
    reason: str
    at: datetime
    rule: str


@dataclass(frozen=True, slots=True)
class ConnectorStatusView:
    """`state` is running, or what it waits for; `reason` says more: of a pause, else of whoever is
    tried again (`waiting`).

    `leader` is the process that delivers for it, null where none does. `note`: what is to be known
    while it runs, such as that it is slow. `sizes`: how many records of each object the CRM was
    found to take in one call, where that is fewer than it says. `calls` were made by this process
    since it started, `calls_per_second` in the last ten seconds.
    """

    # empty where it is not configured any more: what it still has waits until it is, or is
    # discarded
    type: str
    state: ConnectorWord
    reason: str
    since: datetime | None
    until: datetime | None
    pending: int
    dead: int
    oldest_pending_seconds: float | None
    leader: str | None = None
    note: str = ""
    sizes: Mapping[str, int] = field(default_factory=dict)
    waiting: WaitingView | None = None
    calls: int = 0
    calls_per_second: float = 0.0
    allowed: Rate | None = None  # where a limit is configured, or the CRM has told one
    dry_run: bool = False  # nothing is written


@dataclass(frozen=True, slots=True)
class PausedView:
    """Whether an operator's pause is in force now, and whether that is since this call."""

    paused: bool
    changed: bool


@dataclass(frozen=True, slots=True)
class StoreView:
    """`damage` and `long_log` are in words, with what to do; both are null on PostgreSQL."""

    damage: str | None  # a damaged page was met in the SQLite file since the gateway started
    long_log: str | None  # SQLite's log cannot be emptied, since some program reads on and on
    log_bytes: int


@dataclass(frozen=True, slots=True)
class StatusView:
    pending: int
    dead: int
    quarantined: int
    oldest_pending_seconds: float | None
    connectors: Mapping[str, ConnectorStatusView]
    sources: Mapping[str, SourceView]
    store: StoreView
    configuration: ConfigurationView


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
class KnownAs:
    """The key by which a person is known, and the address that they have now."""

    key: str
    address: str


@dataclass(frozen=True, slots=True)
class EventView:
    """`raw` is the body as text, `normal` what mapping expressions see of it (None in quarantine),
    `unreadable` what of it they cannot; `left_out` are people of several who lack what is needed,
    while the others are delivered.

    `deliveries` are up to 200: those that are dead first, then what is pending. `counts`: connector
    → state → number, of all. Of up to 200 people in it, `known_as`: by the address in it, those who
    are known by another key or have another address now; `profiles`: what is known of them now, by
    their keys, where a mapping asks for it.
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
    redacted: bool  # an erased person stood in it: `[erased]` is in the place of what named them
    original: OriginalView | None
    normal: Mapping[str, Any] | None
    person: str | None  # the first of the people in it
    people: int
    counts: Mapping[str, Mapping[str, int]]
    deliveries: tuple[DeliveryView, ...]
    known_as: Mapping[str, KnownAs]
    profiles: Mapping[str, Profile]


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
class RunningReplayView:
    """Counted in lanes, and events that get deliveries for routes that came after them; `lanes` is
    0 until the number is known.
    """

    started_at: datetime
    done: int
    lanes: int


@dataclass(frozen=True, slots=True)
class ReplaysView:
    items: tuple[RunningReplayView, ...]


@dataclass(frozen=True, slots=True)
class PersonLaneView:
    connector: str
    state: str
    pending: int
    tries: int
    failing_since: datetime | None
    dead: int


@dataclass(frozen=True, slots=True)
class PersonRecord:
    connector: str
    object: str
    key: str
    id: str
    written_at: datetime


@dataclass(frozen=True, slots=True)
class PersonView:
    """Empty where nothing is known of them. Their events are at /api/events?person=…

    `email` is the address that they have now, `emails` are all that they have had, that one first.
    """

    email: str
    emails: tuple[str, ...]
    lanes: tuple[PersonLaneView, ...]
    records: tuple[PersonRecord, ...]


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
class WrittenRecordView:
    """What the gateway knows of a record that it wrote: its `id` in the CRM, null where it has
    written none, and its page there. `fields`: field → the id of the event that set it last;
    `links`: what it is tied to, each as OBJECT/KEY.
    """

    object: str
    key: str
    id: str | None
    url: str | None
    fields: Mapping[str, str]
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Newest first. `next` is the `before` of the page that follows, null on the last."""

    items: tuple[RecordView, ...]
    next: str | None
