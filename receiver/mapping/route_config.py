"""All routes of a configuration, the operator's and the connectors' own, each with its place."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any

from connectors.base import Connector
from receiver.aom import EVENTS
from receiver.faults import ConfigFault, place, read
from receiver.mapping.schema import RouteSettings


@dataclass(frozen=True, slots=True)
class Account:
    """A configured connector, as far as routes need to know it. `type` is None where it is unknown or can't be used."""

    type: type[Connector] | None
    standard: bool = False


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
    """The operator's routes by index, then the standard ones that none of them replaces, and the faults of the latter."""
    own = [Placed(place(("routes", index)), route) for index, route in routes.items()]
    replaced = {(one.route.connector, one.route.name) for one in own}
    standard, faults = _standard(accounts)
    kept = [one for one in standard if (one.route.connector, one.route.name) not in replaced]
    return (*own, *kept), faults


def sources_of(route: RouteSettings, known: Collection[str]) -> tuple[str, ...]:
    """The sources whose events the route takes."""
    return tuple(name for name in known if route.sources is None or name in route.sources)


def _standard(accounts: Mapping[str, Account]) -> tuple[list[Placed], list[ConfigFault]]:
    found: list[Placed] = []
    faults: list[ConfigFault] = []
    for name, account in accounts.items():
        if not account.standard or account.type is None:
            continue
        try:
            tables = tomllib.loads(account.type.standard_mapping(), parse_float=Decimal).get("routes", [])
        except (OSError, ValueError) as error:
            faults.append(ConfigFault(place(("connectors", name, "mapping")), f"the connector's standard mapping can't be read: {error}"))
            continue
        for one, wrong in _read(name, tables):
            faults += wrong
            found += one
    return found, faults


def _read(connector: str, tables: Iterable[dict[str, Any]]) -> Iterable[tuple[list[Placed], list[ConfigFault]]]:
    for index, table in enumerate(tables):
        steps = ("connectors", connector, "standard", str(table.get("name", index)))
        route, faults = read(RouteSettings, {**table, "connector": connector}, steps)
        yield ([] if route is None else [Placed(place(steps), route)]), faults
