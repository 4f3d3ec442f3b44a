"""What `/api/status` answers, as types: how the store and the connectors stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

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
class ConnectorStatus:
    """`state` is running, or what it waits for; `reason` says more: of a pause, else of whoever is
    tried again (`waiting`).

    `leader` is the process that delivers for it, null where none does. `note`: what is to be known
    while it runs, such as that it is slow. `sizes`: how many records of each object the CRM was
    found to take in one call, where that is fewer than it says. `calls` were made by this process
    since it started.
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
    allowed: Rate | None = None  # where a limit is configured, or the CRM has told one


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
    connectors: Mapping[str, ConnectorStatus]
    store: StoreView
