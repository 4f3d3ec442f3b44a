"""All that can be said of the routes before the first event."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType

from receiver.aom import EVENTS
from receiver.config_errors import ConfigFault, format_place
from receiver.mapping.check.changing_keys import changing_keys
from receiver.mapping.check.expressions import check_expressions
from receiver.mapping.check.growth import check_growth
from receiver.mapping.check.ownership import check_ownership
from receiver.mapping.check.raw_keys import StoredKeys
from receiver.mapping.check.references import (
    check_names,
    find_duplicates,
    find_key_conflicts,
    find_link_circles,
)
from receiver.mapping.check.shared_keys import shared_keys
from receiver.mapping.check.shared_profiles import shared_profiles
from receiver.mapping.check.unwritable_texts import check_texts
from receiver.mapping.routes.route_config import (
    ConnectorAccount,
    PlacedRoute,
    place_routes,
    sources_of,
)
from receiver.mapping.routes.route_settings import RouteSettings, SnippetSettings


def check_routes(
    routes: Mapping[int, RouteSettings],
    snippets: Mapping[str, SnippetSettings],
    accounts: Mapping[str, ConnectorAccount],
    sources: Collection[str],
    stored: StoredKeys = MappingProxyType({}),
    followed: Collection[str] = (),
) -> tuple[tuple[PlacedRoute, ...], list[ConfigFault]]:
    """All routes with the shipped ones, and every fault and warning, once each.

    `routes` holds the operator's by their index, `stored` the keys that a gateway has met.
    `followed`: the sources at which a learner whose address changes stays one person.
    """
    every, faults = place_routes(routes, snippets, accounts)
    faults += find_duplicates(every)
    for one in every:
        faults += check_names(one, accounts, sources)
        faults += check_ownership(one, accounts)
        faults += check_growth(one, accounts)
        faults += check_texts(one)
        faults += check_expressions(one, sources, stored).faults
    faults += find_key_conflicts(every, accounts)
    faults += find_link_circles(every)
    if not any(not fault.warning for fault in faults):
        faults += _idle(every, accounts)
        faults += _unwanted(every, sources) if accounts else ()
        faults += shared_keys(every, sources)
        faults += shared_profiles(every, sources)
        faults += changing_keys(every, sources, followed)
    return every, list(dict.fromkeys(faults))


def _idle(routes: Sequence[PlacedRoute], accounts: Collection[str]) -> Iterator[ConfigFault]:
    """Connectors that nothing is written to, and routes that write nothing but are not there to
    switch a standard one off.
    """
    if not accounts:
        yield ConfigFault(
            "connectors",
            "there is none: events are kept and go nowhere",
            "add [connectors.NAME]",
            warning=True,
        )
    used = {one.connector for one in routes if one.route.upsert}
    for name in (name for name in accounts if name not in used):
        remedy = 'add mapping = "standard", or [[routes]] of your own'
        yield ConfigFault(
            format_place(("connectors", name)), "no route writes to it", remedy, warning=True
        )
    for one in routes:
        if not one.route.upsert and not one.route.name:
            yield ConfigFault(one.where, "writes nothing", "add [[routes.upsert]]", warning=True)


def _unwanted(routes: Sequence[PlacedRoute], sources: Collection[str]) -> Iterator[ConfigFault]:
    """Events that are kept and go nowhere, told once for sources that are alike."""
    lacking: dict[tuple[str, ...], list[str]] = {}
    for source in sources:
        wanted = {
            event
            for one in routes
            if one.route.upsert and source in sources_of(one.route, sources)
            for event in one.events
        }
        lacking.setdefault(tuple(event for event in EVENTS if event not in wanted), []).append(
            source
        )
    for events, alike in lacking.items():
        if events:
            whose = "" if len(alike) == len(sources) else f" of {', '.join(alike)}"
            remedy = "they are kept and can be replayed; add [[routes]] if a CRM is to be told"
            yield ConfigFault(
                "routes", f"no route takes {', '.join(events)}{whose}", remedy, warning=True
            )
