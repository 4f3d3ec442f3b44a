"""The operations of the admin API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, model_validator
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.base import Browsable, Page
from receiver.api import stories, views
from receiver.api.openapi import describe
from receiver.api.operation import Call, NotFound, Operation, Parameters, Unfit
from receiver.gateway import Gateway
from receiver.inbox import Filter, Quarantined, Selection, Unknown

State = Literal["pending", "delivered", "dead", "discarded", "quarantined"]
Limit = Annotated[int, Field(ge=1, le=500)]
Text = Annotated[str, Field(max_length=500)]


class EventQuery(Parameters):
    source: Text | None = None
    event: Text | None = None
    state: State | None = None
    person: Annotated[Text | None, Field(description="an e-mail address")] = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    before: Annotated[Text | None, Field(description="`next` of the page before")] = None
    limit: Limit = 50


class EventPath(Parameters):
    id: Annotated[str, Field(description="the id that the intake answered", max_length=64)]


class DeliveryPath(Parameters):
    id: Annotated[int, Field(ge=1, le=2**62)]


class PersonPath(Parameters):
    email: Annotated[str, Field(min_length=1, max_length=400)]


class RecordsPath(Parameters):
    name: Annotated[str, Field(description="the connector's name in the configuration")]
    object: Annotated[str, Field(description="contact, deal, …", max_length=200)]


class RecordsQuery(Parameters):
    limit: Limit = 50
    before: Annotated[Text | None, Field(description="`next` of the page before")] = None


class ReplayBody(Parameters):
    """Ids of events, or a filter; a filter needs at least one condition."""

    ids: Annotated[tuple[Text, ...] | None, Field(min_length=1, max_length=10_000)] = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    source: Text | None = None
    event: Text | None = None
    connector: Text | None = None
    state: Literal["pending", "delivered", "dead", "discarded"] | None = None
    reason: Annotated[str | None, Field(max_length=10_000, description="what dead deliveries died of, to the letter")] = None
    dry_run: bool = False

    @model_validator(mode="after")
    def _one_or_the_other(self) -> ReplayBody:
        conditions = [self.since, self.until, self.source, self.event, self.connector, self.state, self.reason]
        if (self.ids is None) == all(condition is None for condition in conditions):
            raise ValueError("give either ids or a filter (since, until, source, event, connector, state, reason)")
        return self

    def selection(self) -> Selection:
        if self.ids is not None:
            return Selection(events=self.ids)
        chosen = Filter(
            source=self.source,
            event=self.event,
            state=self.state,
            connector=self.connector,
            since=self.since,
            until=self.until,
            reason=self.reason,
        )
        return Selection(filter=chosen)


class AdminApi:
    """The handlers, over an open gateway."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._inbox = gateway.inbox

    async def status(self, _call: Call) -> views.StatusView:
        return await stories.status(self._gateway)

    async def events(self, call: Call) -> views.EventPage:
        query: EventQuery = call.query
        chosen = Filter(
            source=query.source,
            event=query.event,
            state=query.state,
            person=query.person.strip().lower() if query.person else None,
            since=query.since,
            until=query.until,
        )
        return stories.page(await self._inbox.events(chosen, before=query.before, limit=query.limit))

    async def event(self, call: Call) -> views.EventView:
        try:
            return stories.event(self._gateway, await self._inbox.event(call.path.id))
        except Unknown as unknown:
            raise NotFound(str(unknown)) from unknown

    async def replay(self, call: Call) -> views.ReplayedView:
        body: ReplayBody = call.body
        made = 0 if body.dry_run else sum([await self._route(id) for id in body.ids or ()])
        done = await self._inbox.replay(body.selection(), now=self._gateway.now(), dry_run=body.dry_run)
        return views.ReplayedView(replayed=done.again + made, chosen=done.chosen, lanes=done.lanes, dry_run=body.dry_run)

    async def _route(self, id: str) -> int:
        """Deliveries for routes that came after the event. Returns how many were made; none for an event that is not there."""
        try:
            stored = await self._inbox.event(id)
        except Unknown:
            return 0
        if stored.state != "accepted" or stored.source not in self._gateway.sites:
            return 0
        judged = self._gateway.judge(stored.source, stored.named, stored.body, stored.received_at)
        return await self._inbox.route(id, judged.lanes, now=self._gateway.now())

    async def discard(self, call: Call) -> views.DiscardedView:
        discarded = await self._inbox.discard(Selection(deliveries=(call.path.id,)), now=self._gateway.now())
        if not discarded:
            raise NotFound(f"There is no delivery {call.path.id} that is pending or dead.")
        return views.DiscardedView(discarded)

    async def revalidate(self, _call: Call) -> views.RevalidatedView:
        """Judge every call in quarantine anew, oldest first."""
        accepted = remaining = 0
        after: str | None = None
        while waiting := await self._inbox.quarantined(after=after):
            for one in waiting:
                kept = await self._judge_anew(one)
                accepted += kept
                remaining += not kept
            after = waiting[-1].id
        return views.RevalidatedView(accepted, remaining)

    async def _judge_anew(self, waiting: Quarantined) -> bool:
        if waiting.source not in self._gateway.sites:
            return False
        judged = self._gateway.judge(waiting.source, waiting.named, waiting.body, waiting.received_at)
        return await self._inbox.revalidate(waiting.id, judged) is not None

    async def forget(self, call: Call) -> views.ErasedView:
        gone = await self._inbox.erase(call.path.email)
        return views.ErasedView(
            events=gone.events,
            shared_events=gone.shared,
            deliveries=gone.deliveries,
            attempts=gone.attempts,
            lanes=gone.lanes,
            remote_ids=gone.remotes,
        )

    async def records(self, call: Call) -> Page:
        connector = self._gateway.connectors.get(call.path.name)
        if connector is None:
            raise NotFound(f"There is no connector {call.path.name!r}; there are: {', '.join(self._gateway.connectors)}.")
        if not isinstance(connector, Browsable):
            raise NotFound(f"The connector {call.path.name!r} cannot list its records; look in the CRM itself.")
        try:
            return await connector.records(call.path.object, call.query.limit, call.query.before)
        except ValueError as error:
            raise Unfit(f"`before`: {error}") from error


def operations(gateway: Gateway) -> Sequence[Operation]:
    """All of them; what is not here is not in the API."""
    api = AdminApi(gateway)
    missing = {404: "There is no such thing."}
    return (
        Operation("GET", "/api/status", "How the gateway stands", api.status, views.StatusView),
        Operation("GET", "/api/events", "Events, newest first", api.events, views.EventPage, query=EventQuery),
        Operation("GET", "/api/events/{id}", "One event with its story", api.event, views.EventView, takes=EventPath, faults=missing),
        Operation(
            "POST",
            "/api/replay",
            "Deliver again, with all that came later for the same people",
            api.replay,
            views.ReplayedView,
            body=ReplayBody,
        ),
        Operation(
            "POST",
            "/api/deliveries/{id}/discard",
            "Give up a delivery",
            api.discard,
            views.DiscardedView,
            takes=DeliveryPath,
            faults=missing,
        ),
        Operation("POST", "/api/quarantine/revalidate", "Judge what is in quarantine anew", api.revalidate, views.RevalidatedView),
        Operation("DELETE", "/api/people/{email:path}", "Erase a person from this gateway", api.forget, views.ErasedView, takes=PersonPath),
        Operation(
            "GET",
            "/api/connectors/{name}/records/{object}",
            "What a sandbox holds, newest first",
            api.records,
            Page,
            takes=RecordsPath,
            query=RecordsQuery,
            faults=missing,
        ),
    )


def admin_routes(gateway: Gateway) -> list[Route]:
    """The operations behind the admin token, if one is set; and the description, which holds no secret."""
    listed = operations(gateway)
    description = describe(listed)

    async def openapi(_request: Request) -> Response:
        return JSONResponse(description)

    token = gateway.settings.server.admin_token
    routes = [operation.route(token.get_secret_value()) for operation in listed] if token else []
    return [Route("/openapi.json", openapi), *routes]
