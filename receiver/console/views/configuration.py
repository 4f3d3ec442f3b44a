"""The configuration as it was loaded, for reading: connectors without their secrets, routes with
their expressions.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from connectors.base import ConnectorSettings
from receiver.gateway import Gateway
from receiver.mapping import PlacedRoute

HIDDEN = "••••"


@dataclass(frozen=True, slots=True)
class ShownSetting:
    """`given` is False for a default."""

    name: str
    value: Any
    description: str
    given: bool


@dataclass(frozen=True, slots=True)
class MappedRoute:
    """A route as it was written, with the names of the events and sources that its patterns match.

    `own`: not the connector's.
    """

    placed: PlacedRoute
    sources: Sequence[str]
    own: bool


def connector_settings(
    settings: ConnectorSettings, secrets: Collection[str]
) -> Sequence[ShownSetting]:
    """What was given first, then the defaults. What is not set is left out."""
    plain = settings.model_dump(mode="json")
    fields = type(settings).model_fields
    found = [
        ShownSetting(
            name,
            _open(plain[name], secrets),
            field.description or "",
            name in settings.model_fields_set,
        )
        for name, field in fields.items()
        if plain[name] is not None
    ]
    return sorted(found, key=lambda one: not one.given)


def mapped_routes(gateway: Gateway) -> Mapping[str, Sequence[MappedRoute]]:
    """The routes of the configuration, by connector."""
    known = tuple(gateway.settings.sources)
    return {
        name: [
            MappedRoute(
                one, [source for source in known if source in (one.route.sources or known)], one.own
            )
            for one in gateway.routes.placed
            if one.connector == name
        ]
        for name in gateway.settings.connectors
    }


def _open(value: Any, secrets: Collection[str]) -> Any:
    """The value with all that is secret in it hidden.

    A `SecretStr` has already become asterisks.
    """
    if isinstance(value, dict):
        return {name: _open(one, secrets) for name, one in value.items()}
    if isinstance(value, list):
        return [_open(one, secrets) for one in value]
    if not isinstance(value, str):
        return value
    if value == "**********":
        return HIDDEN
    for secret in secrets:
        value = value.replace(secret, HIDDEN)
    return _without_password(value)


def _without_password(text: str) -> str:
    try:
        password = urlsplit(text).password
    except ValueError:
        return text
    return text.replace(f":{password}@", f":{HIDDEN}@") if password else text
