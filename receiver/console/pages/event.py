"""The page of one event: what came, what was understood, what was written where."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from receiver.admin import presenters, replay_and_amend
from receiver.admin.operation import NotFound
from receiver.aom import LABELS
from receiver.console import actions
from receiver.console.action_results import carry_out
from receiver.console.page import Console
from receiver.console.pages.events import EVENTS
from receiver.console.replays import AskedReplay, ask_or_replay
from receiver.console.views.payload import as_json, indent_json
from receiver.console.views.story.connector_story import (
    FEW,
    StoryBuilder,
    StoryFacts,
    compared_deliveries,
)
from receiver.console.views.story.crm_answer import answer_for, find_unrouted
from receiver.console.views.story.event_steps import RECOGNISED, accepted_at, tell_event
from receiver.console.views.story.operator_acts import find_acts
from receiver.inbox import DeliverySelection, EventFilter
from receiver.inbox import EventDetail as StoredEvent

MOST_LISTED = 5  # deliveries in a question
MOST_NAMED = 20  # people
MOST_AMENDED = 4 * 1024 * 1024  # bytes of a form with a payload
MOST_SHOWN = 64 * 1024  # characters of a payload, unless somebody asks for all of it


def routes(console: Console) -> list[Route]:
    pages = EventPages(console)
    one = f"{EVENTS}/{{id}}"
    return [
        console.get(one, pages.show),
        console.post(f"{one}/replay", pages.replay),
        console.post(f"{one}/discard", pages.discard),
        console.post(f"{one}/revalidate", pages.revalidate),
        console.post(f"{one}/amend", pages.amend, most=MOST_AMENDED),
    ]


class EventPages:
    """The page of an event and its actions.

    These concern one delivery where the form names one, else the whole event.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._gateway = console.gateway

    async def show(self, request: Request) -> Response:
        """Show the page; made in a thread, since what came may be large."""
        facts = await self._facts(await self._stored(request))
        return await asyncio.to_thread(self._shown, request, facts)

    async def _facts(self, stored: StoredEvent) -> StoryFacts:
        """What the store knows of what became of it."""
        inbox = self._gateway.inbox
        found = await find_acts(inbox, stored)
        history = await inbox.find_sent_history(compared_deliveries(stored))
        states = await inbox.find_states()
        queued_at = accepted_at(stored, found.acts)
        return StoryFacts(stored, states, found.acts, history, queued_at, found.missing_before)

    def _shown(
        self,
        request: Request,
        facts: StoryFacts,
        *,
        amending: Mapping[str, Any] | None = None,
        status: int = 200,
    ) -> Response:
        stored = facts.stored
        event = presenters.present_event(self._gateway, stored)
        stories = StoryBuilder(self._gateway, facts).build_stories()
        most = None if request.query_params.get("whole") == "yes" else MOST_SHOWN
        return self._console.page(
            request,
            "event.html",
            status=status,
            event=event,
            amending=amending or {"event": "", "body": event.raw, "errors": ()},
            names=LABELS,
            original=indent_json(event.original.raw, most) if event.original else None,
            label=LABELS.get(event.event or ""),
            recognised=RECOGNISED.get(event.recognised_by or "", event.recognised_by),
            raw=indent_json(event.raw, most),
            normal=None if event.normal is None else as_json(event.normal, most),
            people=_people(stored)[:MOST_NAMED],
            number=max(stored.people, 1),
            count=stored.count,
            few=FEW,
            again=stored.state == "discarded" and bool(stored.faults),
            steps=tell_event(self._gateway, stored, facts.acts),
            acts_missing_before=facts.acts_missing_before,
            stories=stories,
            answers=[answer_for(story) for story in stories],
            unrouted=find_unrouted(self._gateway, stored),
        )

    async def replay(self, request: Request) -> Response:
        stored = await self._stored(request)
        delivery, page = request.state.form.get("delivery", ""), f"{EVENTS}/{stored.id}"
        asked = AskedReplay(
            f"Replay of one {'delivery' if delivery else 'event'}",
            self._selection(request, stored),
            f"{page}/replay",
            page,
            [("delivery", delivery)] if delivery else [],
        )
        return await ask_or_replay(self._console, request, asked)

    async def discard(self, request: Request) -> Response:
        stored = await self._stored(request)
        if request.state.form.get("confirmed") != "yes":
            return self._confirm(request, stored)
        if stored.state == "quarantined":
            work = actions.discard_calls(
                self._gateway, EventFilter(state="quarantined", ids=(stored.id,))
            )
        else:
            work = actions.discard_work(self._gateway, self._selection(request, stored))
        return self._back(
            request, stored, await carry_out(self._console, request, "Discarding one event", work)
        )

    async def revalidate(self, request: Request) -> Response:
        stored = await self._stored(request)
        work = actions.revalidate_calls(self._gateway, (stored.id,))
        return self._back(
            request,
            stored,
            await carry_out(self._console, request, "Checking one call again", work),
        )

    async def amend(self, request: Request) -> Response:
        stored = await self._stored(request)
        form = request.state.form
        event, body = form.get("event", ""), form.get("body", "")
        as_it_is = stored.body.decode("utf-8", "backslashreplace")
        content = (
            body.encode("utf-8", "surrogatepass")
            if body and _lines(body) != _lines(as_it_is)
            else None
        )
        async with self._console.note_act(request) as act:
            done = await replay_and_amend.amend_call(
                self._gateway, stored.id, event=event or None, body=content
            )
            if done.accepted is None:
                act.fail("It still has faults.")
            else:
                act.result = f"Accepted as {done.event}."
        if done.accepted is None:
            attempt = {"event": event, "body": body, "errors": done.errors}
            facts = await self._facts(await self._stored(request))
            return await asyncio.to_thread(
                self._shown, request, facts, amending=attempt, status=422
            )
        message = (
            "It repeats another event, and left the quarantine."
            if done.accepted.duplicate
            else f"Accepted as {done.event}."
        )
        return self._back(request, stored, message)

    async def _stored(self, request: Request) -> StoredEvent:
        id: str = request.path_params["id"]
        if not id.isalnum():
            raise NotFound(f"There is no event {id!r}.")
        return await self._gateway.inbox.find_event(id)

    def _selection(self, request: Request, stored: StoredEvent) -> DeliverySelection:
        given = request.state.form.get("delivery", "")
        if not given:
            return DeliverySelection(events=(stored.id,))
        chosen = tuple(one.id for one in stored.deliveries if str(one.id) == given)
        if not chosen:
            raise NotFound(f"The event {stored.id} has no delivery {given!r}.")
        return DeliverySelection(deliveries=chosen)

    def _confirm(self, request: Request, stored: StoredEvent) -> Response:
        delivery = request.state.form.get("delivery", "")
        return self._console.page(
            request,
            "confirm.html",
            title="Discard this event?" if not delivery else "Discard this delivery?",
            says=_what_is_lost(stored, delivery),
            action=f"{EVENTS}/{stored.id}/discard",
            fields=[("delivery", delivery)] if delivery else [],
            button="Discard",
            back=f"{EVENTS}/{stored.id}",
        )

    def _back(self, request: Request, stored: StoredEvent, notice: Any) -> Response:
        return self._console.redirect(request, f"{EVENTS}/{stored.id}", notice)


def _what_is_lost(stored: StoredEvent, delivery: str) -> list[str]:
    """The question before discarding: who gets nothing, and what can be done later."""
    if stored.state == "quarantined":
        return [
            "This call leaves the quarantine and is not delivered to anybody.",
            "The call itself stays, and can be checked again on its page, until it is purged.",
        ]
    chosen = [
        one
        for one in stored.deliveries
        if one.state in ("dead", "pending") and (not delivery or str(one.id) == delivery)
    ]
    number = (
        len(chosen)
        if delivery
        else sum(
            states.get(state, 0)
            for states in stored.counts.values()
            for state in ("dead", "pending")
        )
    )
    says = [f"{one.connector} does not get it for {one.person}." for one in chosen[:MOST_LISTED]]
    says += [f"And so for {number - MOST_LISTED:,} more."] if number > MOST_LISTED else []
    return [*says, "The event itself stays, and can be replayed later, until it is purged."]


def _people(stored: StoredEvent) -> list[str]:
    """Those with deliveries, and the first where nobody has any."""
    return list(
        dict.fromkeys(
            [
                *(one.person for one in stored.deliveries),
                *([stored.person] if stored.person else []),
            ]
        )
    )


def _lines(text: str) -> list[str]:
    """A form sends its line ends as CRLF."""
    return text.splitlines()
