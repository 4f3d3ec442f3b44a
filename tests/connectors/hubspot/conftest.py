from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes.hubspot import FakeHubSpot


@pytest.fixture
def hubspot() -> Iterator[FakeHubSpot]:
    """An account that has been provisioned for deals."""
    with FakeHubSpot() as fake:
        fake.define("deals", "aom_order_key", unique=True)
        yield fake
