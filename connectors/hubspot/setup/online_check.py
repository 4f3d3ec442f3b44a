"""What stands in the way of writing, found by asking HubSpot before the first event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.base import AuthFailed, Misconfigured, Needs, ObjectNeed, Plan, Problem
from connectors.error_rules import ErrorOutcome
from connectors.hubspot.account import find_named
from connectors.hubspot.error_table import KEYS, rule_of
from connectors.hubspot.errors import HubSpotCallRefused, SetUpMissing
from connectors.hubspot.json_answers import items_of
from connectors.hubspot.paths import object_type
from connectors.hubspot.records.account_rules import enforces_rules
from connectors.hubspot.records.optional_properties import CURRENCY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from connectors.hubspot.account import AccountSchema
    from connectors.hubspot.api import HubSpotApi
    from connectors.hubspot.settings import HubSpotSettings

FEW_CALLS = 0.1  # of the day's allowance
NOBODY = "0"  # no record has this id
NOTHING = "aom_no_such_property"
NAMES = {
    "contacts": "firstname",
    "deals": "dealname",
    "line_items": "name",
    "companies": "name",
    "products": "name",
}
"""A property that every account has of an object."""


async def find_problems(
    name: str,
    needs: Needs,
    api: HubSpotApi,
    account: AccountSchema,
    settings: HubSpotSettings,
    plan: Callable[[], Awaitable[Plan]],
) -> list[Problem]:
    """All problems in one list.

    Raises only what says nothing about the set-up: Throttled and Unavailable.
    """
    where = f"connectors.{name}"
    try:
        problems = [problem async for problem in _scopes(where, needs, api)]
        problems += [problem async for problem in _growth(where, needs, api)]
        problems += await _set_up(where, name, problems, plan)
        problems += [problem async for problem in _currencies(where, needs, api, settings)]
        problems += [problem async for problem in _rules(where, needs, account, settings)]
        problems += [problem async for problem in _calls_left(where, api)]
    except AuthFailed as error:
        return [Problem(f"{where}.access_token", str(error), KEYS)]
    return problems


async def _scopes(where: str, needs: Needs, api: HubSpotApi) -> AsyncIterator[Problem]:
    """Ask for each object whether it may be written.

    By a right change to a record that nobody has: nothing else is wrong with it.
    """
    for need in needs:
        type_ = object_type(need.object)
        nobody = {"id": NOBODY, "properties": {NAMES[type_]: ""} if type_ in NAMES else {}}
        try:
            await api.call("POST", api.paths.batch(type_, "update"), {"inputs": [nobody]})
        except HubSpotCallRefused as error:
            if rule_of(error.fault).outcome is not ErrorOutcome.GONE:
                unknown = f"whether the token may write {type_} could not be learnt"
                message = f"{unknown}: HubSpot answered {error}"
                yield Problem(
                    f"{where}.access_token",
                    message,
                    f"see the scopes of the key, at {KEYS}",
                    fatal=False,
                )
        except SetUpMissing as error:
            if error.fault.status == 403:  # noqa: PLR2004
                yield Problem(f"{where}.access_token", f"{type_} can't be written: {error}", KEYS)


async def _growth(where: str, needs: Needs, api: HubSpotApi) -> AsyncIterator[Problem]:
    """Ask whether options may be made where the mapping says `grow`, by a change to a property
    that nobody has.
    """
    for need in needs:
        grown = sorted(name for name, field in need.fields.items() if field.grows)
        if not grown:
            continue
        type_ = object_type(need.object)
        try:
            await api.call("PATCH", api.paths.properties(type_, NOTHING), {"label": NOTHING})
        except HubSpotCallRefused:
            continue
        except SetUpMissing as error:
            if error.fault.status == 403:  # noqa: PLR2004
                names = ", ".join(grown)
                yield Problem(
                    f"{where}.access_token",
                    f"{names} of {type_} cannot grow, new options are left out: {error}",
                    KEYS,
                )


async def _rules(
    where: str, needs: Needs, account: AccountSchema, settings: HubSpotSettings
) -> AsyncIterator[Problem]:
    """Say what the account's own rules will refuse, as far as HubSpot tells."""
    for need in needs:
        if object_type(need.object) == "deals" and "dealstage" in need.fields:
            async for problem in _stage_rules(need, account, settings):
                yield problem
    if needs and enforces_rules(settings.api_version):
        types = ", ".join(dict.fromkeys(object_type(need.object) for need in needs))
        what = "which properties the account demands"
        message = f"HubSpot does not tell {what} of new {types}, or of a deal in a stage"
        remedy = "see Settings → Objects: what lacks one waits, and `status` names the property"
        yield Problem(f"{where}.api_version", message, remedy, fatal=False)


async def _stage_rules(
    need: ObjectNeed, account: AccountSchema, settings: HubSpotSettings
) -> AsyncIterator[Problem]:
    """Compare the stages that orders begin in with those that the pipeline lets a deal be made
    in.
    """
    wanted = sorted(need.fields["dealstage"].values)
    stated = need.fields.get("pipeline")
    names = sorted(stated.values) if stated else [settings.pipeline]
    pipelines = await account.pipelines("deals") or ()
    for pipeline in filter(None, (find_named(pipelines, name) for name in names)):
        allowed = await account.creation_stages("0-3", pipeline.id)
        stages = [stage for name in wanted if (stage := find_named(pipeline.stages, name))]
        barred = [stage.label for stage in stages if allowed and stage.id not in allowed]
        if barred:
            labels = ", ".join(stage.label for stage in pipeline.stages if stage.id in allowed)
            late = f"an order that comes first as {', '.join(barred)} may be refused"
            message = f"{pipeline.label} lets deals be made in {labels} alone: {late}"
            remedy = f"Settings → Objects → Deals → Pipelines → {pipeline.label} → Pipeline rules"
            yield Problem(need.fields["dealstage"].places[0], message, remedy, fatal=False)


async def _set_up(
    where: str, name: str, known: Sequence[Problem], plan: Callable[[], Awaitable[Plan]]
) -> list[Problem]:
    """Say what `provision` would do, and what only a person can."""
    try:
        made = await plan()
    except Misconfigured as error:
        is_known = any(str(error) in problem.message for problem in known)
        return [] if is_known else [Problem(where, str(error), KEYS)]
    remedy = f"aom-gateway provision {name} --apply, or Settings → Properties"
    steps = [
        Problem(step.data.get("where", where), f"not done yet: {step.text}", remedy)
        for step in made.steps
    ]
    return [*made.blockers, *steps]


async def _currencies(
    where: str, needs: Needs, api: HubSpotApi, settings: HubSpotSettings
) -> AsyncIterator[Problem]:
    """Say which currencies deals can have, where the mapping does not tell which it will meet."""
    fields = [need.fields.get(CURRENCY) for need in needs if object_type(need.object) == "deals"]
    if not any(field and not field.values for field in fields) or not (
        known := await _known_currencies(api)
    ):
        return
    becomes = (
        "is written without its currency"
        if settings.unknown_currency == "leave_out"
        else "is refused"
    )
    message = f"a deal in another currency than {', '.join(known)} {becomes}"
    yield Problem(
        f"{where}.unknown_currency",
        message,
        "Settings → Account Management → Account Defaults → Currency",
        fatal=False,
    )


async def _known_currencies(api: HubSpotApi) -> list[str]:
    try:
        details = await api.read(api.paths.account("details"))
    except Misconfigured:
        return []
    return [
        str(code)
        for code in (details.get("companyCurrency"), *(details.get("additionalCurrencies") or ()))
        if code
    ]


async def _calls_left(where: str, api: HubSpotApi) -> AsyncIterator[Problem]:
    left, day = api.daily_left or await _usage(api) or (0, 0)
    if day and left < day * FEW_CALLS:
        message = f"{left} of today's {day} calls are left to all apps of the account"
        yield Problem(
            where,
            message,
            "Development → Monitoring → API call usage shows which app uses them",
            fatal=False,
        )


async def _usage(api: HubSpotApi) -> tuple[int, int] | None:
    """Ask the account-info API for the day's usage: not all answers carry the daily headers."""
    try:
        data = await api.read(api.paths.account("api-usage", "daily", "private-apps"))
    except Misconfigured:
        return None
    used = [item for item in items_of(data, "results") if item.get("usageLimit")]
    return min(
        ((item["usageLimit"] - item.get("currentUsage", 0), item["usageLimit"]) for item in used),
        default=None,
    )
