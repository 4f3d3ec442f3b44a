"""Replaying from the console: first a question with the numbers, then the work, which is followed
until it is known what came of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from receiver.admin.replay_and_amend import ReplayOutcome, replay_events
from receiver.console import actions
from receiver.console.action_results import begin_work
from receiver.console.page import Console, PageNotice
from receiver.console.session import PATH
from receiver.inbox import DeliverySelection

WORK = f"{PATH}/work"
NOTHING = "Nothing is to be delivered again: what was chosen is not there, or is pending already."
COUNTING_SECONDS = 5.0  # that somebody waits for the numbers of a question
_WHAT_IT_DOES_NOT = (
    "Nobody is moved backwards: what came later for the same people is delivered again behind it. "
    "No record is deleted. Fields that were edited in the CRM meanwhile are written as the mapping "
    "says, which may overwrite them."
)

Facts = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class AskedReplay:
    """What somebody asked for: `what` names it among the work, the question is posted to `action`
    with these `fields`, and who says no goes `back`.
    """

    what: str
    selection: DeliverySelection
    action: str
    back: str
    fields: Sequence[tuple[str, str]] = ()


async def ask_or_replay(console: Console, request: Request, asked: AskedReplay) -> Response:
    """Show the question; or where that was answered begin, and show what comes of it."""
    if request.state.form.get("confirmed") != "yes":
        return await _ask(console, request, asked)
    work = actions.replay_work(console.gateway, asked.selection)
    job = await begin_work(console, request, asked.what, work)
    return console.redirect(request, f"{WORK}/{job.id}")


async def _ask(console: Console, request: Request, asked: AskedReplay) -> Response:
    try:
        async with asyncio.timeout(COUNTING_SECONDS):
            planned = await replay_events(console.gateway, asked.selection, dry_run=True)
    except TimeoutError:
        planned = None
    if planned and not planned.again:
        words = " ".join([NOTHING, *planned.notes])
        return console.redirect(request, asked.back, PageNotice(words, "warn"))
    return console.page(
        request,
        "confirm.html",
        title=f"Replay {actions.count_deliveries(planned.again)}?" if planned else "Replay?",
        facts=_facts(planned) if planned else _UNCOUNTED,
        says=[*(planned.notes if planned else ()), _WHAT_IT_DOES_NOT],
        action=asked.action,
        fields=asked.fields,
        button="Replay",
        kind="primary",
        back=asked.back,
    )


_UNCOUNTED: Facts = [
    ("How many", f"so many that they cannot be counted within {COUNTING_SECONDS:g} seconds")
]


def _facts(planned: ReplayOutcome) -> Facts:
    routed_to = _listed(planned.routed_to.items())
    waiting = planned.chosen + planned.later + planned.routed - planned.again
    facts = [
        ("Chosen", actions.count_deliveries(planned.chosen)),
        ("Pending already", f"{waiting:,} of these, which stay so" if waiting > 0 else ""),
        (
            "Later ones",
            f"{planned.later:,} of the same people, so that the order is kept"
            if planned.later
            else "",
        ),
        (
            "Routes added since",
            f"{actions.count_deliveries(planned.routed)} of "
            f"{_counted(len(planned.routed_events), 'event', 'events')} to {routed_to}"
            if planned.routed
            else "",
        ),
        ("To", _listed(planned.to_connectors().items())),
        ("For", _people(planned)),
    ]
    return [(name, text) for name, text in facts if text]


def _people(planned: ReplayOutcome) -> str:
    """Those of whom deliveries were chosen are counted; who else is in an event that a new route
    wants is not known before it is read.
    """
    if not planned.people:
        return ""
    also = ", and whoever is in the events for routes added since" if planned.routed else ""
    return _counted(planned.people, "person", "people") + also


def _listed(numbers: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{name} {number:,}" for name, number in numbers)


def _counted(number: int, one: str, more: str) -> str:
    return f"{number:,} {one if number == 1 else more}"
