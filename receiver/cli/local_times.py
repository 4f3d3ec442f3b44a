"""Times as an operator writes and reads them: in the zone of this machine."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

_AGO = re.compile(r"(\d{1,6})\s*([mhdw])", re.IGNORECASE)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_time(text: str, now: datetime | None = None) -> datetime:
    """`2026-03-01`, `2026-03-01 14:30`, with or without an offset, or so long ago: `30m`, `2h`,
    `3d`, `1w`. Raises typer.BadParameter.
    """
    try:
        if ago := _AGO.fullmatch(text.strip()):
            return (now or datetime.now(UTC)) - timedelta(**{_UNITS[ago[2].lower()]: int(ago[1])})
        return datetime.fromisoformat(text.strip()).astimezone()
    except (ValueError, OverflowError, OSError):
        raise typer.BadParameter(
            f"{text!r} is no time; write 2026-03-01, '2026-03-01 14:30', or 30m, 2h, 3d, 1w "
            "for so long ago"
        ) from None


def show_time(iso: str | None) -> str:
    """Write a time of the admin API for people, in this machine's zone."""
    return datetime.fromisoformat(iso).astimezone().strftime("%Y-%m-%d %H:%M:%S") if iso else ""


SinceOption = Annotated[
    str | None,
    typer.Option("--since", help="Received at or after: 2026-03-01, '2026-03-01 14:30', 2h, 3d."),
]
UntilOption = Annotated[str | None, typer.Option("--until", help="Received before.")]


def iso_time(text: str | None) -> str | None:
    """What an option says, as the admin API takes it."""
    return parse_time(text).isoformat() if text else None
