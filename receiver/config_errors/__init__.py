"""Faults of a configuration: found all at once, each told with its place, what is wrong, and the remedy."""

from receiver.config_errors.config_error import ConfigError, ConfigFault, Remedied
from receiver.config_errors.model_reader import UNREADABLE, read
from receiver.config_errors.nearest import nearest, suggestion
from receiver.config_errors.place import Step, place

__all__ = ["UNREADABLE", "ConfigError", "ConfigFault", "Remedied", "Step", "nearest", "place", "read", "suggestion"]
