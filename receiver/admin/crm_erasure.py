"""Erases a person from the CRMs, while the gateway still knows which records there are theirs.

A plan per connector comes first, for whoever asks to read. What each CRM answered goes to the log,
without the address.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import structlog

from connectors.base import Connector, ConnectorError, Erases, Plan, Problem, Ref, Report
from receiver.admin.erasure_views import CrmErasure, CrmProblem
from receiver.delivery import AccountGuard
from receiver.delivery.limits.rate_limiter import RateLimiter
from receiver.gateway import Gateway, open_connectors
from receiver.inbox import DeliverySelection, ErasedPerson, EventFilter

UNDER_WAY = 60.0  # seconds that deliveries which have begun get to end
STILL_WRITING = Problem(
    "deliveries",
    "a call that was under way has not ended, and may write the person again",
    "repeat this in some minutes",
)
ELSEWHERE = "this connector cannot erase: look in the CRM itself"


async def forget_person(
    gateway: Gateway, email: str, *, in_crm: bool
) -> tuple[ErasedPerson, tuple[CrmErasure, ...]]:
    """Erase a person: from the CRMs first, while it is known which records there are theirs.

    Where one refuses, the gateway keeps that.
    """
    crm = await erase_in_crms(gateway, email) if in_crm else ()
    failed = any(one.failed for one in crm)
    gateway.lasting.note_erasure()
    return ErasedPerson() if failed else await gateway.inbox.erase_person(email), crm


async def plan_erasure(gateway: Gateway, email: str) -> tuple[CrmErasure, ...]:
    """Say what would be erased. Changes nothing."""
    plans = await _plans(gateway, email)
    return tuple(
        CrmErasure(
            name, tuple(step.text for step in plan.steps), left=_present_problems(plan.blockers)
        )
        for name, plan in plans.items()
    )


async def erase_in_crms(gateway: Gateway, email: str) -> tuple[CrmErasure, ...]:
    """Plan anew and carry it out, connector by connector.

    What was pending of the person is given up before, or it would come after.
    """
    if unfinished := await _stop_writing(gateway, email):
        return tuple(
            CrmErasure(name, failed=_present_problems([STILL_WRITING])) for name in unfinished
        )
    done = []
    async with _connectors(gateway) as connectors:
        for name, plan in (await _plans(gateway, email)).items():
            report = await _erase(connectors[name], plan)
            failed = (
                *report.failed,
                *(one for one in plan.blockers if one.fatal and not plan.steps),
            )
            done.append(
                CrmErasure(
                    name, report.done, _present_problems(failed), _present_problems(plan.blockers)
                )
            )
            structlog.get_logger().info(
                "person.erased_in_crm",
                connector=name,
                done=list(report.done),
                failed=[f"{one.where}: {one.message}" for one in failed],
            )
    return tuple(done)


async def _stop_writing(gateway: Gateway, email: str) -> list[str]:
    """Let nothing more of the person be written.

    Returns the connectors at which it may be all the same.
    """
    await gateway.inbox.discard_selected(
        DeliverySelection(filter=EventFilter(person=email, state="pending")), now=gateway.now()
    )
    ended = await asyncio.gather(*(one.finish_batches(UNDER_WAY) for one in gateway.dispatchers))
    return [
        one.name for one, has_ended in zip(gateway.dispatchers, ended, strict=True) if not has_ended
    ]


async def _plans(gateway: Gateway, email: str) -> dict[str, Plan]:
    person = await gateway.inbox.find_person(email)
    plans = {}
    async with _connectors(gateway) as connectors:
        for name, connector in connectors.items():
            known = {
                Ref(one.object, one.key): one.id for one in person.records if one.connector == name
            }
            plans[name] = await _plan(gateway, name, connector, person.addresses, known)
    return plans


async def _plan(
    gateway: Gateway,
    name: str,
    connector: Connector,
    addresses: Sequence[str],
    known: Mapping[Ref, str],
) -> Plan:
    if not isinstance(connector, Erases):
        left = (Problem("records", ELSEWHERE, fatal=False),) if known else ()
        return Plan(blockers=left)
    guard = AccountGuard(gateway.inbox, name, gateway.settings.connectors[name].type, connector)
    try:
        await guard.require_same()  # by the ids of another account others would be erased
        return await connector.plan_erasure(addresses, known, gateway.routes.needs(name))
    except ConnectorError as fault:
        return Plan(blockers=(_problem("plan", fault),))


async def _erase(connector: Connector, plan: Plan) -> Report:
    if not plan.steps or not isinstance(connector, Erases):
        return Report()
    try:
        return await connector.erase(plan)
    except ConnectorError as fault:
        return Report(failed=(_problem("erase", fault),))


def _present_problems(problems: Iterable[Problem]) -> tuple[CrmProblem, ...]:
    return tuple(CrmProblem(one.where, one.message, one.remedy, one.fatal) for one in problems)


def _problem(where: str, fault: ConnectorError) -> Problem:
    message, _, remedy = str(fault).partition(" → ")
    return Problem(where, message, remedy)


@asynccontextmanager
async def _connectors(gateway: Gateway) -> AsyncIterator[Mapping[str, Connector]]:
    """Give the connectors of the gateway that delivers, or those of one that was opened for a
    command alone.
    """
    if gateway.connectors:
        yield gateway.connectors
        return
    settings = gateway.settings
    limiters = {name: RateLimiter(one.rate_limit) for name, one in settings.connectors.items()}
    async with AsyncExitStack() as stack:
        opened = open_connectors(settings, limiters, gateway.now)
        for connector in opened.values():
            stack.push_async_callback(connector.aclose)
        yield opened
