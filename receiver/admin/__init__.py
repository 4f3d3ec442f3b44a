"""The admin API: what operators, the command line and the console ask of a running gateway."""

from receiver.admin.operation import Operation
from receiver.admin.routes import admin_routes

__all__ = ["Operation", "admin_routes"]
