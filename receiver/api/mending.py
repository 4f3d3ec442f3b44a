"""What an operator does about events that did not go as they should: replay, revalidate, discard."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from receiver.gateway import Gateway
from receiver.inbox import EventRow, Filter, Quarantined, Replayed, Selection, Unknown

PAGE = 200


async def replay(gateway: Gateway, selection: Selection, *, dry_run: bool = False) -> Replayed:
    """Deliver again, with all that came later in the same lanes. Events chosen by their ids reach routes that came after them, too."""
    made = sum([await _route(gateway, id, dry_run=dry_run) for id in selection.events])
    with gateway.replays.run(gateway.now()) as running:
        done = await gateway.inbox.replay(selection, now=gateway.now(), dry_run=dry_run, progress=running.progress)
    return Replayed(done.chosen, done.again + made, done.lanes)


async def _route(gateway: Gateway, id: str, *, dry_run: bool) -> int:
    """Deliveries for routes that came after the event. Returns how many were made; none for an event that is not there."""
    try:
        stored = await gateway.inbox.event(id)
    except Unknown:
        return 0
    if stored.state != "accepted" or stored.source not in gateway.sites:
        return 0
    judged = gateway.judge(stored.source, stored.named, stored.body, stored.received_at)
    if dry_run:
        return len(set(judged.lanes) - {(one.connector, one.person) for one in stored.deliveries})
    return await gateway.inbox.route(id, judged.lanes, now=gateway.now())


async def revalidate(gateway: Gateway) -> tuple[int, int]:
    """Judge every call in quarantine anew, oldest first. Returns how many were accepted, and how many remain."""
    accepted = remaining = 0
    after: str | None = None
    while waiting := await gateway.inbox.quarantined(after=after):
        for one in waiting:
            kept = await _judge_anew(gateway, one)
            accepted += kept
            remaining += not kept
        after = waiting[-1].id
    return accepted, remaining


async def _judge_anew(gateway: Gateway, waiting: Quarantined) -> bool:
    if waiting.source not in gateway.sites:
        return False
    judged = gateway.judge(waiting.source, waiting.named, waiting.body, waiting.received_at)
    try:
        return await gateway.inbox.revalidate(waiting.id, judged) is not None
    except Unknown:
        return False  # somebody has discarded it meanwhile


async def discard_calls(gateway: Gateway, chosen: Filter, *, unnamed: bool = False) -> int:
    """Give up calls in quarantine, some at a time. `unnamed`: only those that were not recognised as any event."""
    count = 0
    async for rows in _pages(gateway, chosen):
        ids = [row.id for row in rows if not (unnamed and row.name)]
        count += await gateway.inbox.discard_quarantined(ids) if ids else 0
    return count


async def _pages(gateway: Gateway, chosen: Filter) -> AsyncIterator[Sequence[EventRow]]:
    before: str | None = None
    while True:
        page = await gateway.inbox.events(chosen, before=before, limit=PAGE)
        yield page.items
        before = page.next
        if before is None:
            return
