"""What a route refers to: its connector, sources, events, keys and links."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from receiver.aom import EVENTS
from receiver.config_errors import UNREADABLE, ConfigFault, nearest_name, suggest_name
from receiver.mapping.language.environment import is_constant
from receiver.mapping.routes.route_builder import own_key_field
from receiver.mapping.routes.route_config import ConnectorAccount, PlacedRoute
from receiver.mapping.routes.route_settings import RouteSettings, UpsertSettings

_PATTERN = frozenset("*?[")


def check_names(
    one: PlacedRoute, accounts: Mapping[str, ConnectorAccount], sources: Collection[str]
) -> Iterator[ConfigFault]:
    """Faults of one route."""
    route = one.route
    if one.connector not in accounts:
        at = f"[{route.connector.index(one.connector)}]" if len(route.connector) > 1 else ""
        remedy = suggest_name(one.connector, accounts, "connectors")
        yield ConfigFault(
            f"{one.where}.connector{at}", f"there is no connector {one.connector!r}", remedy
        )
    for index, source in enumerate(route.sources or ()):
        if source not in sources:
            yield ConfigFault(
                f"{one.where}.sources[{index}]",
                f"there is no source {source!r}",
                suggest_name(source, sources, "sources"),
            )
    yield from _events(one)
    yield from _listed_twice(one.where, route, ("sources", "events", "connector"))
    account = accounts.get(one.connector)
    objects = [upsert.object for upsert in route.upsert]
    for index, upsert in enumerate(route.upsert):
        where = f"{one.where}.upsert[{index}]"
        yield from _listed_twice(where, upsert, ("links", "use"))
        yield from _links(where, upsert, objects)
        yield from _key(where, upsert)
        if account is not None and account.type is not None:
            yield from _key_field(where, upsert, account.type.key_fields)


def find_duplicates(routes: Iterable[PlacedRoute]) -> Iterator[ConfigFault]:
    """Names that two of the operator's routes to one connector share."""
    first: dict[tuple[str, str], str] = {}
    for one in routes:
        known = first.setdefault((one.connector, one.route.name), one.where)
        if one.route.name and known != one.where:
            yield ConfigFault(
                f"{one.where}.name",
                f"{one.route.name!r} is the name of {known} too",
                "give each route a name of its own",
            )


def _events(one: PlacedRoute) -> Iterator[ConfigFault]:
    for index, pattern in enumerate(one.route.events):
        if any(fnmatchcase(event, pattern) for event in EVENTS):
            continue
        what = "no event matches" if _PATTERN & set(pattern) else "there is no event"
        yield ConfigFault(
            f"{one.where}.events[{index}]",
            f"{what} {pattern!r}",
            suggest_name(pattern, EVENTS, "events"),
        )


def _listed_twice(
    where: str, table: RouteSettings | UpsertSettings, lists: Sequence[str]
) -> Iterator[ConfigFault]:
    """What a list names again: harmless, but perhaps another one was meant."""
    for name in lists:
        listed: Sequence[str] = getattr(table, name) or ()
        for index, item in enumerate(listed):
            if item in listed[:index] and item != UNREADABLE:
                yield ConfigFault(
                    f"{where}.{name}[{index}]",
                    f"{item!r} is listed already",
                    "leave it out, or name the one that is meant",
                    warning=True,
                )


def _links(where: str, upsert: UpsertSettings, objects: Sequence[str]) -> Iterator[ConfigFault]:
    for index, target in enumerate(upsert.links):
        if target == upsert.object:
            yield ConfigFault(
                f"{where}.links[{index}]",
                f"a {target} can't be linked to itself",
                "name another object of this route",
            )
        elif target not in objects:
            others = dict.fromkeys(name for name in objects if name != upsert.object)
            near = nearest_name(target, others)
            remedy = (
                f"did you mean {near!r}?"
                if near
                else f"add [[routes.upsert]] with object = {target!r} to this route"
            )
            yield ConfigFault(
                f"{where}.links[{index}]", f"the route writes no {target!r} to link to", remedy
            )


def _key(where: str, upsert: UpsertSettings) -> Iterator[ConfigFault]:
    if upsert.object in ("contact", UNREADABLE):
        return
    if upsert.key is None:
        needed = upsert.object == "deal" or upsert.each is not None
        reason = (
            "without it all would be one record per person"
            if needed
            else "without it there is one record per person"
        )
        example = (
            'key = "{{ order.id }}"'
            if upsert.object == "deal"
            else 'key = "{{ person.key }}-{{ course.id }}"'
        )
        yield ConfigFault(
            f"{where}.key",
            f"is missing: {reason}",
            f"write what is unique to the record, like {example}",
            warning=not needed,
        )
    elif is_constant(upsert.key):
        yield ConfigFault(
            f"{where}.key",
            "is the same for every event",
            "write what is unique to the record in {{ }}",
            warning=True,
        )


def _key_field(where: str, upsert: UpsertSettings, own: Mapping[str, str]) -> Iterator[ConfigFault]:
    if upsert.object == UNREADABLE or upsert.key_field or upsert.object in own:
        return
    remedy = 'name the CRM\'s field that holds the key: key_field = "…"'
    if (near := nearest_name(upsert.object, own)) is not None:
        remedy += f"; or did you mean the object {near!r}?"
    yield ConfigFault(
        f"{where}.key_field",
        f"is missing: the connector knows no key field of {upsert.object!r}",
        remedy,
    )


def find_key_conflicts(
    routes: Iterable[PlacedRoute], accounts: Mapping[str, ConnectorAccount]
) -> Iterator[ConfigFault]:
    """Objects that one connector is to know by two different key fields."""
    first: dict[tuple[str, str], tuple[str | None, str]] = {}
    for one in routes:
        account = accounts.get(one.connector)
        own = account.type.key_fields if account is not None and account.type is not None else {}
        for index, upsert in enumerate(one.route.upsert):
            where = f"{one.where}.upsert[{index}].key_field"
            used = own_key_field(upsert, own)
            known, there = first.setdefault((one.connector, upsert.object), (used, where))
            if known != used:
                shown = known or own.get(upsert.object)
                yield ConfigFault(
                    where,
                    f"a {upsert.object} is known by {shown!r} at {there}",
                    "use one key field for an object",
                )


def find_link_circles(routes: Iterable[PlacedRoute]) -> Iterator[ConfigFault]:
    """Links that lead back to where they start, over all routes of a connector: no order of writing
    would do.
    """
    links: dict[tuple[str, str], dict[str, str]] = {}
    for one in routes:
        for index, upsert in enumerate(one.route.upsert):
            targets = links.setdefault((one.connector, upsert.object), {})
            for at, target in enumerate(upsert.links):
                targets.setdefault(target, f"{one.where}.upsert[{index}].links[{at}]")
    for (connector, source), targets in links.items():
        for target, where in targets.items():
            if target != source and _leads(connector, target, source, links):
                remedy = f"link in one direction only; a {target} is linked to a {source} already"
                yield ConfigFault(
                    where, f"the links of {source} and {target} run in a circle", remedy
                )


def _leads(
    connector: str, start: str, goal: str, links: Mapping[tuple[str, str], Mapping[str, str]]
) -> bool:
    seen, ahead = set(), [start]
    while ahead:
        name = ahead.pop()
        if name == goal:
            return True
        if name not in seen:
            seen.add(name)
            ahead += links.get((connector, name), ())
    return False
