"""What the admin API answers to an act, as types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class ReplayedView:
    """`replayed` deliveries are pending; `chosen` were asked for, `routed` are for routes that came
    after their events, and `later` came later in the same lanes, of `people` in these lanes. To
    each of `connectors` go so many. `notes` say what stands in the way. `dry_run`: nothing is
    changed.
    """

    replayed: int
    chosen: int
    lanes: int
    dry_run: bool
    routed: int = 0
    notes: tuple[str, ...] = ()
    later: int = 0
    people: int = 0
    connectors: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewAccountView:
    """`forgotten`: of how many records the gateway knew the ids in the former account."""

    connector: str
    forgotten: int


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
