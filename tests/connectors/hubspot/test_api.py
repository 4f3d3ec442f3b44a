"""Every call waits at the gate, and tells it what HubSpot says of the limit."""

from __future__ import annotations

import asyncio
import time
from collections import deque

from connectors.base import RateLimit, Saved
from connectors.hubspot import HubSpotConnector
from tests.connectors.hubspot.opening import contact, deal, ids, on, tie, upsert
from tests.fakes.hubspot import FakeHubSpot, Options

# for the way to HubSpot, which differs from call to call, most of all on a busy machine
MARGIN = 1.6


class Window:
    """A gate that starts low and allows what it learned, in a rolling window."""

    def __init__(self) -> None:
        self.limit = RateLimit(calls=1, seconds=0.1)
        self.remaining: list[int | None] = []
        self.taken = 0
        self._times: deque[float] = deque()

    async def take(self, calls: int = 1) -> None:
        self.taken += calls
        while len(self._times) + calls > self.limit.calls:
            free = self._times[0] + self.limit.seconds * MARGIN - time.monotonic()
            if free > 0:
                await asyncio.sleep(free)
            elif self._times:
                self._times.popleft()
        self._times.extend([time.monotonic()] * calls)

    async def learn(self, limit: RateLimit, remaining: int | None = None) -> None:
        self.limit = limit
        self.remaining.append(remaining)


def test_every_call_is_taken_from_the_gate(hubspot: FakeHubSpot) -> None:
    """Look-ups, writes, links, second chances: as many taken as HubSpot counted."""
    gate = Window()
    hubspot.set_options(echo_trace=False, currency_options=False)

    async def use(crm: HubSpotConnector) -> None:
        people = ids(list(await crm.upsert("contact", [contact(f"c{n}") for n in range(3)])))
        deals = ids(
            list(await crm.upsert("deal", [deal(n, deal_currency_code="XAF") for n in range(3)]))
        )
        await crm.link([tie(one, other) for one, other in zip(deals, people, strict=True)])
        await crm.check([])
        await crm.plan([])

    on(hubspot, use, calls=gate)
    assert gate.taken == hubspot.calls() > 6


def test_the_limit_is_learned_from_the_headers() -> None:
    """The account's own limit, and how many calls are left in it, after every answer."""
    gate = Window()
    with FakeHubSpot(Options(burst=150, interval=10)) as hubspot:
        upsert(hubspot, contact("ada"), calls=gate)
    assert gate.limit == RateLimit(calls=150, seconds=10)
    assert gate.remaining == [149, 148]


def test_without_headers_nothing_is_learned() -> None:
    """The gate keeps what it has."""
    gate = Window()
    with FakeHubSpot(Options(rate_headers=False)) as hubspot:
        upsert(hubspot, contact("ada"), calls=gate)
    assert gate.remaining == []


def test_a_gate_that_learns_stays_out_of_429() -> None:
    """At the pace that HubSpot's headers name, side by side, no call is turned away, and the limit
    is used.
    """
    gate = Window()
    with FakeHubSpot(Options(burst=20, interval=1, latency=0.02)) as hubspot:

        async def use(crm: HubSpotConnector) -> list[object]:
            batches = [[contact(f"c{b}-{n}") for n in range(100)] for b in range(50)]
            return [
                one
                for batch in await asyncio.gather(
                    *(crm.upsert("contact", batch) for batch in batches)
                )
                for one in batch
            ]

        outcomes = on(hubspot, use, calls=gate)
        assert len(outcomes) == 5000
        assert all(isinstance(outcome, Saved) for outcome in outcomes)
        assert hubspot.calls(status=429) == 0
        assert len(hubspot.records("contacts")) == 5000
