"""Orders that two people are about, posted to whichever gateway answers, and what must be in the
CRM in the end.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx

from receiver.aom import read_sample
from tests.chaos.nodes import Node
from tests.processes import TOKEN

APART = 0.01  # seconds between an order's events, so that clocks tell which came first
STATUSES = ("PENDING", "COMPLETED", "REFUNDED", "COMPLETED", "REFUNDED")


@dataclass(slots=True)
class Orders:
    """`last` is the status of the last event of each order that was answered; `buyers` who was
    named in one. `late` are the statuses that a frozen gateway may have accepted at any time after
    the sender had gone on to another: newer then, as far as anybody knows.
    """

    random: Random
    people: int
    last: dict[str, str] = field(default_factory=dict)
    buyers: set[tuple[str, str]] = field(default_factory=set)
    late: set[tuple[str, str]] = field(default_factory=set)
    answered: int = 0
    _made: int = 0

    async def post(self, http: httpx.AsyncClient, nodes: Sequence[Node]) -> None:
        """One order from its first event to its last, of two people in turn."""
        self._made += 1
        number = 100_000 + self._made
        both = [f"person{self.random.randrange(self.people)}@example.edu" for _ in range(2)]
        for turn, status in enumerate(STATUSES[: self.random.randint(1, len(STATUSES))]):
            person = both[turn % 2]
            key = f"springfield:{number}"
            if await self._answered(http, nodes, _order(number, status, person, turn)):
                self.late.add((key, status))
            self.last[key] = status
            self.buyers.add((key, person))
            self.answered += 1
            await asyncio.sleep(APART)

    async def _answered(self, http: httpx.AsyncClient, nodes: Sequence[Node], body: bytes) -> bool:
        """Ask one after the other, as a sender that repeats until it is answered.

        Returns whether one was left without having answered.
        """
        left = False
        while True:
            for node in self.random.sample(list(nodes), len(nodes)):
                try:
                    response = await http.post(
                        f"http://127.0.0.1:{node.port}/in/{TOKEN}", content=body
                    )
                except httpx.HTTPError as error:
                    left |= isinstance(error, httpx.TimeoutException)
                    continue
                if response.status_code in {200, 202}:
                    return left
                assert response.status_code == 503, response.text
            await asyncio.sleep(0.1)


def _order(number: int, status: str, person: str, turn: int) -> bytes:
    payload: dict[str, Any] = json.loads(read_sample("order.placed") or b"{}")
    customer = {
        **payload["customer"],
        "id": person.partition("@")[0].removeprefix("person"),
        "email": person,
    }
    return json.dumps(
        {**payload, "id": number, "status": status, "customer": customer, "turn": turn}
    ).encode()
