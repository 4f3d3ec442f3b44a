"""What an operator does about events that did not go as they should: replay, revalidate,
discard.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from receiver.admin.backfill import route_missing, survey_routes
from receiver.gateway import Gateway
from receiver.inbox import (
    AcceptedEvent,
    DeliverySelection,
    EventFilter,
    EventRow,
    QuarantinedCall,
    ReplayResult,
    Unknown,
)

PAGE = 200

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class ReplayOutcome(ReplayResult):
    """`routed` of those that are pending now are for routes that came after their events:
    `routed_to` which connectors, as it was counted beforehand, of the events `routed_events`.
    """

    routed: int = 0
    routed_to: Mapping[str, int] = field(default_factory=dict)
    routed_events: Sequence[str] = ()
    notes: tuple[str, ...] = ()

    def to_connectors(self) -> dict[str, int]:
        """How many go to each connector in all."""
        return dict(sorted((Counter(self.connectors) + Counter(self.routed_to)).items()))


async def replay_events(
    gateway: Gateway,
    selection: DeliverySelection,
    *,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> ReplayOutcome:
    """Deliver again, with all that came later in the same lanes; and bring the events to connectors
    whose routes came after them, of a filter that names a connector to that one only.

    `progress` is called with how many lanes and events are done, and how many there are.
    """
    with gateway.replays.run(gateway.now()) as running:
        found = await survey_routes(gateway, selection)
        events = len(found.lacking)

        def tell(done: int, of: int) -> None:
            running.progress(done, of)
            if progress:
                progress(done, of)

        done = await gateway.inbox.replay_deliveries(
            selection,
            now=gateway.now(),
            dry_run=dry_run,
            progress=lambda lanes, of: tell(lanes, of + events),
        )
        lanes = done.lanes
        routed = (
            found.missing.total()
            if dry_run
            else await route_missing(
                gateway, found, lambda so_far: tell(lanes + so_far, lanes + events)
            )
        )
    return ReplayOutcome(
        done.chosen,
        done.again + routed,
        done.lanes,
        done.later,
        done.people,
        done.connectors,
        routed,
        dict(sorted((+found.missing).items())),
        found.lacking,
        found.notes(),
    )


async def revalidate_quarantine(gateway: Gateway) -> tuple[int, int]:
    """Validate every call in quarantine anew, oldest first.

    Returns how many were accepted, and how many remain.
    """
    accepted = remaining = 0
    after: str | None = None
    while waiting := await gateway.inbox.list_quarantined(after=after):
        for one in waiting:
            is_accepted = await _judge_anew(gateway, one)
            accepted += is_accepted
            remaining += not is_accepted
        after = waiting[-1].id
    return accepted, remaining


async def revalidate_call(gateway: Gateway, id: str) -> bool:
    """Validate one call anew that is in quarantine or was discarded there.

    Returns whether it was accepted. Raises Unknown where there is no such event.
    """
    stored = await gateway.inbox.find_event(id)
    waiting = QuarantinedCall(
        id, stored.source, stored.named, stored.body, stored.received_at, stored.faults
    )
    return await _judge_anew(gateway, waiting, discarded=stored.state == "discarded")


@dataclass(frozen=True, slots=True)
class AmendOutcome:
    """What became of an amended call. With `errors` it stays as it was."""

    accepted: AcceptedEvent | None
    event: str | None
    errors: tuple[tuple[str, str], ...] = ()


async def amend_call(
    gateway: Gateway, id: str, *, event: str | None = None, body: bytes | None = None
) -> AmendOutcome:
    """Validate a call in quarantine as if it had come with another event name, or another body.

    What passes takes its place before the later events of its people. Raises Unknown where no call
    of that id is in quarantine, or was discarded there.
    """
    stored = await gateway.inbox.find_event(id)
    if not stored.faults or stored.source not in gateway.sites:
        raise Unknown(f"no call {id} is in quarantine")
    named, content = event or stored.named, stored.body if body is None else body
    validated = await asyncio.to_thread(
        gateway.validate_call, stored.source, named, content, stored.received_at
    )
    if validated.faults:
        return AmendOutcome(None, validated.name, validated.faults)
    return AmendOutcome(
        await gateway.inbox.accept_amended(id, validated, now=gateway.now()), validated.name
    )


async def _judge_anew(
    gateway: Gateway, waiting: QuarantinedCall, *, discarded: bool = False
) -> bool:
    if waiting.source not in gateway.sites:
        return False
    validated = gateway.validate_call(
        waiting.source, waiting.named, waiting.body, waiting.received_at
    )
    try:
        return (
            await gateway.inbox.accept_revalidated(
                waiting.id, validated, now=gateway.now(), discarded=discarded
            )
            is not None
        )
    except Unknown:
        return False  # somebody has discarded it meanwhile


async def discard_calls(gateway: Gateway, chosen: EventFilter) -> int:
    """Give up calls in quarantine, some at a time."""
    count = 0
    async for rows in _pages(gateway, chosen):
        count += await gateway.inbox.discard_quarantined([row.id for row in rows])
    return count


async def find_calls(gateway: Gateway, chosen: EventFilter) -> list[str]:
    """The ids of the calls in quarantine that are chosen, oldest first."""
    found = [row.id async for rows in _pages(gateway, chosen) for row in rows]
    return found[::-1]


async def _pages(gateway: Gateway, chosen: EventFilter) -> AsyncIterator[Sequence[EventRow]]:
    before: str | None = None
    while True:
        page = await gateway.inbox.list_events(chosen, before=before, limit=PAGE)
        yield page.items
        before = page.next
        if before is None:
            return
