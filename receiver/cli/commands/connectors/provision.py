"""`provision`, and what `check --online` asks: the command line speaks to a CRM itself, beside the
running gateway.
"""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from connectors.base import (
    ConnectorError,
    Plan,
    Problem,
    Provisions,
    Report,
)
from receiver.cli.app import app, settings_of
from receiver.cli.command_failure import FOUND, fail_command
from receiver.cli.completion.known_names import complete_connector
from receiver.cli.options import CONFIG, ConfigOption, JsonOption
from receiver.cli.temporary_connector import temporary_connector
from receiver.cli.terminal import out, print_json, show_faults
from receiver.mapping import RouteTable
from receiver.settings import ConfigFault, Settings


def check_online(settings: Settings, mapping: RouteTable) -> list[ConfigFault]:
    """What the CRMs say of the configuration, all asked at once."""

    async def ask() -> list[list[ConfigFault]]:
        return await asyncio.gather(
            *(_check(settings, mapping, name) for name in settings.connectors)
        )

    return [fault for faults in asyncio.run(ask()) for fault in faults]


async def _check(settings: Settings, mapping: RouteTable, name: str) -> list[ConfigFault]:
    async with temporary_connector(settings, name) as connector:
        try:
            problems = await connector.check(mapping.needs(name))
        except ConnectorError as error:
            problems = [Problem("", str(error))]
    return [_fault(name, problem) for problem in problems]


def _fault(name: str, problem: Problem) -> ConfigFault:
    where = f"connectors.{name}"
    place = (
        problem.where
        if problem.where.startswith(where)
        else f"{where}: {problem.where}"
        if problem.where
        else where
    )
    return ConfigFault(place, problem.message, problem.remedy, warning=not problem.fatal)


@app.command()
def provision(
    connector: Annotated[
        str,
        typer.Argument(help="A connector of the configuration.", autocompletion=complete_connector),
    ],
    config: ConfigOption = CONFIG,
    apply: Annotated[bool, typer.Option("--apply", help="Create what the plan lists.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show what the CRM lacks for the configured mapping, and create it with --apply. Exit 1 where
    something stands in the way.
    """
    settings = settings_of(config)
    if connector not in settings.connectors:
        fail_command(
            f"{connector!r} is not configured; there are: {', '.join(settings.connectors)}"
        )
    try:
        plan, report = asyncio.run(_provision(settings, connector, apply=apply))
    except ConnectorError as error:
        fail_command(f"connectors.{connector}: {error}", code=FOUND)
    if as_json:
        print_json(_plan_as_json(plan, report))
    else:
        _show_plan(connector, plan, report, apply=apply)
    if plan.blockers or (report and report.failed):
        raise typer.Exit(FOUND)


async def _provision(settings: Settings, name: str, *, apply: bool) -> tuple[Plan, Report | None]:
    mapping = RouteTable.compile(settings)
    async with temporary_connector(settings, name) as connector:
        if not isinstance(connector, Provisions):
            fail_command(
                f"connectors.{name} creates nothing in its CRM; `check --online` says what "
                "is missing there."
            )
        plan = await connector.plan(mapping.needs(name))
        return plan, await connector.provision(plan) if apply else None


def _plan_as_json(plan: Plan, report: Report | None) -> dict[str, object]:
    return {
        "plan": [step.text for step in plan.steps],
        "blockers": [_as_json(problem) for problem in plan.blockers],
        "done": list(report.done) if report else None,
        "failed": [_as_json(problem) for problem in report.failed] if report else None,
    }


def _as_json(problem: Problem) -> dict[str, str]:
    return {"where": problem.where, "message": problem.message, "remedy": problem.remedy}


def _show_plan(name: str, plan: Plan, report: Report | None, *, apply: bool) -> None:
    for text in report.done if report else [step.text for step in plan.steps]:
        out.print(f"{'done: ' if report else 'to do: '}{text}", markup=False)
    faults = [*plan.blockers, *(report.failed if report else ())]
    show_faults(CONFIG, tuple(_fault(name, problem) for problem in faults))
    if not plan.steps and not plan.blockers:
        out.print(f"{name} has all that the mapping writes.", markup=False)
    elif plan.steps and not apply:
        out.print("Nothing was changed. Create it with --apply.", style="dim")
