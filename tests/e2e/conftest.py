"""Fixtures for tests of the real process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.e2e.accounts import CRMS, Account


@pytest.fixture(params=CRMS)
def crm(request: pytest.FixtureRequest) -> Iterator[Account]:
    """Runs the test once for each CRM."""
    with CRMS[request.param]() as account:
        yield account


@pytest.fixture
def crms() -> Iterator[dict[str, Account]]:
    """All CRMs at once, by name."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(open_()) for name, open_ in CRMS.items()}
