"""From events to records: routes, expressions, fold."""

from receiver.mapping.budget import EVENT_STEPS
from receiver.mapping.check import check_routes
from receiver.mapping.fault import MappingFault
from receiver.mapping.fold import fold, in_order_of_links, origins
from receiver.mapping.mapping import Configured, Mapping
from receiver.mapping.placed import Account, Placed
from receiver.mapping.route import Route
from receiver.mapping.schema import FieldSettings, RouteSettings, UpsertSettings

__all__ = [
    "EVENT_STEPS",
    "Account",
    "Configured",
    "FieldSettings",
    "Mapping",
    "MappingFault",
    "Placed",
    "Route",
    "RouteSettings",
    "UpsertSettings",
    "check_routes",
    "fold",
    "in_order_of_links",
    "origins",
]
