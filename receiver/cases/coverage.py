"""Which parts of a mapping the cases reach: routes, upserts, conditions, map entries, defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.base import Value
from receiver.mapping import PlacedRoute, RouteWatch, ValueLookup
from receiver.mapping.explanation import Explanation
from receiver.mapping.language.compiler import Evaluate
from receiver.mapping.language.scope import ExpressionScope
from receiver.mapping.routes.route_builder import is_constant_value


@dataclass(frozen=True, slots=True)
class CoveragePoint:
    """A part of the mapping that a case may reach; `what` says it in words."""

    connector: str
    where: str
    what: str


class MappingCoverage:
    """Give its `watch` to `RouteTable.compile`, and every explanation to `note`."""

    def __init__(self) -> None:
        self._reached: dict[CoveragePoint, bool] = {}
        self._unconditional: dict[tuple[str, str], CoveragePoint] = {}

    def watch(self, placed: PlacedRoute) -> RouteWatch:
        """Who watches this route."""
        point = self.add(CoveragePoint(placed.connector, placed.where, f"route {placed.name}"))
        if placed.route.when is None or is_constant_value(placed.route.when):
            self._unconditional[placed.connector, placed.name] = point
        return _RouteWatcher(self, placed, point)

    def note(self, explained: Explanation) -> None:
        """The routes that the event of a case took."""
        for delivery in explained.deliveries:
            for route in delivery.routes:
                if (point := self._unconditional.get((delivery.connector, route))) is not None:
                    self.reach(point)

    def add(self, point: CoveragePoint) -> CoveragePoint:
        self._reached.setdefault(point, False)
        return point

    def reach(self, point: CoveragePoint) -> None:
        self._reached[point] = True

    @property
    def total(self) -> int:
        return len(self._reached)

    @property
    def missed(self) -> tuple[CoveragePoint, ...]:
        return tuple(point for point, reached in self._reached.items() if not reached)

    @property
    def percent(self) -> float:
        """100 where there is nothing to reach."""
        return 100 * (1 - len(self.missed) / self.total) if self.total else 100.0


@dataclass(frozen=True, slots=True)
class _RouteWatcher:
    coverage: MappingCoverage
    placed: PlacedRoute
    route: CoveragePoint

    def condition(self, where: str, test: Evaluate) -> Evaluate:
        met, unmet = self._point(where, "when it holds"), self._point(where, "when it does not")
        of_route = where == f"{self.placed.where}.when"

        def evaluate(scope: ExpressionScope) -> bool:
            holds = bool(test(scope))
            self.coverage.reach(met if holds else unmet)
            if holds and of_route:
                self.coverage.reach(self.route)
            return holds

        return evaluate

    def key(self, where: str, key: Evaluate) -> Evaluate:
        return self._reaching(self._point(where, "upsert"), key)

    def default(self, where: str, default: Evaluate) -> Evaluate:
        return self._reaching(self._point(where, "default"), default)

    def lookup(
        self,
        where: str,
        entries: Mapping[str, Value],
        names: ValueLookup,
        found: ValueLookup,
    ) -> ValueLookup:
        points = {key: self._point(where, f"entry {key!r}") for key in entries}
        return _WatchedLookup(self.coverage, points, names, found)

    def _point(self, where: str, what: str) -> CoveragePoint:
        return self.coverage.add(CoveragePoint(self.placed.connector, where, what))

    def _reaching(self, point: CoveragePoint, value: Evaluate) -> Evaluate:
        def evaluate(scope: ExpressionScope) -> Any:
            self.coverage.reach(point)
            return value(scope)

        return evaluate


@dataclass(frozen=True, slots=True)
class _WatchedLookup:
    coverage: MappingCoverage
    points: Mapping[str, CoveragePoint]
    names: ValueLookup
    found: ValueLookup

    def find(self, result: Any) -> Value | None:
        if isinstance(key := self.names.find(result), str):
            self.coverage.reach(self.points[key])
        return self.found.find(result)
