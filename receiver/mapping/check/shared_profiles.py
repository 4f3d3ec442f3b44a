"""Fields with the money of a person at several sources: it is of whichever site wrote last."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from jinja2 import nodes

from receiver.config_errors import ConfigFault
from receiver.mapping.language.environment import parse_expression
from receiver.mapping.routes.route_config import PlacedRoute, sources_of
from receiver.mapping.routes.route_settings import FieldSettings, UpsertSettings

_MONEY: Final = frozenset({"revenue", "average_order"})  # of `profile`


def shared_profiles(
    routes: Sequence[PlacedRoute], sources: Collection[str]
) -> Iterator[ConfigFault]:
    """A warning for each field that several sources write the money of their own profiles into.

    A profile is of one site, and its money of that site's currency. They are told apart where the
    source is named in the field, in a condition, or in the record's key.
    """
    writers: dict[tuple[str, str, str], set[str]] = {}
    places: dict[tuple[str, str, str], str] = {}
    for one in routes:
        if _names_source(one.route.when):
            continue
        for index, upsert in enumerate(one.route.upsert):
            for name in _money_fields(upsert):
                field = (one.connector, upsert.object, name)
                writers.setdefault(field, set()).update(sources_of(one.route, sources))
                places.setdefault(field, one.field_place(index, name))
    for field, among in writers.items():
        if len(among) > 1:
            yield _warning(places[field], sorted(among))


def _money_fields(upsert: UpsertSettings) -> Iterator[str]:
    """The fields with money of a profile that do not say of which source it is."""
    if _names_source(upsert.key) or _names_source(upsert.when):
        return
    for name, settings in upsert.fields.items():
        texts = _field_texts(settings)
        if any(map(_names_money, texts)) and not any(map(_names_source, texts)):
            yield name


def _field_texts(settings: FieldSettings) -> list[str]:
    given = (settings.value, settings.default, settings.when)
    return [text for text in given if isinstance(text, str)]


def _names_source(text: object) -> bool:
    """Whether an expression depends on the source."""
    if not isinstance(text, str):
        return False
    return any(name.name == "source" for name in parse_expression(text).find_all(nodes.Name))


def _names_money(text: str) -> bool:
    tree = parse_expression(text)
    return any(_is_money(node) for node in tree.find_all((nodes.Getattr, nodes.Getitem)))


def _is_money(node: nodes.Node) -> bool:
    match node:
        case nodes.Getattr(node=nodes.Name(name="profile"), attr=name):
            return name in _MONEY
        case nodes.Getitem(node=nodes.Name(name="profile"), arg=nodes.Const(value=name)):
            return name in _MONEY
    return False


def _warning(where: str, among: Sequence[str]) -> ConfigFault:
    whose = f"{', '.join(among[:-1])} and {among[-1]}"
    return ConfigFault(
        where,
        f"is written by {whose}, each with the money of its own profile, in its own currency: of "
        "a person at both, the last one stays",
        "write a field for each source, with when = \"{{ source.name == '" + among[0] + "' }}\", "
        "or let `sources` of the route say which one writes it",
        warning=True,
    )
