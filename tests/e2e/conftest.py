"""Fixtures for tests of the real process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.accounts import CRMS, Account


@pytest.fixture(params=CRMS)
def crm(request: pytest.FixtureRequest) -> Iterator[Account]:
    """Runs the test once for each CRM."""
    with CRMS[request.param]() as account:
        yield account
