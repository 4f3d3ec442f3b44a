"""What a mapping needs of a CRM, what stands in its way, and plans to make it.

`connectors.base` exports all of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

FieldType = Literal["string", "number", "boolean", "date", "datetime", "choice", "choices"]
"""What kind of value a field holds: one of its options is a `choice`, several are `choices`."""


@dataclass(frozen=True, slots=True)
class FieldNeed:
    """What a mapping writes into a field: its type where known, the constants that it can give."""

    type: FieldType | None = None
    values: frozenset[str] = frozenset()
    places: tuple[str, ...] = ()  # where in the mapping, e.g. "routes[1].upsert[0].fields.amount"
    grows: bool = False  # of `choices`: further options are made as they come, see `Grows`


@dataclass(frozen=True, slots=True)
class ObjectNeed:
    """What the mapping writes of one object."""

    object: str
    key_field: str | None
    fields: Mapping[str, FieldNeed]
    links: tuple[str, ...] = ()  # the objects that it is linked to


Needs = Sequence[ObjectNeed]
"""All that the configured routes write through one connector."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What will not work: its place, and its remedy in the CRM's own words ("Settings → …")."""

    where: str
    message: str
    remedy: str = ""
    fatal: bool = True  # False: a warning


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that `provision` would create. `data` is the connector's own."""

    text: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is missing in the CRM, and what stands in the way of creating it."""

    steps: tuple[Step, ...] = ()
    blockers: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What `provision` did, in the plan's order; it stops for nothing but a ConnectorError."""

    done: tuple[str, ...] = ()
    failed: tuple[Problem, ...] = ()
