"""Lengths of time for people."""

from __future__ import annotations


def lasting(seconds: float | None) -> str:
    """A length of time, roughly; nothing where there is none."""
    if seconds is None:
        return ""
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
