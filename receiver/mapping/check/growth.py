"""Faults of `grow`: the connector can't make options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from connectors.base import Grows
from receiver.config_errors import ConfigFault
from receiver.mapping.routes.route_config import ConnectorAccount, PlacedRoute


def check_growth(
    one: PlacedRoute, accounts: Mapping[str, ConnectorAccount]
) -> Iterator[ConfigFault]:
    """Faults of one route."""
    account = accounts.get(one.connector)
    if account is None or account.type is None or issubclass(account.type, Grows):
        return
    for index, upsert in enumerate(one.route.upsert):
        for name, field in upsert.fields.items():
            if field.grow:
                yield ConfigFault(
                    f"{one.field_place(index, name)}.grow",
                    f"cannot grow: the connector {one.connector} makes no options in its CRM",
                    "leave it out, and make the options there by hand",
                )
