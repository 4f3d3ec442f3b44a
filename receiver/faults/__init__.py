"""Faults of a configuration: found all at once, each told with its place, what is wrong, and the remedy."""

from receiver.faults.fault import ConfigError, ConfigFault, Remedied
from receiver.faults.nearest import nearest, suggestion
from receiver.faults.place import Step, place
from receiver.faults.read import UNREADABLE, read

__all__ = ["UNREADABLE", "ConfigError", "ConfigFault", "Remedied", "Step", "nearest", "place", "read", "suggestion"]
