"""How fast calls are made."""

from __future__ import annotations

from receiver.delivery.pace import WINDOW, Pace


def test_calls_per_second_over_the_window() -> None:
    """What is older does not count; any number of calls is remembered in little room."""
    now = 100.0
    pace = Pace(lambda: now)
    assert pace.per_second() == 0
    for step in range(20):
        now = 100.0 + step / 2
        pace.count(10)
    assert pace.per_second() == 200 / WINDOW
    now += WINDOW / 2
    assert 80 / WINDOW <= pace.per_second() <= 110 / WINDOW
    now += WINDOW
    assert pace.per_second() == 0
