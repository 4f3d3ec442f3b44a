"""Tracebacks without the words of errors."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from receiver.telemetry.tracebacks import tell_traceback

QUOTED = "Zebedee"


class Refusal(OSError):
    """As a library derives its own errors: with a text that may quote anything."""


def told(error: BaseException, **line: Any) -> str:
    return str(tell_traceback(None, "error", {"exc_info": error, **line})["exception"])


def raised(error: BaseException, cause: BaseException | None = None) -> BaseException:
    def fail() -> None:
        raise error from cause

    try:
        fail()
    except BaseException as caught:  # noqa: BLE001 - whatever it is
        return caught
    raise AssertionError


@pytest.mark.parametrize(
    "error",
    [
        ValueError(QUOTED),
        KeyError(QUOTED),
        sqlite3.DataError(QUOTED),
        Refusal(QUOTED),
        Exception(QUOTED),
    ],
)
def test_an_error_is_named_and_not_quoted(error: BaseException) -> None:
    """Its type and where it was raised; what it says of a value stays out."""
    text = told(raised(error))
    assert QUOTED not in text
    assert type(error).__name__ in text.splitlines()[-1]
    assert Path(__file__).name in text


def test_what_names_only_code_and_files_is_quoted() -> None:
    """Python's own words, which help to find a defect."""
    assert told(raised(AttributeError("'NoneType' has no attribute 'x'"))).endswith(
        "AttributeError: 'NoneType' has no attribute 'x'"
    )
    assert told(raised(FileNotFoundError(2, "No such file", "x.pem"))).endswith(
        "No such file: 'x.pem'"
    )


def test_causes_and_groups_are_told_the_same_way() -> None:
    """All of the chain is there, and none of its words."""
    group = raised(ExceptionGroup(QUOTED, [ValueError(QUOTED)]), KeyError(QUOTED))
    text = told(group)
    assert QUOTED not in text
    assert [name in text for name in ("KeyError", "ExceptionGroup", "ValueError")] == [True] * 3


def test_the_error_under_way() -> None:
    """As `log.exception` gives it; and a line without an error stays as it is."""
    try:
        int(QUOTED)
    except ValueError:
        assert "ValueError" in tell_traceback(None, "error", {"exc_info": True})["exception"]
    assert tell_traceback(None, "info", {"event": "x", "exc_info": False}) == {"event": "x"}
