"""All routes of a configuration, the operator's and the connectors' own, each with its place."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any

from connectors.base import Connector, read_shipped_mappings
from receiver.aom import EVENTS
from receiver.config_errors import ConfigFault, format_place, read_model, suggest_name
from receiver.mapping.routes.route_settings import (
    FieldSettings,
    RouteSettings,
    SnippetSettings,
    UpsertSettings,
)


@dataclass(frozen=True, slots=True)
class ConnectorAccount:
    """A configured connector, as far as routes need to know it.

    `type` is None where it is unknown or can't be used.
    """

    type: type[Connector] | None
    mappings: tuple[str, ...] = ()  # those of the connector's own that it takes


@dataclass(frozen=True, slots=True)
class PlacedRoute:
    """A route to one connector, with the fields of its snippets, and the place in the configuration
    that its faults are told at.
    """

    where: str
    route: RouteSettings
    connector: str
    own: bool  # the operator's, not shipped
    snippet_places: Mapping[tuple[int, str], str] = field(default_factory=dict)
    """Where a field stands that an upsert, by its index, has of a snippet."""

    @property
    def name(self) -> str:
        return self.route.name or self.where

    def field_place(self, upsert: int, name: str) -> str:
        """Where a field of an upsert stands."""
        return (
            self.snippet_places.get((upsert, name))
            or f"{self.where}.upsert[{upsert}].{format_place(('fields', name))}"
        )

    @property
    def events(self) -> tuple[str, ...]:
        """The events that its patterns match, in the order of AOM's menu."""
        return tuple(
            event
            for event in EVENTS
            if any(fnmatchcase(event, pattern) for pattern in self.route.events)
        )


@dataclass(frozen=True, slots=True)
class Snippets:
    """Those of a configuration, or of a shipped mapping, by name, and the place that they stand
    at.
    """

    where: tuple[str, ...]
    by_name: Mapping[str, SnippetSettings]

    def place_of(self, name: str) -> str:
        return format_place((*self.where, name))


def place_routes(
    routes: Mapping[int, RouteSettings],
    snippets: Mapping[str, SnippetSettings],
    accounts: Mapping[str, ConnectorAccount],
) -> tuple[tuple[PlacedRoute, ...], list[ConfigFault]]:
    """The operator's routes by index, then the shipped ones that none of them replaces, each once
    for every connector that it goes to; and the faults of the latter, and of snippets.
    """
    faults: list[ConfigFault] = []
    known = Snippets(("snippets",), snippets)
    own = [
        one
        for index, route in routes.items()
        for one in _placed(format_place(("routes", index)), route, known, faults, own=True)
    ]
    faults += _unused(known, routes.values())
    replaced = {(one.connector, one.route.name) for one in own}
    shipped = _shipped(accounts, faults)
    return (
        *own,
        *(one for one in shipped if (one.connector, one.route.name) not in replaced),
    ), faults


def _placed(
    where: str, route: RouteSettings, snippets: Snippets, faults: list[ConfigFault], *, own: bool
) -> list[PlacedRoute]:
    """The route with its snippets' fields in place.

    Of two fields of one name the upsert's own counts, then the snippet's named first.
    """
    places: dict[tuple[int, str], str] = {}
    upserts = list(route.upsert)
    for index, upsert in enumerate(upserts):
        shared: dict[str, FieldSettings] = {}
        for at, name in enumerate(upsert.use):
            if name not in snippets.by_name:
                remedy = (
                    suggest_name(name, snippets.by_name, "snippets")
                    if snippets.by_name
                    else f"add [{snippets.place_of(name)}]"
                )
                faults.append(
                    ConfigFault(
                        f"{where}.upsert[{index}].use[{at}]",
                        f"there is no snippet {name!r}",
                        remedy,
                    )
                )
                continue
            for field_name, settings in snippets.by_name[name].fields.items():
                if field_name in upsert.fields:
                    continue
                if shared.get(field_name, settings) != settings:
                    faults.append(
                        ConfigFault(
                            f"{where}.upsert[{index}].use[{at}]",
                            f"{name!r} has the field {field_name!r} too, otherwise: that of "
                            f"{places[index, field_name]} counts",
                            "write the field in the upsert itself, or take it out of one of them",
                            warning=True,
                        )
                    )
                elif field_name not in shared:
                    shared[field_name] = settings
                    places[index, field_name] = (
                        f"{snippets.place_of(name)}.{format_place(('fields', field_name))}"
                    )
        upserts[index] = _with_fields(upsert, shared)
    whole = route.model_copy(update={"upsert": tuple(upserts)}) if places else route
    return [
        PlacedRoute(where, whole, connector, own, places)
        for connector in dict.fromkeys(route.connector)
    ]


def _with_fields(upsert: UpsertSettings, shared: Mapping[str, FieldSettings]) -> UpsertSettings:
    return upsert.model_copy(update={"fields": {**shared, **upsert.fields}}) if shared else upsert


def _unused(snippets: Snippets, routes: Iterable[RouteSettings]) -> Iterator[ConfigFault]:
    used = {name for route in routes for upsert in route.upsert for name in upsert.use}
    for name in snippets.by_name.keys() - used:
        yield ConfigFault(
            snippets.place_of(name),
            "no upsert uses it",
            f'write use = ["{name}"] in an upsert',
            warning=True,
        )


def sources_of(route: RouteSettings, known: Collection[str]) -> tuple[str, ...]:
    """The sources whose events the route takes."""
    return tuple(name for name in known if route.sources is None or name in route.sources)


def _shipped(
    accounts: Mapping[str, ConnectorAccount], faults: list[ConfigFault]
) -> list[PlacedRoute]:
    found: list[PlacedRoute] = []
    usable = [(name, one.type, one.mappings) for name, one in accounts.items() if one.type]
    for name, kind, mapping in ((name, kind, one) for name, kind, ones in usable for one in ones):
        at = format_place(("connectors", name, "mapping"))
        try:
            shipped = read_shipped_mappings(kind)
            if mapping not in shipped:
                message = f"the connector ships no mapping {mapping!r}"
                faults.append(ConfigFault(at, message, suggest_name(mapping, shipped, "there are")))
                continue
            document = tomllib.loads(shipped[mapping], parse_float=Decimal)
        except (OSError, ValueError) as error:
            message = f"the connector's {mapping} mapping can't be read: {error}"
            faults.append(ConfigFault(at, message))
        else:
            found += _read_mapping_routes(name, mapping, document, faults)
    return found


def _read_mapping_routes(
    connector: str, mapping: str, document: Mapping[str, Any], faults: list[ConfigFault]
) -> list[PlacedRoute]:
    at = ("connectors", connector, mapping)
    snippets: dict[str, SnippetSettings] = {}
    for name, table in document.get("snippets", {}).items():
        snippet, wrong = read_model(SnippetSettings, table, (*at, "snippets", name))
        faults += wrong
        if snippet is not None:
            snippets[name] = snippet
    found: list[PlacedRoute] = []
    for index, table in enumerate(document.get("routes", [])):
        steps = (*at, str(table.get("name", index)))
        route, wrong = read_model(RouteSettings, {**table, "connector": connector}, steps)
        faults += wrong
        if route is not None:
            found += _placed(
                format_place(steps), route, Snippets((*at, "snippets"), snippets), faults, own=False
            )
    return found
