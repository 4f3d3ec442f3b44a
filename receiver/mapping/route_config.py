"""All routes of a configuration, the operator's and the connectors' own, each with its place."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any

from connectors.base import Connector, mapping_names, shipped_mapping
from receiver.aom import EVENTS
from receiver.faults import ConfigFault, place, read, suggestion
from receiver.mapping.schema import RouteSettings


@dataclass(frozen=True, slots=True)
class Account:
    """A configured connector, as far as routes need to know it. `type` is None where it is unknown or can't be used."""

    type: type[Connector] | None
    mappings: tuple[str, ...] = ()  # those of the connector's own that it takes


@dataclass(frozen=True, slots=True)
class Placed:
    """A route, and the place in the configuration that its faults are told at."""

    where: str
    route: RouteSettings

    @property
    def name(self) -> str:
        return self.route.name or self.where

    @property
    def events(self) -> tuple[str, ...]:
        """The events that its patterns match, in the order of AOM's menu."""
        return tuple(event for event in EVENTS if any(fnmatchcase(event, pattern) for pattern in self.route.events))


def placed(routes: Mapping[int, RouteSettings], accounts: Mapping[str, Account]) -> tuple[tuple[Placed, ...], list[ConfigFault]]:
    """The operator's routes by index, then the shipped ones that none of them replaces, and the
    faults of the latter.
    """
    own = [Placed(place(("routes", index)), route) for index, route in routes.items()]
    replaced = {(one.route.connector, one.route.name) for one in own}
    shipped, faults = _shipped(accounts)
    kept = [one for one in shipped if (one.route.connector, one.route.name) not in replaced]
    return (*own, *kept), faults


def sources_of(route: RouteSettings, known: Collection[str]) -> tuple[str, ...]:
    """The sources whose events the route takes."""
    return tuple(name for name in known if route.sources is None or name in route.sources)


def _shipped(accounts: Mapping[str, Account]) -> tuple[list[Placed], list[ConfigFault]]:
    found: list[Placed] = []
    faults: list[ConfigFault] = []
    usable = [(name, one.type, one.mappings) for name, one in accounts.items() if one.type]
    for name, kind, mapping in ((name, kind, one) for name, kind, ones in usable for one in ones):
        at = place(("connectors", name, "mapping"))
        try:
            text = shipped_mapping(kind, mapping)
            tables = tomllib.loads(text, parse_float=Decimal).get("routes", [])
        except LookupError:
            known = mapping_names(kind)
            message = f"the connector ships no mapping {mapping!r}"
            faults.append(ConfigFault(at, message, suggestion(mapping, known, "there are")))
        except (OSError, ValueError) as error:
            message = f"the connector's {mapping} mapping can't be read: {error}"
            faults.append(ConfigFault(at, message))
        else:
            for one, wrong in _read(name, mapping, tables):
                faults += wrong
                found += one
    return found, faults


def _read(connector: str, mapping: str, tables: Iterable[dict[str, Any]]) -> Iterable[tuple[list[Placed], list[ConfigFault]]]:
    for index, table in enumerate(tables):
        steps = ("connectors", connector, mapping, str(table.get("name", index)))
        route, faults = read(RouteSettings, {**table, "connector": connector}, steps)
        yield ([] if route is None else [Placed(place(steps), route)]), faults
