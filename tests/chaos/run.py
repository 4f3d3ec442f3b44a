"""Breaks things for a while, lets all come back, and compares every answered event with what the
CRM holds.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import httpx

from tests.chaos.nodes import Cluster, cluster
from tests.chaos.orders import Orders
from tests.e2e.accounts import configure
from tests.e2e.accounts.hubspot import HubSpotAccount, hubspot
from tests.fakes.hubspot import RANDOM
from tests.processes import ADMIN_TOKEN, TOKEN, until

BODY = """
[server]
port = {{port}}
admin_token = "{admin}"

[store]
url = "{{store}}"

[sources.springfield]
tokens = ["{token}"]

[delivery]
lease_seconds = 3
{crm}
timeout_seconds = 5
"""


@dataclass(frozen=True, slots=True)
class Report:
    """What was done and seen.

    `wrong`: what the CRM should hold and does not; empty where all is right.
    """

    orders: int
    answered: int
    calls: int
    failed_calls: int
    struck: dict[str, int]
    drained_in: float
    wrong: tuple[str, ...]


def run(
    directory: Path,
    database: Any,
    *,
    seconds: float,
    seed: int,
    senders: int = 8,
    every: float = 4.0,
) -> Report:
    """Post orders for so many seconds, with something broken every few of them, and a fifth of all
    calls failing.
    """
    random = Random(seed)
    orders = Orders(random, people=60)
    with hubspot() as crm:
        configure(directory, crm)  # and make the account's fields
        crm.fake.reset_calls()
        crm.fake.at_random(0.2, RANDOM, seed)
        body = BODY.format(admin=ADMIN_TOKEN, token=TOKEN, crm=crm.table().rstrip())
        with cluster(directory, body, database, random) as nodes:
            asyncio.run(_storm(nodes, orders, seconds, senders, every))
            crm.clear()
            nodes.mend()
            began = time.monotonic()
            pending = until(lambda: _drained(nodes), "all is delivered", 240)
            wrong = tuple(_compare(orders, crm, pending))
            return Report(
                len(orders.last),
                orders.answered,
                crm.calls(),
                crm.failed_calls(),
                {what: nodes.struck.count(what) for what in sorted(set(nodes.struck))},
                round(time.monotonic() - began, 1),
                wrong,
            )


async def _storm(
    nodes: Cluster, orders: Orders, seconds: float, senders: int, every: float
) -> None:
    end = time.monotonic() + seconds

    async def send(http: httpx.AsyncClient) -> None:
        while time.monotonic() < end:
            await orders.post(http, nodes.nodes)

    async def break_things() -> None:
        while time.monotonic() < end:
            await asyncio.sleep(every)
            await asyncio.to_thread(nodes.strike)

    async with httpx.AsyncClient(trust_env=False, timeout=5) as http:
        breaking = asyncio.create_task(break_things())
        sending = [asyncio.create_task(send(http)) for _ in range(senders)]
        await breaking
        await asyncio.to_thread(nodes.mend)  # so that all that was begun is answered
        await asyncio.gather(*sending)


def _drained(nodes: Cluster) -> dict[str, Any] | None:
    with contextlib.suppress(OSError):
        status: dict[str, Any] = nodes.nodes[0].running.admin("/api/status")
        return status if status["pending"] == 0 else None
    return None


def _compare(orders: Orders, crm: HubSpotAccount, status: dict[str, Any]) -> list[str]:
    """Every order in its last state, every contact and link once, nothing dead."""
    wrong = [f"{status['dead']} are dead"] if status["dead"] else []
    deals, contacts, links = crm.deals(), crm.contacts(), set(crm.buyers())
    for key, last in orders.last.items():
        if key not in deals:
            wrong.append(f"{key} is missing")
        elif deals[key].status != last and (key, deals[key].status) not in orders.late:
            wrong.append(f"{key} is {deals[key].status}, and was {last} last")
    wrong += [
        f"{person} is missing" for person in {one for _, one in orders.buyers} - contacts.keys()
    ]
    wrong += [f"{pair} is not linked" for pair in orders.buyers - links]
    wrong += [f"{key} is nobody's" for key in deals.keys() - orders.last.keys()]
    return wrong


def shown(report: Report) -> str:
    """As JSON, for people."""
    return json.dumps({name: getattr(report, name) for name in Report.__slots__}, indent=2)
