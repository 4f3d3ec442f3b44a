"""A fresh fake for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes.salesforce import FakeSalesforce


@pytest.fixture
def fake() -> Iterator[FakeSalesforce]:
    """An org that is set up for the standard mapping."""
    with FakeSalesforce() as running:
        yield running


@pytest.fixture
def bare() -> Iterator[FakeSalesforce]:
    """An org that knows nothing of the gateway."""
    with FakeSalesforce(bare=True) as running:
        yield running
