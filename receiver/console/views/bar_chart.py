"""The geometry of a small chart of stacked bars, for an SVG without any style of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 480, 80
_GAP = 2
_LEAST = 1.5  # high, so that one of thousands is seen
_STEPS = (1, 2, 3, 4, 5, 6, 8, 10)


@dataclass(frozen=True, slots=True)
class BarPart:
    """One part of a bar, from the bottom up; of no height where there is nothing."""

    y: float
    height: float


@dataclass(frozen=True, slots=True)
class ChartBar:
    x: float
    width: float
    parts: Sequence[BarPart]


@dataclass(frozen=True, slots=True)
class BarChart:
    bars: Sequence[ChartBar]
    top: int  # the value at the upper edge
    width: int = WIDTH
    height: int = HEIGHT


def draw_chart(values: Sequence[Sequence[int]]) -> BarChart:
    """One bar for each row of values, which are stacked in their order; what is not 0 is seen."""
    top, step = _round_up(max(map(sum, values), default=0)), WIDTH / max(1, len(values))
    return BarChart(
        [
            ChartBar(round(n * step + _GAP / 2, 2), round(step - _GAP, 2), _stack(row, top))
            for n, row in enumerate(values)
        ],
        top,
    )


def _stack(values: Sequence[int], top: int) -> list[BarPart]:
    heights = [max(_LEAST, value / top * HEIGHT) if value else 0.0 for value in values]
    if (over := sum(heights) - HEIGHT) > 0:  # the small ones were made larger than they are
        heights[heights.index(max(heights))] -= over
    parts, y = [], float(HEIGHT)
    for height in heights:
        y -= height
        parts.append(BarPart(round(y, 2), round(height, 2)))
    return parts


def _round_up(value: int) -> int:
    """To a number that reads well, not far above."""
    size = 1
    while size * 10 < value:
        size *= 10
    return next(step * size for step in _STEPS if value <= step * size)
