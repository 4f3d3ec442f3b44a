"""What the shell may complete by itself: names of the configuration, of AOM's events, of CRMs.

They are read from the file as it stands, whatever else is wrong with it; where there is none,
nothing is completed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import typer

from connectors.registry import types
from receiver.aom.event_names import LABELS

Completions = list[tuple[str, str]]
"""Each value with what a shell may show beside it."""


def complete_source(ctx: typer.Context, incomplete: str) -> Completions:
    """Names of configured sources."""
    return begin_with(incomplete, _names(ctx, "sources"))


def complete_connector(ctx: typer.Context, incomplete: str) -> Completions:
    """Names of configured connectors."""
    return begin_with(incomplete, _names(ctx, "connectors"))


def complete_operator(ctx: typer.Context, incomplete: str) -> Completions:
    """Names of operators, the one of `server.admin_token` too."""
    return begin_with(incomplete, [("admin", ""), *_names(ctx, "operators")])


def complete_event(incomplete: str) -> Completions:
    """Names of AOM's events, with their labels in its menu."""
    return begin_with(incomplete, LABELS.items())


def complete_type(incomplete: str) -> Completions:
    """Types of connectors that are installed."""
    return begin_with(incomplete, [(name, "") for name in types()])


def begin_with(incomplete: str, known: Iterable[tuple[str, str]]) -> Completions:
    """Those that begin as what was typed."""
    return [one for one in known if one[0].startswith(incomplete)]


def config_of(ctx: typer.Context) -> Path:
    """The configuration that the command would take."""
    given: Path = ctx.params["config"]
    return given


def _names(ctx: typer.Context, table: str) -> Completions:
    try:
        found: Any = tomllib.loads(config_of(ctx).read_text("utf-8")).get(table)
    except (OSError, ValueError):
        return []
    return [(name, "") for name in found] if isinstance(found, dict) else []
