"""The mapping as a whole: which connectors an event concerns, and what it writes there."""

from __future__ import annotations

from collections import abc
from types import MappingProxyType
from typing import Any, Protocol, Self

from connectors import registry
from connectors.base import Connector, Needs, Record
from receiver.aom import EVENTS
from receiver.config_errors import ConfigError, ConfigFault
from receiver.mapping.check.raw_keys import StoredKeys
from receiver.mapping.check.route_check import check_routes
from receiver.mapping.language.environment import ENVIRONMENT
from receiver.mapping.language.limits import EventLimits
from receiver.mapping.language.scope import ExpressionScope
from receiver.mapping.requirements import find_needs
from receiver.mapping.routes.route import Route
from receiver.mapping.routes.route_builder import build_route
from receiver.mapping.routes.route_config import ConnectorAccount, PlacedRoute
from receiver.mapping.routes.route_settings import RouteSettings, SnippetSettings
from receiver.mapping.routes.route_watch import UNWATCHED, RouteWatch

WatchOf = abc.Callable[[PlacedRoute], RouteWatch]


class RoutedConnector(Protocol):
    """What a mapping needs of a connector's settings."""

    @property
    def type(self) -> str: ...
    @property
    def mapping(self) -> tuple[str, ...]: ...


class RoutedSource(Protocol):
    """What a mapping needs of a source's settings."""

    @property
    def identity(self) -> str: ...


class RouteTableSettings(Protocol):
    """What a mapping needs of the settings."""

    @property
    def sources(self) -> abc.Mapping[str, RoutedSource]: ...
    @property
    def connectors(self) -> abc.Mapping[str, RoutedConnector]: ...
    @property
    def routes(self) -> abc.Sequence[RouteSettings]: ...
    @property
    def snippets(self) -> abc.Mapping[str, SnippetSettings]: ...


class RouteTable:
    """All routes, compiled. It changes nothing, so any number of threads may use it."""

    def __init__(
        self,
        placed: abc.Sequence[PlacedRoute],
        accounts: abc.Mapping[str, ConnectorAccount],
        sources: abc.Collection[str],
        watch: WatchOf | None = None,
    ) -> None:
        self.warnings: tuple[ConfigFault, ...] = ()
        self._placed = placed
        self._accounts = accounts
        self._routes: dict[tuple[str, str, str], tuple[Route, ...]] = {}
        self._connectors: dict[tuple[str, str], tuple[str, ...]] = {}
        routes = [
            build_route(one, accounts, sources, UNWATCHED if watch is None else watch(one))
            for one in placed
            if one.route.upsert
        ]
        self._profiled = {
            (route.connector, source)
            for route in routes
            if route.asks_for_profile
            for source in route.sources
        }
        self.profiled_sources = frozenset(source for _, source in self._profiled)
        """The sources of whose people a route asks for the profile."""
        for source in sources:
            for event in EVENTS:
                self._index(
                    source,
                    event,
                    [
                        route
                        for route in routes
                        if source in route.sources and event in route.events
                    ],
                )

    @classmethod
    def compile(
        cls,
        settings: RouteTableSettings,
        types: abc.Mapping[str, type[Connector]] | None = None,
        watch: WatchOf | None = None,
        stored: StoredKeys = MappingProxyType({}),
    ) -> Self:
        """Check and compile all routes.

        Raises ConfigError with every fault. `types` are the registry's unless given; `watch` gives
        who watches a route at work; `stored` are keys of payloads that a gateway has met.
        """
        types = registry.types() if types is None else types
        accounts = {
            name: ConnectorAccount(types[one.type], one.mapping)
            for name, one in settings.connectors.items()
        }
        sources = tuple(settings.sources)
        placed, faults = check_routes(
            dict(enumerate(settings.routes)),
            settings.snippets,
            accounts,
            sources,
            stored,
            [name for name, one in settings.sources.items() if one.identity == "aom_id"],
        )
        if errors := [fault for fault in faults if not fault.warning]:
            raise ConfigError(errors)
        mapping = cls(placed, accounts, sources, watch)
        mapping.warnings = tuple(faults)
        return mapping

    @property
    def placed(self) -> tuple[PlacedRoute, ...]:
        """The routes as they were written: the operator's own, then the standard ones that none of
        them replaces.
        """
        return tuple(self._placed)

    def connectors(self, source: str, event: str) -> tuple[str, ...]:
        """The connectors that have a route for the event."""
        return self._connectors.get((source, event), ())

    def routes(self, connector: str, source: str, event: str) -> tuple[Route, ...]:
        """The routes that an event takes to a connector, in the order of the configuration,
        standard ones last.
        """
        return self._routes.get((connector, source, event), ())

    def asks_for_profile(self, connector: str, source: str) -> bool:
        """Whether a route from a source to a connector asks for the profile of people."""
        return (connector, source) in self._profiled

    def render(
        self, connector: str, source: str, event: str, context: abc.Mapping[str, Any]
    ) -> tuple[Record, ...]:
        """What the event writes, not folded yet; `context` is the event's own.

        Raises MappingFault, and nothing else.
        """
        scope = ExpressionScope(ENVIRONMENT, context, EventLimits())
        return tuple(
            [
                record
                for route in self.routes(connector, source, event)
                for record in route.render(scope)
            ]
        )

    def render_with_places(
        self, connector: str, source: str, event: str, context: abc.Mapping[str, Any]
    ) -> tuple[tuple[Record, abc.Mapping[str, str]], ...]:
        """The same, each record with the place in the configuration that each field comes from."""
        scope = ExpressionScope(ENVIRONMENT, context, EventLimits())
        return tuple(
            [
                (record, upsert.places_of(record.fields))
                for route in self.routes(connector, source, event)
                for upsert, record in route.render_upserts(scope)
            ]
        )

    def needs(self, connector: str) -> Needs:
        """What all routes write through a connector."""
        return find_needs(
            [one for one in self._placed if one.connector == connector], self._accounts[connector]
        )

    def _index(self, source: str, event: str, routes: abc.Iterable[Route]) -> None:
        found: dict[str, list[Route]] = {}
        for route in routes:
            found.setdefault(route.connector, []).append(route)
        self._connectors[source, event] = tuple(found)
        self._routes.update(
            {(connector, source, event): tuple(ones) for connector, ones in found.items()}
        )
