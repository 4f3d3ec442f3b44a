"""The geometry of a small bar chart, for an SVG without any style of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 480, 80
_GAP = 2


@dataclass(frozen=True, slots=True)
class ChartBar:
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class BarChart:
    bars: Sequence[ChartBar]
    top: int  # the value at the upper edge
    width: int = WIDTH
    height: int = HEIGHT


def draw_chart(values: Sequence[int]) -> BarChart:
    """One bar for each value; what is not 0 can be seen."""
    top, step = _round_up(max(values, default=0)), WIDTH / max(1, len(values))
    heights = [max(1.0, value / top * HEIGHT) if value else 0.0 for value in values]
    bars = [
        ChartBar(
            round(n * step + _GAP / 2, 2), round(HEIGHT - h, 2), round(step - _GAP, 2), round(h, 2)
        )
        for n, h in enumerate(heights)
    ]
    return BarChart(bars, top)


def _round_up(value: int) -> int:
    """To 1, 2 or 5 with zeros, so that the scale reads well and rarely jumps."""
    size = 10
    while size < value:
        size *= 10
    return next((part for part in (size // 10, size // 5, size // 2) if value <= part), size)
