"""The events of the last hours: counted, and drawn."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from receiver.console.views.bar_chart import HEIGHT, WIDTH, draw_chart
from receiver.console.views.traffic import TrafficCounter
from receiver.inbox import Inbox, OutcomeCounts, SettledLane
from tests.inbox.store import ANN, BEN, delivered, faulty, new, settle, take_ready

NOW = datetime(2026, 3, 1, 14, 30, tzinfo=UTC)


async def counted(url: str) -> tuple[list[int], list[int]]:
    """What three hours held, and what they and one before hold half an hour later, when more has
    come.
    """
    inbox = await Inbox.open(url, dedup_hours=24)
    try:
        traffic = TrafficCounter(inbox)
        for minutes in (1, 29, 31, 90, 200):
            await inbox.accept(new(str(minutes), at=NOW - timedelta(minutes=minutes)))
        first = [hour.outcomes.events for hour in await traffic.hours(3, NOW)]
        await inbox.accept(new("later", at=NOW + timedelta(minutes=20)))
        await inbox.accept(new("last", at=NOW + timedelta(minutes=31)))
        then = [
            hour.outcomes.events for hour in await traffic.hours(5, NOW + timedelta(minutes=32))
        ]
        return first, then
    finally:
        await inbox.aclose()


def test_events_are_counted_by_the_hour(sqlite_url: str) -> None:
    """The current hour is looked at anew each time; whichever number of hours is asked for, each
    holds its own.
    """
    assert asyncio.run(counted(sqlite_url)) == ([0, 2, 2], [1, 0, 2, 3, 1])


async def followed(url: str) -> list[OutcomeCounts]:
    """What an hour that is over shows at first, and as its events are delivered or die."""
    inbox = await Inbox.open(url, dedup_hours=24)
    try:
        traffic, at, seen = TrafficCounter(inbox), NOW - timedelta(hours=2), []
        for person in (ANN, BEN):
            await inbox.accept(new(person, person, at=at))
        await inbox.accept(faulty("faulty", at=at))
        await inbox.accept(new("nobody's", connectors=(), at=at))
        for end in ("", "delivered", "dead"):
            if end:
                lane = (await take_ready(inbox, at=NOW))[0]
                dead = SettledLane(lane, dead=((lane.deliveries[0].delivery_id, "no"),))
                done = delivered(lane) if end == "delivered" else dead
                await settle(inbox, [done], now=NOW)
            seen.append((await traffic.hours(3, NOW))[0].outcomes)
        return seen
    finally:
        await inbox.aclose()


def test_an_hour_that_is_over_follows_its_deliveries(sqlite_url: str) -> None:
    """Events that wait are delivered or die later."""
    assert asyncio.run(followed(sqlite_url)) == [
        OutcomeCounts(waiting=2, quarantined=1, other=1),
        OutcomeCounts(delivered=1, waiting=1, quarantined=1, other=1),
        OutcomeCounts(delivered=1, dead=1, quarantined=1, other=1),
    ]


@pytest.mark.parametrize(
    ("most", "top"),
    [(0, 1), (1, 1), (3, 3), (9, 10), (11, 20), (22, 30), (501, 600), (1_000_000, 1_000_000)],
)
def test_the_scale_ends_at_a_round_number(most: int, top: int) -> None:
    """Not below the highest bar, and not far above."""
    assert draw_chart([[0], [most, 0]]).top == top


@pytest.mark.parametrize(
    "values",
    [[[0, 0]] * 24, [[1, 0], [1, 1_000_000]], [[n, n * 3] for n in range(48)], [[500, 1, 1, 498]]],
)
def test_every_bar_stands_within_the_chart(values: list[list[int]]) -> None:
    """And what is not nothing can be seen, one part on the other."""
    for bar, row in zip(draw_chart(values).bars, values, strict=True):
        assert 0 <= bar.x < bar.x + bar.width <= WIDTH
        below = float(HEIGHT)
        for part, value in zip(bar.parts, row, strict=True):
            assert part.y + part.height == pytest.approx(below, abs=0.02)
            assert (part.height >= 1) == (value > 0)
            below = part.y
        assert below >= -0.01
