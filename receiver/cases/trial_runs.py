"""Runs every route over AOM's samples and over values at the edge, to find what raises before a
real call does: absent and empty values, zero, very long texts, letters of all kinds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from receiver.aom import (
    EVENTS,
    Event,
    InvalidBody,
    SourceContext,
    profile_of_event,
    read_event,
)
from receiver.cases.case_settings import RECEIVED_AT
from receiver.cases.first_cases import sample_bodies
from receiver.config_errors import ConfigFault
from receiver.mapping import MappingFault, Route, RouteTable
from receiver.mapping.language.environment import ENVIRONMENT
from receiver.mapping.language.limits import EventLimits
from receiver.mapping.language.scope import ExpressionScope

Path = tuple[str | int, ...]

_TEXTS: Final = (
    ("is empty", ""),
    ("is a text of 20,000 characters", "x" * 20_000),
    ("holds letters of all kinds", "Łukasz “Ünïcode” 学习 🎓 O'Neil"),
)
_NUMBERS: Final = (("is 0", 0), ("is below 0", -1), ("is very large", 10**15))
_ID: Final = "0" * 32
_NEVER_CHANGED: Final = frozenset({"email", "status"})
"""Without them a call is kept aside, or is another event."""


@dataclass(frozen=True, slots=True)
class _Failure:
    """`when` says in words of which payload the route made nothing."""

    where: str
    message: str
    event: str
    when: str


def try_routes(sites: Mapping[str, SourceContext], routes: RouteTable) -> list[ConfigFault]:
    """A warning for each place that raises, with the first value that it raises of."""
    bodies = {event: json.loads(body) for event, body in sample_bodies()}
    found: dict[tuple[str, str], _Failure] = {}
    events: dict[tuple[str, str], list[str]] = {}
    for event in EVENTS:
        for site, tried in _sites_of(event, sites, routes):
            for failure in _failures(event, bodies[event], site, tried):
                key = (failure.where, failure.message)
                found.setdefault(key, failure)
                if event not in (of := events.setdefault(key, [])):
                    of.append(event)
    return [_describe_failure(failure, events[key]) for key, failure in found.items()]


def _sites_of(
    event: str, sites: Mapping[str, SourceContext], routes: RouteTable
) -> Iterator[tuple[SourceContext, list[Route]]]:
    """The sources, each with the routes of the event that none before it has."""
    seen: set[tuple[str, str]] = set()
    for name, site in sites.items():
        tried = []
        for connector in routes.connectors(name, event):
            for route in routes.routes(connector, name, event):
                if (connector, route.where) not in seen:
                    seen.add((connector, route.where))
                    tried.append(route)
        if tried:
            yield site, tried


def _failures(
    event: str, sample: dict[str, Any], site: SourceContext, routes: list[Route]
) -> Iterator[_Failure]:
    for when, payload in variants(sample):
        try:
            read = read_event(json.dumps(payload).encode(), site, event)
        except InvalidBody:  # kept aside, so that no route sees it
            continue
        if read.name != event or not read.people:
            continue
        for route in routes:
            if (fault := _fault_of(route, read)) is not None:
                yield _Failure(fault.where, fault.message, event, when)


def _fault_of(route: Route, event: Event) -> MappingFault | None:
    person = event.people[0].key
    profile = profile_of_event(event, person, id=_ID, received_at=RECEIVED_AT)
    names = event.context(person, id=_ID, received_at=RECEIVED_AT, profile=profile)
    try:
        list(route.render(ExpressionScope(ENVIRONMENT, names, EventLimits())))
    except MappingFault as fault:
        return fault
    return None


def variants(payload: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The payload as it is, and with one value after the other at its edge, each in words."""
    yield "all is as in AOM's sample", payload
    for path, value in _paths(payload, ()):
        if path[-1] in _NEVER_CHANGED:
            continue
        named = _format_path(path)
        yield f"{named} is absent", _without(payload, path)
        yield f"{named} is null", _with(payload, path, None)
        for words, edge in _edges(value):
            yield f"{named} {words}", _with(payload, path, edge)
    yield "all that may be absent is", _needed(payload)


def _edges(value: Any) -> tuple[tuple[str, Any], ...]:
    if isinstance(value, list):
        return (("is empty", []),)
    if isinstance(value, dict):
        return (("is empty", {}),)
    if isinstance(value, str):
        return _TEXTS + (_NUMBERS if _is_number(value) else ())
    return _NUMBERS


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()


def _paths(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """Each value of the payload, of lists their first item."""
    if path and not isinstance(path[-1], int):
        yield path, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _paths(inner, (*path, key))
    elif isinstance(value, list) and value:
        yield from _paths(value[0], (*path, 0))


def _without(payload: dict[str, Any], path: Path) -> dict[str, Any]:
    changed, owner = _copy(payload, path)
    del owner[path[-1]]
    return changed


def _with(payload: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    changed, owner = _copy(payload, path)
    owner[path[-1]] = value
    return changed


def _copy(payload: dict[str, Any], path: Path) -> tuple[dict[str, Any], Any]:
    """A copy of the payload, and of it what holds the value at a path."""
    changed: dict[str, Any] = deepcopy(payload)
    owner: Any = changed
    for step in path[:-1]:
        owner = owner[step]
    return changed, owner


def _needed(value: Any) -> Any:
    """Only what an event cannot do without, and what tells it from others."""
    if isinstance(value, list):
        return [_needed(one) for one in value[:1]]
    if not isinstance(value, dict):
        return value
    return {
        key: _needed(one)
        for key, one in value.items()
        if key in (*_NEVER_CHANGED, "id") or isinstance(one, dict | list)
    }


def _format_path(path: Path) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)[1:]


def _describe_failure(failure: _Failure, events: list[str]) -> ConfigFault:
    return ConfigFault(
        failure.where,
        f"fails for {', '.join(events)} where {failure.when}: {failure.message}",
        "such a delivery would be a dead letter",
        warning=True,
    )
