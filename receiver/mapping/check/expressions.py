"""Every expression of a route, held against every event that the route takes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from jinja2 import TemplateSyntaxError, nodes
from pydantic import BaseModel

from receiver.aom import EVENTS, names_of_event
from receiver.config_errors import ConfigFault, find_curly_quote, format_place, nearest_name
from receiver.mapping.check.closed_sets import KnownValues, find_wrong_keys
from receiver.mapping.check.expression_analysis import ExpressionAnalysis, Scope
from receiver.mapping.check.raw_keys import StoredKeys
from receiver.mapping.check.static_conditions import static_truth
from receiver.mapping.language.attribute_access import bare_type, element_of
from receiver.mapping.language.constant_texts import constant_texts
from receiver.mapping.language.environment import is_constant, lone_expression, parse_expression
from receiver.mapping.language.scope import Loop
from receiver.mapping.language.unsupported_syntax import find_statements, find_unsupported
from receiver.mapping.routes.map_pattern import ANYTHING, MapPattern, find_covered
from receiver.mapping.routes.route_builder import DEFAULT_KEY, is_constant_value, split_each
from receiver.mapping.routes.route_config import PlacedRoute
from receiver.mapping.routes.route_settings import FieldSettings, UpsertSettings

_NO_DATES = (str, bool, int, float, Decimal)
_SHOWN = 3  # events named in a fault

Scopes = Mapping[str, Scope]
"""What can be named at a place, for each event that can come there."""


@dataclass
class CheckedRoute:
    """What the expressions of a route showed: faults, and what kind of value each field gets, by
    its place.
    """

    sources: Collection[str] = ()
    stored: StoredKeys = field(default_factory=dict)
    faults: list[ConfigFault] = field(default_factory=list)
    kinds: dict[str, list[Any]] = field(default_factory=dict)

    def analysis(self, event: str) -> ExpressionAnalysis:
        """One for an expression, at an event."""
        return ExpressionAnalysis(event, sources=self.sources, stored=self.stored)


def check_expressions(
    one: PlacedRoute, sources: Collection[str] = (), stored: StoredKeys = MappingProxyType({})
) -> CheckedRoute:
    """Check one route; `sources` are those of the configuration, `stored` the keys that a gateway
    has met, where they are known.
    """
    checked = CheckedRoute(sources, stored)
    scopes: Scopes = {
        event: dict(names_of_event(event)) for event in one.events or _meant(one.route.events)
    }
    scopes = _condition(f"{one.where}.when", one.route.when, scopes, checked)
    for index, upsert in enumerate(one.route.upsert):
        _upsert(one, index, upsert, scopes, checked)
    return checked


def _meant(patterns: Sequence[str]) -> tuple[str, ...]:
    """The events that were probably meant, so that a slip in a name hides no other fault."""
    return tuple(
        near for pattern in patterns if (near := nearest_name(pattern, EVENTS)) is not None
    )


def _upsert(
    one: PlacedRoute, index: int, upsert: UpsertSettings, scopes: Scopes, checked: CheckedRoute
) -> None:
    where = f"{one.where}.upsert[{index}]"
    scopes = _each(f"{where}.each", upsert.each, scopes, checked)
    scopes = _condition(f"{where}.when", upsert.when, scopes, checked)
    _check_value(f"{where}.key", upsert.key or DEFAULT_KEY, scopes, checked)
    for name, settings in upsert.fields.items():
        _check_field(one.field_place(index, name), settings, scopes, checked)


def _check_field(
    where: str, settings: FieldSettings, scopes: Scopes, checked: CheckedRoute
) -> None:
    scopes = _condition(f"{where}.when", settings.when, scopes, checked)
    checked.faults += _never_written(where, settings)
    kinds = _check_value(where, settings.value, scopes, checked)
    # a snippet's field is written in several places
    checked.kinds.setdefault(where, []).extend(kinds)
    if settings.default is not None:
        _check_value(f"{where}.default", settings.default, scopes, checked)
    for key, value in (settings.map or {}).items():
        if not is_constant_value(value):
            remedy = "put the expression into `value` or `default`"
            checked.faults.append(
                ConfigFault(
                    f"{where}.{format_place(('map', key))}",
                    "is an expression; a map gives constants",
                    remedy,
                )
            )
    checked.faults += _forward(where, settings)
    _newest(where, settings, kinds, scopes, checked)
    checked.faults += _unreachable(where, settings.map or {})
    checked.faults += _wrong_keys(where, settings, scopes, checked)
    if settings.map is not None and settings.default is None and not settings.append:
        checked.faults += _open_map(where, settings, scopes)
    if not settings.append and settings.map is None:
        checked.faults += _composed(where, kinds)


def _never_written(where: str, settings: FieldSettings) -> Iterator[ConfigFault]:
    """An expression that is false whatever comes; `when = false` says that it is meant."""
    if isinstance(settings.when, str) and not is_constant(settings.when):
        try:
            only = lone_expression(parse_expression(settings.when))
        except (TemplateSyntaxError, RecursionError):  # told already
            return
        if isinstance(only, nodes.Const) and not only.value:
            yield ConfigFault(
                f"{where}.when",
                "is always false: the field is never written",
                "change the condition, or write when = false to say that this is meant",
                warning=True,
            )


def _composed(where: str, kinds: Sequence[Any]) -> Iterator[ConfigFault]:
    """Fields take one plain value: a whole course, or a list of them, is none."""
    for plain in map(bare_type, kinds):
        if isinstance(plain, type) and issubclass(plain, BaseModel):
            yield ConfigFault(
                where,
                f"gives a whole {plain.__name__.lower()}",
                f"name one part of it: {', '.join(plain.model_fields)}",
            )
            return
        if plain in (list, tuple):
            yield ConfigFault(
                where, "gives a list", "join it with | join(', '), or use append = true"
            )
            return


def _forward(where: str, settings: FieldSettings) -> Iterator[ConfigFault]:
    """Stages that the field can get, as far as they stand in the configuration, and that `forward`
    does not name.
    """
    if settings.forward is None:
        return
    written = [settings.value] if settings.map is None else [*settings.map.values()]
    known = {stage.casefold() for stage in settings.forward}
    for stage in sorted(frozenset[str]().union(*map(constant_texts, [*written, settings.default]))):
        if stage.casefold() not in known:
            near = nearest_name(stage, settings.forward)
            remedy = f"did you mean it by {near!r}?" if near else "add it where it belongs"
            yield ConfigFault(
                f"{where}.forward", f"has no {stage!r}, which the field can get", remedy
            )


def _newest(
    where: str, settings: FieldSettings, kinds: Sequence[Any], scopes: Scopes, checked: CheckedRoute
) -> None:
    """What decides is a date: the field's own value, or that of an expression."""
    if not settings.newest:
        return
    if isinstance(settings.newest, str):
        where, kinds = (
            f"{where}.newest",
            _check_value(f"{where}.newest", settings.newest, scopes, checked),
        )
    elif settings.map is not None:
        kinds = [str]
    if any(kind in _NO_DATES for kind in map(bare_type, kinds)):
        remedy = 'name the date that decides: newest = "{{ event.occurred_at }}"'
        checked.faults.append(
            ConfigFault(where, "`newest` goes by a date, and this is none", remedy)
        )


def _unreachable(where: str, entries: Mapping[str, Any]) -> Iterator[ConfigFault]:
    """Patterns that no value comes to, since one before them takes all that they match; and keys
    that are another one but for upper and lower case, which most values do not tell apart.
    """
    patterns = [MapPattern(key) for key in entries if ANYTHING in key]
    for pattern, before in find_covered(patterns):
        message = f"is never reached: {before.text!r} before it takes all that it matches"
        place = f"{where}.{format_place(('map', pattern.text))}"
        yield ConfigFault(place, message, "put it before that one", warning=True)
    first: dict[str, str] = {}
    for key in entries:
        if (same := first.setdefault(key.casefold(), key)) != key and ANYTHING not in key:
            yield ConfigFault(
                f"{where}.{format_place(('map', key))}",
                f"is {same!r} but for upper and lower case, which a map does not tell apart",
                "keep one of them",
                warning=True,
            )


def _wrong_keys(
    where: str, settings: FieldSettings, scopes: Scopes, checked: CheckedRoute
) -> Iterator[ConfigFault]:
    """Keys of a map that its value never has, where all that it can have is known."""
    if not settings.map or is_constant_value(settings.value):
        return
    try:
        only = lone_expression(parse_expression(settings.value))
    except (TemplateSyntaxError, RecursionError):  # told already
        return
    if only is None:
        return
    for event in list(scopes)[:1]:
        known = KnownValues(event, checked.sources).of_result(only)
        for key, message, remedy in find_wrong_keys(known, settings.map) if known else ():
            place = f"{where}.{format_place(('map', key))}"
            yield ConfigFault(place, message, remedy)


def _open_map(where: str, settings: FieldSettings, scopes: Scopes) -> Iterator[ConfigFault]:
    """A map without a default leaves a field alone where the value is not in it: a warning, unless
    it names every event.
    """
    if ANYTHING in (settings.map or ()):
        return
    known = {key.casefold() for key in settings.map or ()}
    if str(settings.value).replace(" ", "") == "{{event.name}}":
        lacking = [event for event in scopes if event not in known]
        message = f"the map has no {', '.join(lacking)}: the field is not sent for them"
    else:
        lacking = ["…"]
        message = "without a default the field is not sent where the value is not in the map"
    if lacking:
        yield ConfigFault(
            where,
            message,
            'add default = "…", or default = "{{ none }}" to say that this is meant',
            warning=True,
        )


def _each(where: str, each: str | None, scopes: Scopes, checked: CheckedRoute) -> Scopes:
    if each is None:
        return scopes
    try:
        parts = split_each(each)
    except (TemplateSyntaxError, RecursionError) as error:
        checked.faults.append(_syntax(where, error))
        return {}
    if parts is None:
        remedy = 'write a name and what it goes through: "course in courses"'
        checked.faults.append(ConfigFault(where, f"{each!r} is not understood", remedy))
        return {}
    variable, items = parts
    checked.faults += _refused_syntax(where, items)
    analyses = {event: checked.analysis(event) for event in scopes}
    kinds = {
        event: analysis.expression(items, scopes[event]) for event, analysis in analyses.items()
    }
    checked.faults += _path_faults(where, list(analyses.values()))
    if any(element_of(kind) is None for kind in kinds.values()):
        remedy = "use what is one, like courses or order.line_items"
        checked.faults.append(ConfigFault(where, "goes through something that is no list", remedy))
    return {
        event: {**scope, "loop": Loop, variable: element_of(kinds[event]) or Any}
        for event, scope in scopes.items()
    }


def _condition(
    where: str, when: str | bool | None, scopes: Scopes, checked: CheckedRoute
) -> Scopes:
    """Check a condition; events for which it is certainly false come no further."""
    if not isinstance(when, str):
        return {} if when is False else scopes
    tree = _parsed(where, when, checked)
    if tree is None:
        return scopes
    only = lone_expression(tree)
    if only is None:
        checked.faults.append(
            ConfigFault(
                where,
                "is always true",
                f'write one condition in braces: "{{{{ {when.strip()} }}}}"',
            )
        )
        return scopes
    fault_count = len(checked.faults)
    _check_value(where, when, scopes, checked)
    met = {
        event: scope
        for event, scope in scopes.items()
        if static_truth(only, scope, event) is not False
    }
    is_understood = len(checked.faults) == fault_count
    if scopes and not met and is_understood and not isinstance(only, nodes.Const):
        checked.faults.append(
            ConfigFault(
                where,
                f"never holds for {_list_events(tuple(scopes))}",
                "nothing would be written; change the condition or the events, or write false",
            )
        )
    return met


def _check_value(where: str, value: Any, scopes: Scopes, checked: CheckedRoute) -> list[Any]:
    """Check a value, and tell its kind for each event."""
    if is_constant_value(value):
        return [type(value)]
    tree = _parsed(where, value, checked)
    if tree is None:
        return []
    only = lone_expression(tree)
    analyses = [checked.analysis(event) for event in scopes]
    kinds = [
        one.tree(tree, scopes[one.event])
        if only is None
        else one.expression(only, scopes[one.event])
        for one in analyses
    ]
    checked.faults += _path_faults(where, analyses)
    return kinds


def _parsed(where: str, source: str, checked: CheckedRoute) -> nodes.Template | None:
    try:
        if found := dict(find_statements(source)):
            checked.faults += [
                ConfigFault(where, message, remedy) for message, remedy in found.items()
            ]
            return None
        tree = parse_expression(source)
        checked.faults += _refused_syntax(where, tree)
    except (TemplateSyntaxError, RecursionError) as error:
        checked.faults.append(_syntax(where, error))
        return None
    return tree


def _refused_syntax(where: str, tree: nodes.Node) -> Iterator[ConfigFault]:
    yield from (
        ConfigFault(where, message, remedy)
        for message, remedy in dict(find_unsupported(tree)).items()
    )


def _syntax(where: str, error: TemplateSyntaxError | RecursionError) -> ConfigFault:
    if isinstance(error, RecursionError):
        return ConfigFault(where, "is nested too deeply", "take it apart")
    remedy = "see Jinja's expressions: {{ person.first_name | upper }}"
    if quote := find_curly_quote(error.message or ""):
        remedy = f"{quote} is a curly quote; write straight ones: '…'"
    return ConfigFault(where, f"is no valid expression: {error.message}", remedy)


def _path_faults(where: str, analyses: Sequence[ExpressionAnalysis]) -> Iterator[ConfigFault]:
    """One fault per path, naming the events that lack it."""
    found = set().union(*(one.found for one in analyses))
    lacking: dict[str, tuple[list[str], str]] = {}
    for one in analyses:
        for path, remedy in one.missing.items():
            lacking.setdefault(path, ([], remedy))[0].append(one.event)
        for path, remedy in one.guarded.items():
            if path not in found:
                lacking.setdefault(path, ([], remedy))[0].append(one.event)
    for path, (events, remedy) in lacking.items():
        yield ConfigFault(where, f"{path!r} is not part of {_list_events(events)}", remedy)
    broken = {message: remedy for one in analyses for message, remedy in one.broken.items()}
    yield from (ConfigFault(where, message, remedy) for message, remedy in broken.items())
    doubtful = {message: remedy for one in analyses for message, remedy in one.doubtful.items()}
    yield from (
        ConfigFault(where, message, remedy, warning=True) for message, remedy in doubtful.items()
    )


def _list_events(events: Sequence[str]) -> str:
    more = len(events) - _SHOWN
    return ", ".join(events[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
