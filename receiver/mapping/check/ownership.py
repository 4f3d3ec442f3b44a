"""Faults of `overwrite` and `mode`: what the connector cannot do, and what contradicts itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from connectors.base import Reads
from receiver.config_errors import ConfigFault
from receiver.mapping.routes.route_config import ConnectorAccount, PlacedRoute
from receiver.mapping.routes.route_settings import UpsertSettings


def check_ownership(
    one: PlacedRoute, accounts: Mapping[str, ConnectorAccount]
) -> Iterator[ConfigFault]:
    """Faults of one route."""
    account = accounts.get(one.connector)
    if account is None or account.type is None:
        return
    for index, upsert in enumerate(one.route.upsert):
        if not issubclass(account.type, Reads):
            yield from _unreadable(one, index, upsert)
        key_field = upsert.key_field or account.type.key_fields.get(upsert.object)
        for name in _protected(upsert):
            place = f"{one.field_place(index, name)}.overwrite"
            if name == key_field:
                yield ConfigFault(
                    place,
                    f"{name} is the key, by which the {upsert.object} is known",
                    "leave out its `overwrite`",
                )
            elif upsert.mode == "update" and upsert.fields[name].overwrite == "never":
                yield ConfigFault(
                    place,
                    '"never" writes to new records, and mode = "update" makes none',
                    "keep one of them",
                )


def _unreadable(one: PlacedRoute, index: int, upsert: UpsertSettings) -> Iterator[ConfigFault]:
    """Places that need a connector which reads what its CRM holds."""
    places = [f"{one.field_place(index, name)}.overwrite" for name in _protected(upsert)]
    if upsert.mode != "upsert":
        places.append(f"{one.where}.upsert[{index}].mode")
    for place in places:
        yield ConfigFault(
            place,
            f"the connector {one.connector} can't read what its CRM holds, which this needs",
            "leave it out",
        )


def _protected(upsert: UpsertSettings) -> list[str]:
    return [name for name, field in upsert.fields.items() if field.overwrite != "always"]
