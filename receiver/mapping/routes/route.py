"""A route at work: from the names of an event to records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any

from jinja2.runtime import Undefined

from connectors.base import Append, Record, Ref, Value
from receiver.mapping.language.compiler import Evaluate
from receiver.mapping.language.errors import MappingFault, mapping_fault
from receiver.mapping.language.expression import choice_options, native_value
from receiver.mapping.language.limits import ARGUMENT, RECORDS, bounded_read
from receiver.mapping.language.scope import ExpressionScope, Loop
from receiver.mapping.language.value_text import describe_kind, is_list, value_text
from receiver.mapping.routes.map_pattern import MapPattern
from receiver.mapping.routes.route_watch import ValueLookup
from receiver.mapping.routes.ruled_record import Overwrite, make_record

Draft = tuple[str, dict[str, Value], dict[str, str]]
"""Key, fields, and the ranks of those that only go forward."""


@dataclass(frozen=True, slots=True)
class ValueMap:
    """A `map`. What is not in it is nothing, so the default counts, else the field is not sent.

    A key to the letter counts before one in other upper and lower case, and that before a pattern;
    of patterns the first.
    """

    exact: Mapping[str, Value]
    folded: Mapping[str, Value]
    patterns: tuple[tuple[MapPattern, Value], ...] = ()

    def find(self, result: Any) -> Value | None:
        key = value_text(result).strip()
        if len(key) > ARGUMENT:  # no map has such a key
            return None
        if key in self.exact:
            return self.exact[key]
        folded = key.casefold()
        if folded in self.folded or not self.patterns:
            return self.folded.get(folded)
        return next((value for pattern, value in self.patterns if pattern.matches(folded)), None)


@dataclass(frozen=True, slots=True)
class FieldTemplate:
    """`value` gives what to send or None, `rank` how far that is, for a field that only goes
    forward.

    Both raise whatever an expression can raise.
    """

    name: str
    where: str
    value: Evaluate
    rank: Callable[[ExpressionScope, Value], str | None] | None = None


def unmapped_value(result: Evaluate) -> Evaluate:
    """An expression's value as a field takes it."""
    return lambda scope: native_value(result(scope))


def mapped_value(result: Evaluate, lookup: ValueLookup) -> Evaluate:
    """What the map has for it."""
    return lambda scope: lookup.find(result(scope))


def option_values(
    result: Evaluate, lookup: ValueLookup | None = None, *, grow: bool = False
) -> Evaluate:
    """All that it gives, or what the map has for each, as options to append."""

    def evaluate(scope: ExpressionScope) -> Append | None:
        found = choice_options(scope, result(scope))
        if lookup is not None:
            found = choice_options(scope, [lookup.find(option) for option in found])
        return Append(found, grow) if found else None

    return evaluate


def with_default(value: Evaluate, default: Evaluate) -> Evaluate:
    """The default where the value is nothing."""

    def evaluate(scope: ExpressionScope) -> Value | None:
        found: Value | None = value(scope)
        return default(scope) if found is None else found

    return evaluate


def where_holds(condition: RouteCondition, value: Evaluate) -> Evaluate:
    """The value only where a condition holds."""
    return lambda scope: value(scope) if condition.holds(scope) else None


@dataclass(frozen=True, slots=True)
class RouteCondition:
    where: str
    test: Evaluate

    def holds(self, scope: ExpressionScope) -> bool:
        try:
            return bool(self.test(scope))
        except Exception as error:
            raise mapping_fault(self.where, error) from error


@dataclass(frozen=True, slots=True)
class EachItem:
    """`each = "course in courses"`: the scope once per item. Nothing to go through is no item."""

    where: str
    variable: str
    items: Evaluate

    def over(self, scope: ExpressionScope) -> Iterator[ExpressionScope]:
        try:
            items = self.items(scope)
            listed = [] if items is None else _read_items(scope, items)
        except Exception as error:
            raise mapping_fault(self.where, error) from error
        if len(listed) > RECORDS:
            raise MappingFault(
                self.where, f"has more than {RECORDS:,} items; at most {RECORDS:,} become records"
            )
        return (
            scope.with_names({self.variable: item, "loop": Loop(index=number, length=len(listed))})
            for number, item in enumerate(listed, 1)
        )


@dataclass(frozen=True, slots=True)
class UpsertTemplate:
    object: str
    where: str
    key: Evaluate
    key_field: str | None
    each: EachItem | None
    when: RouteCondition | None
    links: frozenset[str]
    fields: tuple[FieldTemplate, ...]
    creates: bool = True  # also where the CRM has no such record
    overwrite: Mapping[str, Overwrite] = dataclass_field(default_factory=dict)
    """When each field may be written, where that is not always."""

    def render(self, scope: ExpressionScope) -> Iterator[Draft]:
        """Key, fields and their ranks of each record."""
        for inner in (scope,) if self.each is None else self.each.over(scope):
            if self.when is None or self.when.holds(inner):
                yield self._key(inner), *self._fields(inner)

    def places_of(self, fields: Iterable[str]) -> dict[str, str]:
        """Where in the configuration each of these fields stands."""
        return {field.name: field.where for field in self.fields if field.name in fields}

    def links_to(self, written: Iterable[tuple[str, str]]) -> tuple[Ref, ...]:
        """Links to those of the records, by object and key, that are of an object to link to."""
        return tuple([Ref(object, key) for object, key in written if object in self.links])

    def overwrite_of(self, fields: Iterable[str]) -> dict[str, Overwrite]:
        """When each of these fields may be written, where that is not always."""
        return {name: rule for name in fields if (rule := self.overwrite.get(name))}

    def _key(self, scope: ExpressionScope) -> str:
        where = f"{self.where}.key"
        try:
            scope.limits.record()
            key = value_text(native_value(self.key(scope))).strip()
        except Exception as error:
            raise mapping_fault(where, error) from error
        if not key:
            raise MappingFault(
                where,
                f"gives nothing, and a {self.object} needs a key; use what each event has, "
                "or add a `when`",
            )
        return key

    def _fields(self, scope: ExpressionScope) -> tuple[dict[str, Value], dict[str, str]]:
        fields: dict[str, Value] = {}
        ranks: dict[str, str] = {}
        where = self.where
        try:
            for field in self.fields:
                where = field.where
                value = field.value(scope)
                if value is not None and (value != "" or field.name not in self.overwrite):
                    fields[field.name] = value
                    if field.rank is not None and (rank := field.rank(scope, value)) is not None:
                        ranks[field.name] = rank
            scope.limits.written(fields)
        except MappingFault:
            raise  # of a field's condition, at its own place
        except Exception as error:
            raise mapping_fault(where, error) from error
        return fields, ranks


@dataclass(frozen=True, slots=True)
class Route:
    """`name` is the operator's, else the place; `where` the place in the configuration."""

    name: str
    where: str
    connector: str
    sources: frozenset[str]
    events: frozenset[str]
    when: RouteCondition | None
    upserts: tuple[UpsertTemplate, ...]
    asks_for_profile: bool = False  # an expression of it names `profile`

    def render(self, scope: ExpressionScope) -> Iterator[Record]:
        """What the route writes, as its upserts stand. Raises MappingFault."""
        return (record for _, record in self.render_upserts(scope))

    def render_upserts(self, scope: ExpressionScope) -> Iterator[tuple[UpsertTemplate, Record]]:
        """The same, each record with the upsert that it comes of."""
        if self.when is not None and not self.when.holds(scope):
            return
        drafts = [(upsert, *draft) for upsert in self.upserts for draft in upsert.render(scope)]
        written = dict.fromkeys([(upsert.object, key) for upsert, key, *_ in drafts])
        links = {upsert.where: upsert.links_to(written) for upsert in self.upserts if upsert.links}
        for upsert, key, fields, ranks in drafts:
            yield (
                upsert,
                make_record(
                    ranks,
                    upsert.overwrite_of(fields),
                    upsert.object,
                    key,
                    fields,
                    key_field=upsert.key_field,
                    links=links.get(upsert.where, ()),
                    creates=upsert.creates,
                ),
            )


def _read_items(scope: ExpressionScope, items: Any) -> list[Any]:
    if isinstance(items, Undefined):
        return list(value_text(items))  # raises, or is nothing
    if not is_list(items):
        raise TypeError(f"{describe_kind(items)} is no list to go through")
    return [bounded_read(item) for item in scope.limits.as_they_come(items)]
