"""Under faults at random, repeating until it is said to be written leaves everything written
once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar

import pytest

from connectors.base import ConnectorError, Outcome, Saved
from connectors.hubspot import HubSpotConnector
from tests.connectors.hubspot.opening import contact, deal, ids, on, tie
from tests.fakes.hubspot import RANDOM, FakeHubSpot

T = TypeVar("T")


async def until_saved(call: Callable[[], Awaitable[Sequence[Outcome]]]) -> list[str]:
    """Repeat a batch as the gateway does, without its pauses."""
    for _ in range(50):
        try:
            outcomes = list(await call())
        except ConnectorError:
            continue
        if all(isinstance(outcome, Saved) for outcome in outcomes):
            return ids(outcomes)
    raise AssertionError("still not written")


@pytest.mark.parametrize("seed", range(3))
def test_everything_ends_written_once(hubspot: FakeHubSpot, seed: int) -> None:
    """One call in five is turned away, broken, stalled or hung up on, before or after it was
    done.
    """
    hubspot.at_random(0.2, [fault for fault in RANDOM if fault.kind != "stall"], seed)

    async def use(crm: HubSpotConnector) -> None:
        for batch in range(10):
            numbers = range(batch * 20, batch * 20 + 20)
            contacts = [contact(f"c{one}") for one in numbers]
            people = await until_saved(partial(crm.upsert, "contact", contacts))
            deals = await until_saved(partial(crm.upsert, "deal", [deal(one) for one in numbers]))
            pairs = [tie(one, other) for one, other in zip(deals, people, strict=True)]
            await until_saved(partial(crm.link, pairs))

    on(hubspot, use)
    assert hubspot.calls(status=0)
    assert hubspot.created() == {"contacts": 200, "deals": 200, "notes": 0}
    assert len(hubspot.associations()) == 200
