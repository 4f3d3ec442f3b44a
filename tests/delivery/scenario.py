"""What the tests of delivery do with a dispatcher."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path

from connectors.base import Ref, Refused
from receiver.delivery import DeliveryTiming
from tests.delivery.crm import Crm
from tests.delivery.rig import Rig, rig

HOUR = timedelta(hours=1)
DEAL = Ref("deal", "19")
BAD = Refused("INVALID", "that will not do", "firstname")


def run(
    directory: Path,
    crm: Crm,
    scenario: Callable[[Rig], Awaitable[None]],
    *,
    timing: DeliveryTiming | None = None,
    running: bool = True,
) -> None:
    async def within() -> None:
        async with rig(directory, crm, timing=timing, running=running) as opened:
            await scenario(opened)

    asyncio.run(within())


def held(crm: Crm, object: str = "") -> tuple[asyncio.Event, asyncio.Event]:
    """Let the CRM keep every caller waiting, or those that write this object: the first event tells
    that one is inside, setting the second lets all go on.
    """
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        if crm.calls[-1][0] == object or not object:
            inside.set()
            await go_on.wait()

    crm.before_answer = hold
    return inside, go_on


async def start(opened: Rig) -> asyncio.Task[None]:
    """Let the dispatcher find what was handed in before."""
    return asyncio.create_task(opened.dispatcher.run())


async def attempts_of(opened: Rig, id: str) -> int:
    return sum(
        len(delivery.attempts) for delivery in (await opened.inbox.find_event(id)).deliveries
    )


async def attempted(opened: Rig, id: str) -> bool:
    return any(delivery.attempts for delivery in (await opened.inbox.find_event(id)).deliveries)


async def stage_is(crm: Crm, stage: str) -> bool:
    """Of order 19."""
    return crm.held.get(DEAL, {}).get("stage") == stage


async def stages_sent(crms: Sequence[Crm], stage: str, *, times: int) -> bool:
    """Order 19 has gone out with this stage so often."""
    return (
        sum(
            record.fields["stage"] == stage
            for crm in crms
            for record in crm.received
            if record.ref == DEAL
        )
        >= times
    )
