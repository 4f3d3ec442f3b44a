"""Runs a transaction again where its connection was lost or another transaction went first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from receiver.inbox.db.errors import as_unavailable, is_beaten, is_disconnect, is_unavailable

T = TypeVar("T")

TRIES: Final = 3


def run_with_retry(work: Callable[[], T]) -> T:
    """Run the work anew where its connection was lost, or another transaction went first.

    StoreUnavailable where the store as a whole fails.
    """
    for tries in range(1, TRIES + 1):
        try:
            return work()
        except Exception as error:
            again = is_disconnect(error) or is_beaten(error)
            if again and tries < TRIES:
                continue
            if again or is_unavailable(error):
                raise as_unavailable(error) from error
            raise
    raise AssertionError
