"""What a connector must show before it writes anything: version, settings, mappings,
provisioning.
"""

from __future__ import annotations

import tomllib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, get_args

from pydantic import SecretStr, ValidationError

from connectors.base import (
    API,
    Addressable,
    Browsable,
    Connector,
    ConnectorError,
    Erases,
    FieldNeed,
    Grows,
    Identifies,
    Links,
    Needs,
    ObjectNeed,
    Problem,
    Provisions,
    Reads,
    ShipsMappings,
    Unavailable,
    Value,
    read_shipped_mappings,
)
from connectors.testing.faults import RESETS, SERVER_ERRORS, through_proxy
from connectors.testing.trial import Breach, Check, NotTried, Stored, Trial, must

ROUTE_KEYS = {"name", "events", "sources", "when", "upsert"}
UPSERT_KEYS = {"object", "key", "key_field", "each", "when", "links", "mode", "use", "fields"}
OPTIONAL = (
    Links,
    Reads,
    Grows,
    ShipsMappings,
    Identifies,
    Provisions,
    Erases,
    Browsable,
    Addressable,
)
SECRETS = ("token", "secret", "password", "api_key")


async def opening_is_no_call(trial: Trial) -> None:
    """`open` calls no CRM."""
    must(trial.gate.taken == 0, "open makes no call of the CRM, but the gate was asked for one")


async def the_interface_version_is_stated(trial: Trial) -> None:
    """The class names the version of the interface that it is written for."""
    version = getattr(trial.subject.connector, "API", None)
    must(
        version == API,
        f"the class says for which version of the interface it is written: API = {API}, not "
        f"{version!r}",
    )


async def optional_parts_are_whole(trial: Trial) -> None:
    """An optional part has all of its methods, or none."""
    for part in OPTIONAL:
        methods = {name for name in vars(part) if not name.startswith("_")}
        has = {name for name in methods if callable(getattr(trial.connector, name, None))}
        whole = has in (set(), methods)
        must(
            whole,
            f"{part.__name__} is {sorted(methods)}, and counts only as a whole, but "
            f"{sorted(has)} stands alone",
        )


async def limits_are_stated(trial: Trial) -> None:
    """`limits` are numbers that can be worked with."""
    limits = trial.connector.limits
    must(
        min(limits.records, limits.links, limits.concurrency) >= 1,
        f"limits are at least 1: {limits}",
    )


async def settings_are_documented(trial: Trial) -> None:
    """Every setting has a description."""
    for name, info in trial.subject.connector.Settings.model_fields.items():
        must(
            bool(info.description),
            f"every setting says what it is for: give {name!r} a Field(description=…)",
        )


async def secrets_are_kept_out_of_sight(trial: Trial) -> None:
    """What is named like a secret is a `SecretStr`."""
    for name, info in trial.subject.connector.Settings.model_fields.items():
        if name.endswith(SECRETS):
            hidden = info.annotation is SecretStr or SecretStr in get_args(info.annotation)
            must(hidden, f"a secret never shows in a log: {name!r} is to be a pydantic.SecretStr")


async def an_unknown_setting_is_refused(trial: Trial) -> None:
    """A setting with a slip in its name is no silent default."""
    try:
        trial.subject.connector.Settings.model_validate(
            {**trial.subject.settings, "no_such_setting": 1}
        )
    except ValidationError:
        return
    raise Breach(
        'a setting with a slip in its name must not pass unseen: keep `extra="forbid"` in '
        "the Settings"
    )


async def shipped_mappings_are_sound(trial: Trial) -> None:
    """The mappings that it ships hold routes, each with a name of its own."""
    texts = read_shipped_mappings(trial.subject.connector)
    if not texts:
        raise NotTried("the connector ships no mapping")
    routes = [route for name, text in texts.items() for route in _routes(name, text)]
    names = [route.get("name") for route in routes]
    own = all(names) and len(set(names)) == len(names)
    must(own, f"every shipped route has a name of its own, for others to replace it: {names}")
    for route in routes:
        _is_sound(route)


def _routes(name: str, text: str) -> list[dict[str, Any]]:
    try:
        mapping = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Breach(f"the {name} mapping is TOML, but {error}") from error
    others = sorted(set(mapping) - {"routes", "snippets"})
    must(not others, f"the {name} mapping holds [[routes]] and [snippets] alone, but also {others}")
    found: list[dict[str, Any]] = mapping.get("routes", [])
    return found


async def what_can_be_written_has_no_problem(trial: Trial) -> None:
    """`check` finds nothing wrong with what can be written."""
    problems = [
        problem for problem in await trial.connector.check(needs_of(trial)) if problem.fatal
    ]
    must(not problems, f"the account takes what the subject writes, but check finds {problems}")


async def planning_changes_nothing(trial: Trial) -> None:
    """`plan` makes nothing, neither fields nor records."""
    connector = _provisioner(trial)
    needs = needs_of(trial, {trial.subject.unknown_field: "a text"})
    before = await _accounts(trial)
    first = await connector.plan(needs)
    async with trial.opened() as other:  # which remembers nothing of the first
        second = await _provisioner(trial, other).plan(needs)
    must(
        first == second,
        f"plan changes nothing, so planning again plans the same; first {first}, then {second}",
    )
    must(await _accounts(trial) == before, "plan changes nothing, but it wrote records")


async def checking_changes_nothing(trial: Trial) -> None:
    """`check` makes nothing of what is missing, but names it."""
    connector = _provisioner(trial)
    needs = needs_of(trial, {trial.subject.unknown_field: "a text"})
    before, records = await connector.plan(needs), await _accounts(trial)
    problems = await trial.connector.check(needs)
    async with trial.opened() as other:  # which remembers nothing of the first
        after = await _provisioner(trial, other).plan(needs)
    must(
        before == after,
        f"check changes nothing, so what is to make stays; before {before}, after {after}",
    )
    must(await _accounts(trial) == records, "check changes nothing, but it wrote records")
    must(
        bool(problems) or not before.steps,
        f"check names what is missing, but found no problem where plan has {before.steps}",
    )


async def an_account_that_fails_is_never_fine(trial: Trial) -> None:
    """`check` and `plan` raise where they could not look, or name a problem."""
    needs = needs_of(trial)

    async def check(connector: Connector) -> Sequence[Problem]:
        return await connector.check(needs)

    async def plan(connector: Connector) -> Sequence[Problem]:
        return (await _provisioner(trial, connector).plan(needs)).blockers

    await _tells_of_faults(trial, "check", check)
    if isinstance(trial.connector, Provisions):
        await _tells_of_faults(trial, "plan", plan)


async def _tells_of_faults(
    trial: Trial, name: str, look: Callable[[Connector], Awaitable[Sequence[Problem]]]
) -> None:
    """Let each fault befall all requests from the first on, from the second on, and so forth."""
    async with through_proxy(trial) as (proxy, connector):
        await look(connector)
        calls = len(proxy.calls)
    for fault in (SERVER_ERRORS[-1], RESETS[0]):
        for first in range(calls):
            where = f"{name}, where request {first + 1} and all that follow get {fault.name}"
            async with through_proxy(trial) as (proxy, connector):
                proxy.fail(fault, first)
                try:
                    told = await look(connector)
                except ConnectorError:
                    continue
                must(
                    bool(told),
                    f"{where}: a ConnectorError is raised, or a problem named, but all was fine",
                )


async def provisioning_twice_is_harmless(trial: Trial) -> None:
    """A plan can be carried out, and again; then nothing is missing."""
    if not trial.subject.provision:
        raise NotTried("the subject's credentials may not provision")
    connector = _provisioner(trial)
    plan = await connector.plan(needs_of(trial))
    for _ in range(2):
        report = await connector.provision(plan)
        must(not report.failed, f"a plan can be carried out, and again, but {report.failed}")
    after = await connector.plan(needs_of(trial))
    must(
        not after.steps,
        f"what was provisioned is not planned again, but {[step.text for step in after.steps]}",
    )


async def an_account_out_of_reach_is_unavailable(trial: Trial) -> None:
    """Where nobody answers, Unavailable is raised."""
    if not trial.subject.unreachable:
        raise NotTried("the subject has no `unreachable`")
    connector = trial.subject.connector.open(
        trial.subject.connector.Settings.model_validate(trial.subject.unreachable), trial.context
    )
    try:
        await connector.upsert(trial.object, [trial.record()])
    except Unavailable:
        return
    except Exception as error:
        raise Breach(
            f"where nobody answers, Unavailable is raised, not {type(error).__name__}: {error}"
        ) from error
    finally:
        await connector.aclose()
    raise Breach("where nobody answers, Unavailable is raised, not nothing")


async def closing_twice_is_harmless(trial: Trial) -> None:
    """`aclose` may be awaited again."""
    await trial.save(trial.record())
    await trial.connector.aclose()  # and once more at the end of the trial


def _provisioner(trial: Trial, connector: Connector | None = None) -> Provisions:
    provisioner = connector or trial.connector
    if not isinstance(provisioner, Provisions):
        raise NotTried("the connector does not provision")
    return provisioner


async def _accounts(trial: Trial) -> Sequence[Mapping[str, Stored]]:
    """Give all that the account holds, where that can be told."""
    try:
        return [dict(await trial.read_account(name)) for name in trial.subject.records]
    except NotTried:
        return []


def needs_of(trial: Trial, further: Mapping[str, Value] | None = None) -> Needs:
    """Give what a mapping would need that writes the subject's records, and of the first of them
    further fields.
    """
    return [
        ObjectNeed(
            name,
            trial.connector.key_fields.get(name),
            {
                field: FieldNeed(places=(f"{name}.{field}",))
                for field in (*fields, *(further or {} if name == trial.object else {}))
            },
        )
        for name, fields in trial.subject.records.items()
    ]


def _is_sound(route: dict[str, Any]) -> None:
    where = f"the standard route {route['name']!r}"
    must(
        set(route) <= ROUTE_KEYS,
        f"{where} has {sorted(set(route) - ROUTE_KEYS)}, which no standard route has: known "
        f"are {sorted(ROUTE_KEYS)}",
    )
    must(
        bool(route.get("events") and route.get("upsert")),
        f"{where} names `events` and at least one `upsert`",
    )
    objects = {upsert.get("object") for upsert in route["upsert"]}
    for upsert in route["upsert"]:
        must(
            set(upsert) <= UPSERT_KEYS,
            f"{where} has {sorted(set(upsert) - UPSERT_KEYS)} in an upsert: known are "
            f"{sorted(UPSERT_KEYS)}",
        )
        must(bool(upsert.get("object")), f"{where} has an upsert that names no `object`")
        must(
            set(upsert.get("links", [])) <= objects,
            f"{where} links to {upsert.get('links')}, and writes only {sorted(objects)}",
        )


CHECKS: tuple[Check, ...] = (
    the_interface_version_is_stated,
    optional_parts_are_whole,
    opening_is_no_call,
    limits_are_stated,
    settings_are_documented,
    secrets_are_kept_out_of_sight,
    an_unknown_setting_is_refused,
    shipped_mappings_are_sound,
    what_can_be_written_has_no_problem,
    planning_changes_nothing,
    checking_changes_nothing,
    an_account_that_fails_is_never_fine,
    provisioning_twice_is_harmless,
    an_account_out_of_reach_is_unavailable,
    closing_twice_is_harmless,
)
