"""An event that the mapping, as it stands, cannot turn into records."""

from __future__ import annotations

from decimal import DecimalException

from jinja2.exceptions import UndefinedError

from receiver.mapping.language.value_text import UnusableValue

_LONGEST = 300


class MappingFault(Exception):
    """Tells the place in the configuration and what to do there.

    It holds nothing of the payload but the names of keys that the expression itself writes, and
    kinds of values: events that fail in the same way have the same fault.
    """

    def __init__(self, where: str, message: str) -> None:
        super().__init__(f"{where}: {message}")
        self.where = where
        self.message = message


def mapping_fault(where: str, error: Exception) -> MappingFault:
    """What an expression raised, as a fault at its place."""
    return MappingFault(where, _message(error))


def _message(error: Exception) -> str:
    match error:
        case TypeError() if "NoneType" in str(error):
            return (
                f"{str(error)[:_LONGEST]}: a value in it is absent in this event; add | "
                "default(…), or a `when`"
            )
        case UnusableValue() | UndefinedError() | TypeError():
            return str(error)[:_LONGEST]
        case ZeroDivisionError():
            return "divides by zero"
        case DecimalException():
            return "calculates with something that is no number"
        case _:
            return f"can't be evaluated ({type(error).__name__}); explain shows the event"
