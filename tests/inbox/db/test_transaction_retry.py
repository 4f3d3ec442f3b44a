"""Which transactions are tried again at once, and how often."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest
from sqlalchemy.exc import DBAPIError, OperationalError

from receiver.inbox.db.errors import StoreUnavailable
from receiver.inbox.db.transaction_retry import TRIES, run_with_retry


class Conflict(Exception):
    """As psycopg tells of another transaction that went first."""

    sqlstate = "40001"


def beaten() -> DBAPIError:
    return DBAPIError("UPDATE", {}, Conflict("could not serialize"))


def disconnected() -> DBAPIError:
    return DBAPIError("SELECT", {}, Exception("gone"), connection_invalidated=True)


class Work:
    """Fails as often as there are errors, then is done."""

    def __init__(self, *errors: Exception) -> None:
        self._errors = list(errors)
        self.runs = 0

    def __call__(self) -> str:
        self.runs += 1
        if self._errors:
            raise self._errors.pop(0)
        return "done"


@pytest.mark.parametrize("error", [beaten, disconnected])
def test_what_another_try_may_mend_is_tried_again(error: Callable[[], DBAPIError]) -> None:
    """A transaction that another one beat, or whose connection was lost, is run anew."""
    work = Work(*(error() for _ in range(TRIES - 1)))
    assert run_with_retry(work) == "done"
    assert work.runs == TRIES


@pytest.mark.parametrize("error", [beaten, disconnected])
def test_trying_has_an_end(error: Callable[[], DBAPIError]) -> None:
    """After some tries the store is said to be unavailable, without the statement's values."""
    work = Work(*(error() for _ in range(TRIES)))
    with pytest.raises(StoreUnavailable, match="the store is not available"):
        run_with_retry(work)
    assert work.runs == TRIES


def test_a_store_that_fails_as_a_whole_is_not_asked_again() -> None:
    """A full disk is full a moment later, too."""
    work = Work(OperationalError("INSERT", {}, sqlite3.OperationalError("disk is full")))
    with pytest.raises(StoreUnavailable, match="disk is full"):
        run_with_retry(work)
    assert work.runs == 1


def test_a_defect_is_no_outage() -> None:
    """What the store is not to blame for comes out as it is."""
    work = Work(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        run_with_retry(work)
    assert work.runs == 1
