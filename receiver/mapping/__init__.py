"""From events to records: routes, expressions, fold."""

from receiver.mapping.check.route_check import check_routes
from receiver.mapping.language.errors import MappingFault
from receiver.mapping.route_table import Configured, RouteTable
from receiver.mapping.routes.fold import fold, in_order_of_links, origins
from receiver.mapping.routes.ranked_record import RankedRecord, ranks_of
from receiver.mapping.routes.route import Route
from receiver.mapping.routes.route_config import Account, Placed
from receiver.mapping.routes.route_settings import FieldSettings, RouteSettings, SnippetSettings, UpsertSettings

__all__ = [
    "Account",
    "Configured",
    "FieldSettings",
    "MappingFault",
    "Placed",
    "RankedRecord",
    "Route",
    "RouteSettings",
    "RouteTable",
    "SnippetSettings",
    "UpsertSettings",
    "check_routes",
    "fold",
    "in_order_of_links",
    "origins",
    "ranks_of",
]
