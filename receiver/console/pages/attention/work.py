"""The page of one piece of work: how far it is, and what came of the deliveries it is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from receiver.admin.operation import NotFound
from receiver.console.page import Console
from receiver.console.replays import WORK
from receiver.console.views.event_download import write_events
from receiver.console.views.event_search import STATES
from receiver.console.views.paging import TurnedPage, page_address, turn_page
from receiver.console.views.table_file import file_kind, file_links, file_response
from receiver.inbox import EventFilter
from receiver.inbox.db.event_filter import State
from receiver.jobs.job_runner import Job

DOWNLOAD: Final = f"{WORK}/{{job}}/download/{{kind}}"
_IN_ORDER: Final = ("delivered", "dry_run", "pending", "dead", "discarded")


@dataclass(frozen=True, slots=True)
class StateCount:
    """How many deliveries are in a state, and where their events are listed."""

    state: str
    number: int
    address: str


def routes(console: Console) -> list[Route]:
    page = WorkPage(console)
    return [console.get(f"{WORK}/{{job}}", page.show), console.get(DOWNLOAD, page.download)]


class WorkPage:
    """A replay is followed: its deliveries are delivered, dead or waiting by now."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._gateway = console.gateway

    async def show(self, request: Request) -> Response:
        job, state = await self._job(request), _state(request)
        return self._console.page(
            request,
            "work.html",
            job=job,
            address=f"{WORK}/{job.id}",
            chosen=state,
            counts=await self._counts(job),
            turned=await self._events(request, job, state),
            files=file_links(DOWNLOAD.replace("{job}", job.id), {"state": state} if state else {}),
        )

    async def download(self, request: Request) -> Response:
        """The events that the page lists."""
        kind = file_kind(request.path_params["kind"])
        chosen = await self._chosen(await self._job(request), _state(request))
        return file_response("events", kind, write_events(self._gateway.inbox, chosen, kind))

    async def _job(self, request: Request) -> Job:
        job = await self._gateway.lasting.find_job(request.path_params["job"])
        if job is None:
            raise NotFound(
                "That work ended long ago, or is another process's: each shows its own alone. The "
                "audit says who asked for it, and what came of it."
            )
        return job

    async def _counts(self, job: Job) -> list[StateCount]:
        if not job.deliveries:
            return []
        found = await self._gateway.inbox.count_delivery_states(job.deliveries)
        return [
            StateCount(state, found[state], page_address(f"{WORK}/{job.id}", {"state": state}))
            for state in _IN_ORDER
            if state in found
        ]

    async def _events(self, request: Request, job: Job, state: State | None) -> TurnedPage:
        if not job.deliveries:
            return TurnedPage()
        inbox, chosen = self._gateway.inbox, await self._chosen(job, state)
        asked = {"state": state} if state else {}
        address = f"{WORK}/{job.id}"
        return await turn_page(inbox, chosen, address, asked, request.query_params, to="#events")

    async def _chosen(self, job: Job, state: State | None) -> EventFilter:
        return EventFilter(
            ids=await self._gateway.inbox.find_delivery_events(job.deliveries, state)
        )


def _state(request: Request) -> State | None:
    given = request.query_params.get("state")
    return next((state for state in STATES if state == given), None)
