"""From events to records: routes, expressions, fold."""

from receiver.mapping.check import check_routes
from receiver.mapping.fault import MappingFault
from receiver.mapping.fold import fold
from receiver.mapping.mapping import Configured, Mapping
from receiver.mapping.placed import Account
from receiver.mapping.route import Route
from receiver.mapping.schema import FieldSettings, RouteSettings, UpsertSettings

__all__ = [
    "Account",
    "Configured",
    "FieldSettings",
    "Mapping",
    "MappingFault",
    "Route",
    "RouteSettings",
    "UpsertSettings",
    "check_routes",
    "fold",
]
