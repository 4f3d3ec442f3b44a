"""From events to records: routes, expressions, fold."""

from receiver.mapping.check.route_check import check_routes
from receiver.mapping.language.errors import MappingFault
from receiver.mapping.route_table import RouteTable, RouteTableSettings
from receiver.mapping.routes.fold import (
    find_origins,
    fold_record,
    fold_records,
    in_order_of_links,
)
from receiver.mapping.routes.route import Route
from receiver.mapping.routes.route_config import ConnectorAccount, PlacedRoute
from receiver.mapping.routes.route_settings import (
    FieldSettings,
    RouteSettings,
    SnippetSettings,
    UpsertSettings,
)
from receiver.mapping.routes.route_watch import RouteWatch, ValueLookup
from receiver.mapping.routes.ruled_record import Overwrite, RuledRecord, overwrite_of, ranks_of

__all__ = [
    "ConnectorAccount",
    "FieldSettings",
    "MappingFault",
    "Overwrite",
    "PlacedRoute",
    "Route",
    "RouteSettings",
    "RouteTable",
    "RouteTableSettings",
    "RouteWatch",
    "RuledRecord",
    "SnippetSettings",
    "UpsertSettings",
    "ValueLookup",
    "check_routes",
    "find_origins",
    "fold_record",
    "fold_records",
    "in_order_of_links",
    "overwrite_of",
    "ranks_of",
]
