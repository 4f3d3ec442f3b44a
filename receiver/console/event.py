"""The page of one event: what came, what was understood, what was written where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from receiver.aom import LABELS
from receiver.api import stories, views
from receiver.api.operation import NotFound
from receiver.console import actions
from receiver.console.events import EVENTS
from receiver.console.jobs import carry_out
from receiver.console.page import Console
from receiver.console.payload import indented
from receiver.console.records import Sent, record_url, sent
from receiver.inbox import ConnectorState, Filter, Selection
from receiver.inbox import Event as StoredEvent

MOST_TOLD = 5  # deliveries in a question

RECOGNISED = {
    "url": "by the name in the URL",
    "status": "by the order's status",
    "shape": "by its content: the URL named no event",
    "hint": "by keys or values that hint at it; no sample of this event is published",
}


@dataclass(frozen=True, slots=True)
class Story:
    """The deliveries of the event at one connector, each attempt with what was sent. `pause` is what the pending ones wait for."""

    connector: str
    state: views.ConnectorWord
    pause: ConnectorState | None
    deliveries: Sequence[tuple[views.DeliveryView, Sequence[tuple[views.AttemptView, Sequence[Sent]]]]]


def routes(console: Console) -> list[Route]:
    pages = EventPages(console)
    one = f"{EVENTS}/{{id}}"
    return [
        console.get(one, pages.show),
        console.post(f"{one}/replay", pages.replay),
        console.post(f"{one}/discard", pages.discard),
        console.post(f"{one}/revalidate", pages.revalidate),
    ]


class EventPages:
    """The page and its actions. These concern one delivery where the form names one, else the whole event."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._gateway = console.gateway

    async def show(self, request: Request) -> Response:
        stored = await self._stored(request)
        event = stories.event(self._gateway, stored)
        return self._console.page(
            request,
            "event.html",
            event=event,
            label=LABELS.get(event.event or ""),
            recognised=RECOGNISED.get(event.recognised_by or "", event.recognised_by),
            raw=indented(event.raw),
            people=_people(stored),
            count=stored.count,
            stories=self._stories(event.deliveries, await self._gateway.inbox.states()),
        )

    async def replay(self, request: Request) -> Response:
        stored = await self._stored(request)
        work = actions.replay(self._gateway, self._selection(request, stored))
        return self._back(request, stored, await carry_out(self._gateway, "Replay of one event", work))

    async def discard(self, request: Request) -> Response:
        stored = await self._stored(request)
        if request.state.form.get("confirmed") != "yes":
            return self._confirm(request, stored)
        if stored.state == "quarantined":
            work = actions.discard_calls(self._gateway, Filter(state="quarantined", ids=(stored.id,)))
        else:
            work = actions.discard(self._gateway, self._selection(request, stored))
        return self._back(request, stored, await carry_out(self._gateway, "Discarding one event", work))

    async def revalidate(self, request: Request) -> Response:
        stored = await self._stored(request)
        work = actions.revalidate(self._gateway, (stored.id,))
        return self._back(request, stored, await carry_out(self._gateway, "Checking one call again", work))

    async def _stored(self, request: Request) -> StoredEvent:
        id: str = request.path_params["id"]
        if not id.isalnum():
            raise NotFound(f"There is no event {id!r}.")
        return await self._gateway.inbox.event(id)

    def _selection(self, request: Request, stored: StoredEvent) -> Selection:
        given = request.state.form.get("delivery", "")
        if not given:
            return Selection(events=(stored.id,))
        chosen = tuple(one.id for one in stored.deliveries if str(one.id) == given)
        if not chosen:
            raise NotFound(f"The event {stored.id} has no delivery {given!r}.")
        return Selection(deliveries=chosen)

    def _confirm(self, request: Request, stored: StoredEvent) -> Response:
        delivery = request.state.form.get("delivery", "")
        waiting = [one for one in stored.deliveries if not delivery or str(one.id) == delivery]
        if stored.state == "quarantined":
            says = ["This call leaves the quarantine and is not delivered to anybody."]
        else:
            open_ones = [one for one in waiting if one.state in ("pending", "dead")]
            says = [f"{one.connector} does not get it for {one.person}." for one in open_ones[:MOST_TOLD]]
            says += [f"And so for {len(open_ones) - MOST_TOLD:,} more."] if len(open_ones) > MOST_TOLD else []
        return self._console.page(
            request,
            "confirm.html",
            title="Discard this event?" if not delivery else "Discard this delivery?",
            says=[*says, "The event itself stays, and can be replayed later, until it is purged."],
            action=f"{EVENTS}/{stored.id}/discard",
            fields=[("delivery", delivery)] if delivery else [],
            button="Discard",
            back=f"{EVENTS}/{stored.id}",
        )

    def _back(self, request: Request, stored: StoredEvent, notice: Any) -> Response:
        return self._console.redirect(request, f"{EVENTS}/{stored.id}", notice)

    def _stories(self, deliveries: Sequence[views.DeliveryView], states: Mapping[str, ConnectorState]) -> list[Story]:
        ordered = sorted(deliveries, key=attrgetter("connector", "id"))
        return [self._story(name, list(group), states.get(name)) for name, group in groupby(ordered, key=attrgetter("connector"))]

    def _story(self, connector: str, deliveries: Sequence[views.DeliveryView], state: ConnectorState | None) -> Story:
        waits = state and state.paused and any(one.state == "pending" for one in deliveries)
        told = [(one, [(at, self._sent(connector, at)) for at in one.attempts]) for one in deliveries]
        return Story(connector, stories.state_of(state.paused if state else None), state if waits else None, told)

    def _sent(self, connector: str, attempt: views.AttemptView) -> list[Sent]:
        return [sent(record, partial(record_url, self._gateway, connector)) for record in attempt.sent]


def _people(stored: StoredEvent) -> list[str]:
    """Those with deliveries, and the first where nobody has any."""
    return list(dict.fromkeys([*(one.person for one in stored.deliveries), *([stored.person] if stored.person else [])]))
