"""Which routes an event takes by either of two mappings, and what of that can differ at all.

Routes that both mappings have word for word are one: they are rendered once, and not at all where
nothing that differs depends on them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import zip_longest

from connectors.base import Record
from receiver.aom import EVENTS, SourceContext
from receiver.mapping import PlacedRoute, Route, RouteTable, UpsertSettings
from receiver.settings.mapping_document import MappingDocument

Touched = dict[str, set[str] | None]
"""Object → the fields that can differ; None where all of the record can, and whether it is."""


@dataclass(frozen=True, slots=True)
class RoutePair:
    """The routes that events of one name and source take to a connector.

    A route that is in both is the same object there.
    """

    connector: str
    before: tuple[Route, ...]
    after: tuple[Route, ...]

    @property
    def same(self) -> bool:
        return self.before == self.after


class RoutePairs:
    """The pairs of all events that can make a difference. Raises ConfigError where either of the
    mappings can't be compiled.
    """

    def __init__(
        self, before: MappingDocument, after: MappingDocument, only: str | None = None
    ) -> None:
        self.before, self.after = RouteTable.compile(before), RouteTable.compile(after)
        moved = {
            name
            for name in before.sources.keys() & after.sources.keys()
            if _reading(before.sources[name]) != _reading(after.sources[name])
        }
        texts = _RouteTexts()
        self.touched: dict[str, Touched] = {}
        self._pairs: dict[tuple[str, str], tuple[RoutePair, ...]] = {}
        connectors = dict.fromkeys([*before.connectors, *after.connectors])
        for connector in [name for name in connectors if only in {None, name}]:
            self.touched[connector] = find_touched(
                texts.of(self.before, connector, before),
                texts.of(self.after, connector, after),
                all_routes=bool(moved) or _type(before, connector) != _type(after, connector),
            )
        for source in {**before.sources, **after.sources}:
            for event in EVENTS:
                self._pairs[source, event] = tuple(
                    self._paired(source, event, texts, shared=source not in moved)
                )

        self._profiled = {
            source
            for (source, _), found in self._pairs.items()
            if any(one.asks_for_profile for pair in found for one in (*pair.before, *pair.after))
        }

    def find(self, source: str, event: str) -> tuple[RoutePair, ...]:
        """By connector; without those at which nothing can differ."""
        return self._pairs.get((source, event), ())

    def wanted(self, source: str, event: str) -> tuple[bool, bool]:
        """Whether any route takes such an event, before and after."""
        before, after = (
            any(name in self.touched for name in table.connectors(source, event))
            for table in (self.before, self.after)
        )
        return before, after

    def asks_for_profile(self, source: str) -> bool:
        """Whether a route that can make a difference asks for profiles of the source's people."""
        return source in self._profiled

    def _paired(
        self, source: str, event: str, texts: _RouteTexts, *, shared: bool
    ) -> Iterator[RoutePair]:
        for connector, touched in self.touched.items():
            before = self.before.routes(connector, source, event)
            known = {texts.route(self.before, one): one for one in before} if shared else {}
            after = tuple(
                known.get(texts.route(self.after, one), one)
                for one in self.after.routes(connector, source, event)
            )
            pair = RoutePair(connector, before, after)
            if not pair.same or any(_touches(route, touched) for route in before):
                yield pair


def _reading(site: SourceContext) -> tuple[object, ...]:
    """What of a source decides how its events are read."""
    return site.timezone, site.currency


def _type(document: MappingDocument, connector: str) -> str | None:
    known = document.connectors.get(connector)
    return None if known is None else known.type


def trim_record(record: Record, touched: Touched) -> Record | None:
    """What of a record can differ; None where nothing can."""
    fields = touched.get(record.object, ())
    if fields is None:
        return record
    selected = {name: value for name, value in record.fields.items() if name in fields}
    return replace(record, fields=selected, links=(), key_field=None) if selected else None


def find_touched(
    before: Mapping[str, PlacedRoute], after: Mapping[str, PlacedRoute], *, all_routes: bool
) -> Touched:
    """What of one connector's records can differ between two sets of routes, by their texts."""
    touched: Touched = {}
    common = [text for text in before if text in after]
    if all_routes or common != [text for text in after if text in before]:
        for one in (*before.values(), *after.values()):
            _touch_whole(touched, one.route.upsert)
        return touched
    gone, new = _by_name(before, after), _by_name(after, before)
    for name in {**gone, **new}:
        _touch_differing(touched, gone.get(name), new.get(name))
    return touched


def _by_name(
    routes: Mapping[str, PlacedRoute], others: Mapping[str, PlacedRoute]
) -> dict[tuple[str, int], PlacedRoute]:
    """Those that the others have not, by name, and by their order where several have one."""
    found: dict[tuple[str, int], PlacedRoute] = {}
    counts = Counter[str]()
    for text, one in routes.items():
        if text not in others:
            found[one.name, counts[one.name]] = one
            counts[one.name] += 1
    return found


def _touch_differing(touched: Touched, old: PlacedRoute | None, new: PlacedRoute | None) -> None:
    upserts = [one.route.upsert if one is not None else () for one in (old, new)]
    if old is None or new is None or _head(old) != _head(new):
        _touch_whole(touched, (*upserts[0], *upserts[1]))
        return
    whole: set[str] = set()
    for one, other in zip_longest(*upserts):
        if one is None or other is None or _bare(one) != _bare(other):
            whole |= {upsert.object for upsert in (one, other) if upsert is not None}
        elif (known := touched.get(one.object, set())) is not None:
            names = {
                name
                for name in {**one.fields, **other.fields}
                if one.fields.get(name) != other.fields.get(name)
            }
            if names:
                touched[one.object] = known | names
    for upsert in (*upserts[0], *upserts[1]):
        if upsert.object in whole or whole.intersection(upsert.links):
            touched[upsert.object] = None


def _touch_whole(touched: Touched, upserts: Iterable[UpsertSettings]) -> None:
    touched.update(dict.fromkeys([upsert.object for upsert in upserts], None))


def _head(one: PlacedRoute) -> tuple[object, ...]:
    return one.route.sources, one.events, one.route.when


def _bare(upsert: UpsertSettings) -> UpsertSettings:
    return upsert.model_copy(update={"fields": {}, "use": ()})


def _touches(route: Route, touched: Touched) -> bool:
    return any(
        upsert.object in touched
        and (
            (fields := touched[upsert.object]) is None
            or any(field.name in fields for field in upsert.fields)
        )
        for upsert in route.upserts
    )


class _RouteTexts:
    """What tells a route from others that write something else: all of it but its name and place,
    and the type of the connector that it goes to.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[int, str, str], str] = {}

    def of(
        self, table: RouteTable, connector: str, document: MappingDocument
    ) -> dict[str, PlacedRoute]:
        found: dict[str, PlacedRoute] = {}
        for one in table.placed:
            if one.connector == connector:
                plain = one.route.model_copy(update={"name": "", "connector": ()}).model_dump()
                text = repr((document.connectors[connector].type, plain))
                self._known[id(table), connector, one.where] = text
                found[text] = one
        return found

    def route(self, table: RouteTable, route: Route) -> str:
        return self._known[id(table), route.connector, route.where]
