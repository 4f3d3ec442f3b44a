"""The events of the last hours: counted, and drawn."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from receiver.console.views.bar_chart import HEIGHT, WIDTH, draw_chart
from receiver.console.views.traffic import TrafficCounter
from receiver.inbox import Inbox
from tests.inbox.store import new

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
        first = [hour.events for hour in await traffic.hours(3, NOW)]
        await inbox.accept(new("later", at=NOW + timedelta(minutes=20)))
        await inbox.accept(new("last", at=NOW + timedelta(minutes=31)))
        then = [hour.events for hour in await traffic.hours(5, NOW + timedelta(minutes=32))]
        return first, then
    finally:
        await inbox.aclose()


def test_events_are_counted_by_the_hour(sqlite_url: str) -> None:
    """The current hour is looked at anew each time; whichever number of hours is asked for, each
    holds its own.
    """
    assert asyncio.run(counted(sqlite_url)) == ([0, 2, 2], [1, 0, 2, 3, 1])


@pytest.mark.parametrize(
    ("most", "top"),
    [(0, 1), (1, 1), (3, 5), (10, 10), (11, 20), (22, 50), (501, 1000), (1_000_000, 1_000_000)],
)
def test_the_scale_ends_at_a_round_number(most: int, top: int) -> None:
    """Not below the highest bar."""
    assert draw_chart([0, most]).top == top


@pytest.mark.parametrize("values", [[0] * 24, [1, 1_000_000], list(range(48))])
def test_every_bar_stands_within_the_chart(values: list[int]) -> None:
    """And what is not nothing can be seen."""
    drawn = draw_chart(values)
    for bar, value in zip(drawn.bars, values, strict=True):
        assert 0 <= bar.x < bar.x + bar.width <= WIDTH
        assert bar.y + bar.height == pytest.approx(HEIGHT)
        assert (bar.height >= 1) == (value > 0)
        assert bar.height <= HEIGHT
