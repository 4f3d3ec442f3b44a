"""Lengths of time for people."""

from __future__ import annotations

_UNITS = (("d", 86_400), ("h", 3600), ("min", 60))


def format_duration(seconds: float | None) -> str:
    """A length of time, roughly: `3 h`. Nothing where there is none."""
    if seconds is None:
        return ""
    for unit, size in _UNITS:
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
