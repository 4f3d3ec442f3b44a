"""Fixtures that every test may ask for."""

import signal
from collections.abc import Iterator

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

# a shell starts what runs in the background so, and programs inherit it
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def logging_as_it_is() -> Iterator[None]:
    """What a command sets up for its own lines is not for the tests that follow."""
    yield
    structlog.reset_defaults()
