"""Settings beside routes that decide what is written of what comes from now on: whose an event is,
and what a connector makes of a new record.

What is stored and written already keeps what it has by the former ones, so that no record of a
stored event differs by them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from receiver.settings.mapping_document import MappingDocument

DEFAULT = "the default"


@dataclass(frozen=True, slots=True)
class SettingDifference:
    """A place in the configuration, and what stands there by either mapping."""

    where: str
    before: str
    after: str


def differing_settings(
    before: MappingDocument, after: MappingDocument, only: str | None = None
) -> tuple[SettingDifference, ...]:
    """Those of sources and connectors that both have; `only`: of the connectors this one alone."""
    return tuple(_differing(before, after, only))


def _differing(
    before: MappingDocument, after: MappingDocument, only: str | None
) -> Iterator[SettingDifference]:
    for name, source in before.sources.items():
        then = after.sources.get(name)
        if then is not None and then.identity != source.identity:
            yield SettingDifference(f"sources.{name}.identity", source.identity, then.identity)
    for name, connector in before.connectors.items():
        other = after.connectors.get(name)
        if other is None or other.type != connector.type or only not in {None, name}:
            continue
        old, new = _flat(connector.options), _flat(other.options)
        for option in {**old, **new}:
            values = old.get(option, DEFAULT), new.get(option, DEFAULT)
            if values[0] != values[1]:
                yield SettingDifference(f"connectors.{name}.{option}", *values)


def _flat(options: Mapping[str, Any], at: str = "") -> dict[str, str]:
    """`account.policy` → how it is written."""
    found: dict[str, str] = {}
    for name, value in options.items():
        place = f"{at}{name}"
        if isinstance(value, Mapping):
            found |= _flat(value, f"{place}.")
        else:
            found[place] = value if isinstance(value, str) else json.dumps(value)
    return found
