"""The templates' environment: whatever a template shows is shown as text, with what cannot be seen
made visible.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from connectors.base import Append, Value
from receiver.text.durations import format_duration, format_latency
from receiver.text.escape import escape_hidden

_LONGEST = 2_000  # characters of one value among others

HERE = Path(__file__).parent
STATIC = HERE / "static"


def environment() -> Environment:
    """Expressions are escaped and made harmless; the filters `exact`, `lines` and `bdi` are for
    where that is not what is wanted.
    """
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= _FILTERS
    made.globals |= {"static": static}
    return made


def _finalize(value: Any) -> Any:
    if value is None:
        return ""
    return (
        escape_hidden(value) if isinstance(value, str) and not isinstance(value, Markup) else value
    )


def exact(text: str) -> Markup:
    """For the values of form fields, which have to come back as they were."""
    return escape(text.encode("utf-8", "replace").decode())


def lines(text: str) -> Markup:
    """For <pre>: line breaks stay."""
    return escape(escape_hidden(text, lines=True))


def bdi(text: str | None) -> Markup:
    """For names and the like: their writing direction stays their own."""
    return Markup("<bdi>{}</bdi>").format(escape_hidden(text)) if text else Markup("")


def compact(value: Any) -> str:
    """JSON on one line."""
    return json.dumps(value, ensure_ascii=False, default=str)


def kind(value: Value) -> str:
    """What a field's value is to a CRM."""
    match value:
        case bool():
            return "yes or no"
        case int() | Decimal():
            return "number"
        case datetime():
            return "date and time"
        case date():
            return "date"
        case Append():
            return "options, added and made" if value.grow else "options, added"
    return "text"


def written(value: Value) -> str:
    """A field's value."""
    return ", ".join(value.values) if isinstance(value, Append) else str(value)


def short(text: str) -> str:
    """The beginning of a long value, and how much of it is left out."""
    left_out = len(text) - _LONGEST
    several = "character" if left_out == 1 else "characters"
    return f"{text[:_LONGEST]}… and {left_out:,} {several} more" if left_out > 0 else text


def in_path(text: str) -> str:
    """One step of an address."""
    return quote(text.encode("utf-8", "replace"), safe="@")


def number(value: float) -> str:
    """12,345 or 1.5."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def utc(at: datetime) -> str:
    """Without JavaScript times are shown so; with it, in the reader's own zone."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def iso(at: datetime) -> str:
    """For <time datetime>."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@cache
def static(name: str) -> str:
    """The address of a file in `static`; it changes with the file, so that browsers may keep it."""
    return f"/console/static/{name}?{hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


_FILTERS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        exact,
        lines,
        bdi,
        compact,
        kind,
        written,
        short,
        in_path,
        number,
        format_duration,
        format_latency,
        utc,
        iso,
    )
}
