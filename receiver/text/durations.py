"""Lengths of time for people."""

from __future__ import annotations

_SHORT = 10  # seconds that are told with their tenths
_UNITS = (("d", 86_400), ("h", 3600), ("min", 60))


def format_latency(seconds: float) -> str:
    """A length of time that may be short: `80 ms`, `1.4 s`, `3 h`."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < _SHORT else format_duration(seconds)


def format_duration(seconds: float | None) -> str:
    """A length of time, roughly: `3 h`. Nothing where there is none."""
    if seconds is None:
        return ""
    for unit, size in _UNITS:
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
