"""Faults of a configuration: found all at once, each told with its place, what is wrong, and the
remedy.
"""

from receiver.config_errors.config_error import ConfigError, ConfigFault, RemediedError
from receiver.config_errors.error_wording import find_curly_quote
from receiver.config_errors.model_reader import UNREADABLE, read_model
from receiver.config_errors.nearest import nearest_name, suggest_name
from receiver.config_errors.place import Step, format_place
from receiver.config_errors.toml_lines import find_lines, line_of, with_lines

__all__ = [
    "UNREADABLE",
    "ConfigError",
    "ConfigFault",
    "RemediedError",
    "Step",
    "find_curly_quote",
    "find_lines",
    "format_place",
    "line_of",
    "nearest_name",
    "read_model",
    "suggest_name",
    "with_lines",
]
