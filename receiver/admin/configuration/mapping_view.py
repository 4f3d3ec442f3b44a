"""What the admin API answers of the mapping."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MappingView:
    """The mapping in force as TOML: sources without their tokens, connectors without their secrets,
    routes and snippets.
    """

    toml: str
