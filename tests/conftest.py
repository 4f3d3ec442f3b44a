"""Fixtures that every test may ask for, and the order of the files."""

import gc
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.databases import (
    postgresql_server,
    postgresql_template,
    postgresql_url,
    sqlite_url,
    store_url,
)

__all__ = ["postgresql_server", "postgresql_template", "postgresql_url", "sqlite_url", "store_url"]

LONGEST = (
    "e2e/test_crm_backlog.py",
    "e2e/orgs/test_situations.py",
    "deploy/test_image.py",
    "e2e/test_crm_faults.py",
    "e2e/test_store_faults.py",
    "cli/test_new_connector.py",
    "docs/test_first_connector.py",
    "e2e/test_new_account.py",
    "e2e/test_ownership.py",
    "e2e/test_identity.py",
)
"""Files of `tests` that last a minute on two processors. They begin, so that nobody waits for one
that has begun last.
"""

# a shell starts what runs in the background so, and programs inherit it
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the files; within one nothing is moved."""
    rank = {Path(__file__).parent / name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))


def pytest_collection_finish() -> None:
    """Ten thousand tests with their modules are there to the end: no collection looks at them."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def logging_as_it_is() -> Iterator[None]:
    """What a command sets up for its own lines is not for the tests that follow."""
    yield
    structlog.reset_defaults()
