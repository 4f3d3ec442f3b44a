"""Bringing events to connectors whose routes came after them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from receiver.gateway import Gateway
from receiver.inbox import DeliverySelection, EventCoverage, EventFilter, StoredCall

PAGE = 500
MOST_EVENTS, MOST_PAIRS = 20, 500  # in one transaction: new events wait so long

Pairs = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class RouteSurvey:
    """Which events lack deliveries to connectors that have a route for them now, `only` to one of
    these.
    """

    only: str | None
    lacking: list[str] = field(default_factory=list)
    # deliveries to each connector, by the number of people as it was read when the events came
    missing: Counter[str] = field(default_factory=Counter)
    # events of sources that are not configured any more
    homeless: Counter[str] = field(default_factory=Counter)

    def notes(self) -> tuple[str, ...]:
        """What an operator has to know beforehand."""
        return tuple(
            f"The source {source!r} is not configured any more, so its {events} "
            f"{_plural(events, 'event')} cannot be delivered:"
            f" configure it before you replay {_plural(events, 'it', 'them')}."
            for source, events in sorted(self.homeless.items())
        )


async def survey_routes(gateway: Gateway, selection: DeliverySelection) -> RouteSurvey:
    """Look through the events of a selection, some at a time. Nothing is changed."""
    chosen = selection.filter
    found = RouteSurvey(chosen.connector if chosen else None)
    async for events in _pages(gateway, selection):
        for event in events:
            _look_at(gateway, event, found)
    return found


def _look_at(gateway: Gateway, event: EventCoverage, found: RouteSurvey) -> None:
    if event.source not in gateway.sites:
        found.homeless[event.source] += 1
        return
    wanted = set(gateway.routes.connectors(event.source, event.name)) - event.connectors
    lacks = wanted if found.only is None else wanted & {found.only}
    if lacks:
        found.lacking.append(event.id)
        found.missing.update(dict.fromkeys(lacks, event.people))


async def _pages(
    gateway: Gateway, selection: DeliverySelection
) -> AsyncIterator[Sequence[EventCoverage]]:
    for chosen in _filters(selection):
        before: str | None = None
        while True:
            events, before = await gateway.inbox.list_coverage(chosen, before=before, limit=PAGE)
            yield events
            if before is None:
                break


def _filters(selection: DeliverySelection) -> Iterator[EventFilter]:
    """A connector alone says where to deliver, and not which events: those that have not reached it
    are meant, too.
    """
    for start in range(0, len(selection.events), PAGE):
        yield EventFilter(ids=tuple(selection.events[start : start + PAGE]))
    chosen = selection.filter
    if chosen:
        yield replace(chosen, connector=None) if chosen.state is None else chosen


async def route_missing(
    gateway: Gateway, found: RouteSurvey, progress: Callable[[int], None]
) -> int:
    """Make the deliveries that are missing.

    `progress` is called with the number of events done. Returns how many were made.
    """
    made = done = 0
    for start in range(0, len(found.lacking), MOST_EVENTS):
        calls = await gateway.inbox.find_calls(found.lacking[start : start + MOST_EVENTS])
        for wanted in _transactions([(one.id, _pairs(gateway, one, found.only)) for one in calls]):
            made += await gateway.inbox.add_deliveries(wanted, now=gateway.now())
        done += len(calls)
        progress(done)
        await asyncio.sleep(0)
    return made


def _pairs(gateway: Gateway, call: StoredCall, only: str | None) -> Pairs:
    validated = gateway.validate_call(call.source, call.named, call.body, call.received_at)
    return tuple(pair for pair in validated.lanes if only in {None, pair[0]})


def _transactions(wanted: Sequence[tuple[str, Pairs]]) -> Iterator[dict[str, Pairs]]:
    chunk: dict[str, Pairs] = {}
    for id, pairs in wanted:
        if chunk and sum(map(len, chunk.values())) + len(pairs) > MOST_PAIRS:
            yield chunk
            chunk = {}
        chunk[id] = pairs
    if chunk:
        yield chunk


def _plural(number: int, one: str, many: str | None = None) -> str:
    return one if number == 1 else many or f"{one}s"
