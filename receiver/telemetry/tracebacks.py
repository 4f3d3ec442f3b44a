"""Where an error came from, without its words: libraries quote in them what they were given, and
that is people's data.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator, MutableMapping
from typing import Any

_HARMLESS = (
    AttributeError,
    NameError,
    ImportError,
    OSError,
    TypeError,
    MemoryError,
    RecursionError,
)
"""Python's own words for these name code, files and types, never values.

What is derived from them has words of its own.
"""


def tell_traceback(
    _logger: object, _method: str, line: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """A structlog processor: `exc_info`, in whatever form, becomes the text `exception`."""
    if (error := _error(line.pop("exc_info", None))) is not None:
        line["exception"] = "".join(_lines_of(error)).rstrip()
    return line


def _error(info: object) -> BaseException | None:
    if isinstance(info, BaseException):
        return info
    if isinstance(info, tuple):
        return info[1] if isinstance(info[1], BaseException) else None
    return sys.exc_info()[1] if info else None


def _lines_of(error: BaseException) -> Iterator[str]:
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        yield from _lines_of(cause)
        yield (
            "\nThen, because of it:\n"
            if cause is error.__cause__
            else "\nThen, while that was handled:\n"
        )
    yield from traceback.format_tb(error.__traceback__)
    yield f"{_name_error(error)}\n"
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield "\nOne of the group:\n"
            yield from _lines_of(one)


def _name_error(error: BaseException) -> str:
    kind = type(error)
    if kind.__module__ == "builtins":
        return f"{kind.__name__}: {error}" if isinstance(error, _HARMLESS) else kind.__name__
    return f"{kind.__module__}.{kind.__qualname__}"
