"""Forty situations of real orgs and more, by one real process: what lands, what the operator reads,
and how it goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future

import pytest

from tests.e2e.orgs.hubspot import HUBSPOT
from tests.e2e.orgs.salesforce import SALESFORCE
from tests.e2e.orgs.stage import played

SITUATIONS = {**HUBSPOT, **SALESFORCE}


@pytest.fixture(scope="module")
def results(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Mapping[str, Future[None]]]:
    """What came of those that are asked for: they are played at once, each with an org of its
    own.
    """
    asked = {
        item.callspec.params["name"]
        for item in request.session.items
        if hasattr(item, "callspec") and item.path == request.path
    }
    with played(
        tmp_path_factory.mktemp("orgs"),
        {name: one for name, one in SITUATIONS.items() if name in asked},
    ) as results:
        yield results


@pytest.mark.parametrize("name", SITUATIONS)
def test_nobody_is_lost_doubled_or_blamed(results: Mapping[str, Future[None]], name: str) -> None:
    """The operator reads what is wrong, the innocent are written once, and after the cure it goes
    on.
    """
    results[name].result()
