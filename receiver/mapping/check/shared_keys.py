"""Keys that two sources could share: who has the token of one school could then write another
school's records.

A key keeps sources apart where the source's name stands first or last in it, and what stands next
to it cannot be a part of a name; or where the event's id does, which is made for one event alone.
Keys made of the person alone are shared on purpose, for a learner of two schools is one contact; so
is a constant one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from jinja2 import nodes

from receiver.config_errors import ConfigFault
from receiver.mapping.language.environment import parse_expression
from receiver.mapping.routes.route_config import PlacedRoute, sources_of

_IN_NAMES: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
_THE_PERSONS: Final = frozenset({"person", "source"})

Part = str | nodes.Expr
"""What a key is put together from: texts, and expressions between them."""


def shared_keys(routes: Sequence[PlacedRoute], sources: Collection[str]) -> Iterator[ConfigFault]:
    """A warning for each key that does not keep the sources apart, where several write such
    records.
    """
    writers: dict[tuple[str, str], set[str]] = {}
    for one in routes:
        for upsert in one.route.upsert:
            writers.setdefault((one.connector, upsert.object), set()).update(
                sources_of(one.route, sources)
            )
    for one in routes:
        for index, upsert in enumerate(one.route.upsert):
            among = sorted(writers[one.connector, upsert.object])
            if upsert.key is not None and len(among) > 1 and not keeps_apart(upsert.key):
                yield _warning(f"{one.where}.upsert[{index}].key", upsert.key, among)


def keeps_apart(key: str) -> bool:
    """Whether no two sources can have the same key, or it is of the person alone."""
    tree = parse_expression(key)
    if {name.name for name in tree.find_all(nodes.Name)} <= _THE_PERSONS:
        return True
    parts = [part for node in tree.body for part in _parts(node)]
    if any(_is_named(part, "event", "id") for part in (*parts[:1], *parts[-1:])):
        return True
    return _begins_with_source(parts, 0) or _begins_with_source(parts[::-1], -1)


def _warning(where: str, key: str, among: Sequence[str]) -> ConfigFault:
    whose = f"{', '.join(among[:-1])} and {among[-1]}"
    apart = (
        "'-' and '_' may stand in a source's name"
        if "source.name" in key
        else "ids are each source's own"
    )
    remedy = 'begin the key with "{{ source.name }}:"'
    return ConfigFault(
        where,
        f"can be the same for {whose}, so that one writes the other's records: {apart}",
        remedy,
        warning=True,
    )


def _begins_with_source(parts: Sequence[Part], nearest: int) -> bool:
    """`nearest` is the character of the next text that stands beside the name: the first, or read
    backwards the last.
    """
    first = next((index for index, part in enumerate(parts) if not isinstance(part, str)), None)
    if first is None or not _is_named(parts[first], "source", "name") or first + 1 == len(parts):
        return False
    beside = parts[first + 1]
    return isinstance(beside, str) and beside[nearest] not in _IN_NAMES


def _is_named(part: Part, owner: str, name: str) -> bool:
    match part:
        case nodes.Getattr(node=nodes.Name(name=one), attr=other):
            return (one, other) == (owner, name)
        case nodes.Getitem(node=nodes.Name(name=one), arg=nodes.Const(value=other)):
            return (one, other) == (owner, name)
    return False


def _parts(node: nodes.Node) -> Iterator[Part]:
    match node:
        case nodes.Output() | nodes.Concat():
            for inner in node.iter_child_nodes():
                yield from _parts(inner)
        case nodes.TemplateData(data=text) if text:
            yield text
        case nodes.Const(value=str(text)) if text:
            yield text
        case nodes.Expr():
            yield node
