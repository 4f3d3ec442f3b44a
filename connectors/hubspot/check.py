"""What stands in the way of writing, found by asking HubSpot: token, scopes, set-up, currencies, calls left today."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.base import AuthFailed, Misconfigured, Needs, Plan, Problem
from connectors.hubspot.answers import items
from connectors.hubspot.errors import KEYS, CallRefused, SetUpMissing
from connectors.hubspot.niceties import CURRENCY
from connectors.hubspot.paths import object_type

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from connectors.hubspot.api import Api
    from connectors.hubspot.settings import HubSpotSettings

FEW_CALLS = 0.1  # of the day's allowance


async def find_problems(name: str, needs: Needs, api: Api, settings: HubSpotSettings, plan: Callable[[], Awaitable[Plan]]) -> list[Problem]:
    """All problems in one list. Raises only what says nothing about the set-up: Throttled and Unavailable."""
    where = f"connectors.{name}"
    try:
        problems = [problem async for problem in _scopes(where, needs, api)]
        problems += await _set_up(where, name, problems, plan)
        problems += [problem async for problem in _currencies(where, needs, api, settings)]
        problems += [problem async for problem in _calls_left(where, api)]
    except AuthFailed as error:
        return [Problem(f"{where}.access_token", str(error), KEYS)]
    return problems


async def _scopes(where: str, needs: Needs, api: Api) -> AsyncIterator[Problem]:
    """Ask for each object whether it may be written, by a batch of nothing: refused for its emptiness at most."""
    for need in needs:
        type_ = object_type(need.object)
        try:
            await api.call("POST", api.paths.batch(type_, "upsert"), {"inputs": []})
        except CallRefused:
            continue
        except SetUpMissing as error:
            if error.fault.status == 403:  # noqa: PLR2004
                yield Problem(f"{where}.access_token", f"{type_} can't be written: {error}", f"{KEYS} → the key → Scopes")


async def _set_up(where: str, name: str, known: Sequence[Problem], plan: Callable[[], Awaitable[Plan]]) -> list[Problem]:
    """Say what `provision` would do, and what only a person can."""
    try:
        made = await plan()
    except Misconfigured as error:
        told = any(str(error) in problem.message for problem in known)
        return [] if told else [Problem(where, str(error), KEYS)]
    remedy = f"aom-gateway provision {name} --apply, or Settings → Properties"
    steps = [Problem(step.data.get("where", where), f"not done yet: {step.text}", remedy) for step in made.steps]
    return [*made.blockers, *steps]


async def _currencies(where: str, needs: Needs, api: Api, settings: HubSpotSettings) -> AsyncIterator[Problem]:
    """Say which currencies deals can have, where the mapping does not tell which it will meet."""
    fields = [need.fields.get(CURRENCY) for need in needs if object_type(need.object) == "deals"]
    if not any(field and not field.values for field in fields) or not (known := await _known_currencies(api)):
        return
    becomes = "is written without its currency" if settings.unknown_currency == "leave_out" else "is refused"
    message = f"a deal in another currency than {', '.join(known)} {becomes}"
    yield Problem(f"{where}.unknown_currency", message, "Settings → Account Management → Account Defaults → Currency", fatal=False)


async def _known_currencies(api: Api) -> list[str]:
    try:
        details = await api.read(api.paths.account("details"))
    except Misconfigured:
        return []
    return [str(code) for code in (details.get("companyCurrency"), *(details.get("additionalCurrencies") or ())) if code]


async def _calls_left(where: str, api: Api) -> AsyncIterator[Problem]:
    left, day = api.daily_left or await _usage(api) or (0, 0)
    if day and left < day * FEW_CALLS:
        message = f"{left} of today's {day} calls are left to all apps of the account"
        yield Problem(where, message, "Development → Monitoring → API call usage shows which app uses them", fatal=False)


async def _usage(api: Api) -> tuple[int, int] | None:
    """Ask the account-info API for the day's usage: not all answers carry the daily headers."""
    try:
        data = await api.read(api.paths.account("api-usage", "daily", "private-apps"))
    except Misconfigured:
        return None
    used = [item for item in items(data, "results") if item.get("usageLimit")]
    return min(((item["usageLimit"] - item.get("currentUsage", 0), item["usageLimit"]) for item in used), default=None)
