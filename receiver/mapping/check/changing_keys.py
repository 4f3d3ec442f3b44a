"""Keys that do not stay: with a person's e-mail address in them, of records that are more than the
person, or with what is known of a person, which every event changes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from jinja2 import nodes

from receiver.config_errors import ConfigFault
from receiver.mapping.language.environment import lone_expression, parse_expression
from receiver.mapping.routes.route_builder import names_profile
from receiver.mapping.routes.route_config import PlacedRoute, sources_of

_LEAVES_AS_IT_IS: Final = frozenset({"lower", "trim"})  # an address is trimmed and lower-cased


def changing_keys(
    routes: Sequence[PlacedRoute], sources: Collection[str], followed: Collection[str]
) -> Iterator[ConfigFault]:
    """A warning for each key that a later event changes, and that a new address changes, at
    `followed` sources, whose learners stay one person with it.

    A key that is the address alone is none: such a record is found by the former one.
    """
    for one in routes:
        follows = not set(sources_of(one.route, sources)).isdisjoint(followed)
        for index, upsert in enumerate(one.route.upsert):
            if upsert.key is None:
                continue
            if names_profile(parse_expression(upsert.key)):
                yield ConfigFault(
                    f"{one.where}.upsert[{index}].key",
                    "has profile in it, which later events change, so that the next one, or a "
                    "replay, makes a second record",
                    "write what stays as it is, like order.id, course.id or person.key",
                    warning=True,
                )
            if follows and changes_with_address(upsert.key):
                yield ConfigFault(
                    f"{one.where}.upsert[{index}].key",
                    "has person.email in it, so that a new address of the person makes a second "
                    "record",
                    "write person.key, which stays as it is",
                    warning=True,
                )


def changes_with_address(key: str) -> bool:
    """Whether the person's address is a part of the key."""
    tree = parse_expression(key)
    alone: nodes.Node | None = lone_expression(tree)
    while isinstance(alone, nodes.Filter) and alone.name in _LEAVES_AS_IT_IS:
        alone = alone.node
    return not _is_address(alone) and any(
        _is_address(node) for node in tree.find_all((nodes.Getattr, nodes.Getitem))
    )


def _is_address(node: nodes.Node | None) -> bool:
    match node:
        case nodes.Getattr(node=nodes.Name(name="person"), attr="email"):
            return True
        case nodes.Getitem(node=nodes.Name(name="person"), arg=nodes.Const(value="email")):
            return True
    return False
