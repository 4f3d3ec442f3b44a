"""From the settings of a route to a route at work. What comes here has been checked."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from jinja2 import nodes

from connectors.base import Value
from receiver.mapping.language.compiler import Evaluate, compile_constant, compile_node
from receiver.mapping.language.environment import is_constant, lone_expression, parse_expression
from receiver.mapping.language.expression import compile_expression
from receiver.mapping.routes.map_pattern import ANYTHING, MapPattern
from receiver.mapping.routes.rank import Rank, by_date, by_own_date, by_stage, by_writing
from receiver.mapping.routes.route import (
    EachItem,
    FieldTemplate,
    Route,
    RouteCondition,
    UpsertTemplate,
    ValueMap,
    mapped_value,
    option_values,
    unmapped_value,
    where_holds,
    with_default,
)
from receiver.mapping.routes.route_config import ConnectorAccount, PlacedRoute, sources_of
from receiver.mapping.routes.route_settings import FieldSettings, RouteSettings, UpsertSettings
from receiver.mapping.routes.route_watch import UNWATCHED, RouteWatch, ValueLookup
from receiver.mapping.routes.ruled_record import Overwrite

DEFAULT_KEY = "{{ person.email }}"

_EACH = re.compile(r"\s*([A-Za-z_]\w*)\s+in\s+(.+)", re.DOTALL)


def build_route(
    one: PlacedRoute,
    accounts: Mapping[str, ConnectorAccount],
    sources: Collection[str],
    watch: RouteWatch = UNWATCHED,
) -> Route:
    """Compile all expressions of a route."""
    route = one.route
    account = accounts[one.connector]
    key_fields = account.type.key_fields if account.type is not None else {}
    return Route(
        name=one.name,
        where=one.where,
        connector=one.connector,
        sources=frozenset(sources_of(route, sources)),
        events=frozenset(one.events),
        when=_condition(f"{one.where}.when", route.when, watch),
        upserts=tuple(
            _upsert(one, index, upsert, key_fields, watch)
            for index, upsert in enumerate(route.upsert)
        ),
        asks_for_profile=any(map(names_profile, _trees(route))),
    )


def split_each(each: str) -> tuple[str, nodes.Expr] | None:
    """`course in courses` → the variable and what it goes through; None where it is no such text.

    Raises TemplateSyntaxError.
    """
    match = _EACH.fullmatch(each)
    if match is None:
        return None
    items = lone_expression(parse_expression("{{ (" + match[2] + ") }}"))
    return None if items is None else (match[1], items)


def own_key_field(upsert: UpsertSettings, key_fields: Mapping[str, str]) -> str | None:
    """None where the connector's own is meant, said or not."""
    return None if upsert.key_field == key_fields.get(upsert.object) else upsert.key_field


def _trees(route: RouteSettings) -> Iterator[nodes.Node]:
    """Of every expression of a route."""
    values: list[Any] = [route.when]
    for upsert in route.upsert:
        values += [upsert.when, upsert.key]
        if upsert.each is not None and (parts := split_each(upsert.each)) is not None:
            yield parts[1]
        for one in upsert.fields.values():
            values += [one.value, one.default, one.when, one.newest]
    yield from (parse_expression(value) for value in values if isinstance(value, str))


def names_profile(tree: nodes.Node) -> bool:
    """Whether an expression asks for what is known of the person."""
    names = (node for node in (tree, *tree.find_all(nodes.Name)) if isinstance(node, nodes.Name))
    return any(node.name == "profile" for node in names)


def _upsert(
    one: PlacedRoute,
    index: int,
    upsert: UpsertSettings,
    key_fields: Mapping[str, str],
    watch: RouteWatch,
) -> UpsertTemplate:
    where = f"{one.where}.upsert[{index}]"
    return UpsertTemplate(
        object=upsert.object,
        where=where,
        key=watch.key(where, compile_expression(upsert.key or DEFAULT_KEY)),
        key_field=own_key_field(upsert, key_fields),
        each=_each(f"{where}.each", upsert.each),
        when=_condition(f"{where}.when", upsert.when, watch),
        links=frozenset(upsert.links),
        fields=tuple(
            _build_field(name, one.field_place(index, name), field, watch)
            for name, field in upsert.fields.items()
        ),
        creates=upsert.mode != "update",
        overwrite=overwrite_rules(upsert),
    )


def overwrite_rules(upsert: UpsertSettings) -> dict[str, Overwrite]:
    """When each field may be written, where that is not always: of what is only created, none after
    that.
    """
    rules: dict[str, Overwrite] = {
        name: "never" if upsert.mode == "create" else field.overwrite
        for name, field in upsert.fields.items()
    }
    return {name: rule for name, rule in rules.items() if rule != "always"}


def _each(where: str, each: str | None) -> EachItem | None:
    parts = None if each is None else split_each(each)
    return None if parts is None else EachItem(where, parts[0], compile_node(parts[1]))


def _condition(where: str, when: str | bool | None, watch: RouteWatch) -> RouteCondition | None:
    if when is None:
        return None
    test = _evaluate(when)
    return RouteCondition(where, test if is_constant_value(when) else watch.condition(where, test))


def _build_field(
    name: str, where: str, settings: FieldSettings, watch: RouteWatch
) -> FieldTemplate:
    value = _build_value(where, settings, watch)
    if settings.default is not None:
        default = _evaluate(settings.default)
        if settings.append:
            default = option_values(default, grow=settings.grow)
        elif not is_constant_value(settings.default):
            default = unmapped_value(default)
        value = with_default(value, watch.default(f"{where}.default", default))
    if (condition := _condition(f"{where}.when", settings.when, watch)) is not None:
        value = where_holds(condition, value)
    return FieldTemplate(name, where, value, _rank(settings))


def _rank(settings: FieldSettings) -> Rank | None:
    if settings.forward is not None:
        return by_stage(settings.forward)
    if isinstance(settings.newest, str):
        return by_date(_evaluate(settings.newest))
    if settings.newest:
        return by_own_date
    values = (value for value in (settings.value, settings.default) if isinstance(value, str))
    return by_writing if any(map(names_profile, map(parse_expression, values))) else None


def _build_value(where: str, settings: FieldSettings, watch: RouteWatch) -> Evaluate:
    result = _evaluate(settings.value)
    lookup = None if settings.map is None else _watched(f"{where}.map", settings.map, watch)
    if settings.append:
        return option_values(result, lookup, grow=settings.grow)
    if lookup is not None:
        return mapped_value(result, lookup)
    return result if is_constant_value(settings.value) else unmapped_value(result)


def is_constant_value(value: Any) -> bool:
    """Whether a value is written as it stands."""
    return not isinstance(value, str) or is_constant(value)


def _evaluate(value: Any) -> Evaluate:
    return compile_expression(value) if isinstance(value, str) else compile_constant(value)


def _watched(where: str, entries: Mapping[str, Value], watch: RouteWatch) -> ValueLookup:
    names = _lookup({key: key for key in entries})
    return watch.lookup(where, entries, names, _lookup(entries))


def _lookup(entries: Mapping[str, Value]) -> ValueMap:
    exact = {key: value for key, value in entries.items() if ANYTHING not in key}
    patterns = tuple((MapPattern(key), value) for key, value in entries.items() if ANYTHING in key)
    return ValueMap(exact, {key.casefold(): value for key, value in exact.items()}, patterns)
