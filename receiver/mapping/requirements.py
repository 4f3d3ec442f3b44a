"""What the routes write through one connector, as its `check` and `provision` want to know it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from connectors.base import FieldNeed, FieldType, Needs, ObjectNeed
from receiver.mapping.check.expressions import check_expressions
from receiver.mapping.language.attribute_access import bare_type
from receiver.mapping.language.constant_texts import constant_texts
from receiver.mapping.routes.route_builder import own_key_field
from receiver.mapping.routes.route_config import ConnectorAccount, PlacedRoute
from receiver.mapping.routes.route_settings import FieldSettings

_TYPES: Mapping[type, FieldType] = {
    bool: "boolean",
    int: "number",
    float: "number",
    Decimal: "number",
    datetime: "datetime",
    date: "date",
    str: "string",
}
"""The first that fits counts."""


def find_needs(routes: Iterable[PlacedRoute], account: ConnectorAccount) -> Needs:
    """One entry per object, in order of appearance; what several places write into a field is put
    together.
    """
    key_fields = account.type.key_fields if account.type is not None else {}
    found: dict[str, ObjectNeed] = {}
    for one in routes:
        kinds = check_expressions(one).kinds
        for index, upsert in enumerate(one.route.upsert):
            fields = {
                name: _field_need(field, one.field_place(index, name), kinds)
                for name, field in upsert.fields.items()
            }
            need = ObjectNeed(
                upsert.object,
                own_key_field(upsert, key_fields) or key_fields.get(upsert.object),
                fields,
                upsert.links,
            )
            known = found.get(upsert.object)
            found[upsert.object] = need if known is None else _together(known, need)
    return tuple(found.values())


def _field_need(settings: FieldSettings, where: str, kinds: Mapping[str, list[Any]]) -> FieldNeed:
    # by a map, only what is in it
    written = [settings.value] if settings.map is None else [*settings.map.values()]
    constants = [*written, settings.default]
    values = frozenset[str]().union(*map(constant_texts, constants))
    if settings.append:
        return FieldNeed("choices", values, (where,), grows=settings.grow)
    if settings.map is not None:
        mapped = {_type(type(value)) for value in settings.map.values()}
        return FieldNeed("choice" if mapped == {"string"} else _one_of(mapped), values, (where,))
    return FieldNeed(_one_of({_type(kind) for kind in kinds[where]}), values, (where,))


def _type(kind: Any) -> FieldType | None:
    plain = bare_type(kind)
    if not isinstance(plain, type):
        return None
    return next((name for known, name in _TYPES.items() if issubclass(plain, known)), None)


def _one_of(types: set[FieldType | None]) -> FieldType | None:
    """The type that takes all of these: a text takes anything, a date and time a date."""
    if len(types) == 1 or None in types:
        return types.pop() if len(types) == 1 else None
    if not types:
        return None
    return "datetime" if types == {"date", "datetime"} else "string"


def _together(one: ObjectNeed, other: ObjectNeed) -> ObjectNeed:
    fields = dict(one.fields)
    for name, need in other.fields.items():
        fields[name] = _joined(fields[name], need) if name in fields else need
    links = tuple(dict.fromkeys((*one.links, *other.links)))
    return ObjectNeed(one.object, one.key_field or other.key_field, fields, links)


def _joined(one: FieldNeed, other: FieldNeed) -> FieldNeed:
    return FieldNeed(
        _one_of({one.type, other.type}),
        one.values | other.values,
        one.places + other.places,
        grows=one.grows or other.grows,
    )
