"""What of a gateway depends on its configuration, but for what delivers."""

from __future__ import annotations

from receiver.aom import SourceContext
from receiver.gateway.gateway import Gateway, LastingParts
from receiver.ingest.intake import Intake
from receiver.ingest.validation import build_validator
from receiver.jobs.status_cache import CachedStatus
from receiver.mapping import RouteTable
from receiver.settings import Settings


def configure_gateway(settings: Settings, lasting: LastingParts) -> Gateway:
    """A gateway by these settings that does not deliver.

    Raises ConfigError where the mapping has faults.
    """
    routes, sites = RouteTable.compile(settings), sites_of(settings)
    decide = build_validator(sites, routes)
    return Gateway(
        lasting,
        settings,
        routes,
        sites,
        decide,
        Intake(settings.sources, decide, lasting.inbox, lasting.metrics, lasting.validation),
        CachedStatus(lasting.inbox, settings.connectors, lasting.now),
    )


def sites_of(settings: Settings) -> dict[str, SourceContext]:
    """What reading an event needs to know of its source."""
    return {
        name: SourceContext(name, source.timezone, source.currency, source.identity)
        for name, source in settings.sources.items()
    }
