"""The page that compares an edited mapping with the one in force."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from receiver.admin.operation import UnfitParameter
from receiver.aom import EVENTS
from receiver.config_errors import ConfigError, ConfigFault
from receiver.console.page import Console, PageNotice
from receiver.console.session import PATH
from receiver.jobs.comparison_process import ComparisonFailed, ComparisonRequest, run_comparison
from receiver.jobs.job_runner import Job
from receiver.mapping import RouteTable
from receiver.settings.mapping_document import MappingDocument, replace_routes

DIFF = f"{PATH}/set-up/diff"
MOST_BYTES = 1024 * 1024  # of a form with a mapping, each of its characters escaped
MOST_EVENTS = 1_000_000
EVENTS_AT_FIRST = 10_000
WHAT = "Comparing mappings"
_PATIENCE = 2.0  # seconds that the page waits for a quick one


def routes(console: Console) -> list[Route]:
    page = DiffPage(console)
    return [
        console.get(DIFF, page.show),
        console.post(DIFF, page.compare, role="viewer", most=MOST_BYTES),
    ]


@dataclass(slots=True)
class _Asked:
    """What somebody asked for last, and what came of it. `erasures`: how many had been by then."""

    text: str
    source: str = ""
    event: str = ""
    limit: int = EVENTS_AT_FIRST
    erasures: int = 0
    job: Job | None = None


class DiffPage:
    """One comparison at a time; the last one stays on the page until the next, a reload, or until
    somebody is erased, whom it may name. Nothing is changed by it.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._gateway = console.gateway
        self._last: _Asked | None = None

    async def show(self, request: Request) -> Response:
        """The form, with the mapping in force or the one that was compared last."""
        fresh = request.query_params.get("fresh") is not None
        asked = None if fresh else self._last
        return self._page(request, asked or _Asked(self._in_force().routes_to_toml()))

    async def compare(self, request: Request) -> Response:
        form = request.state.form
        asked = _Asked(
            form.get("mapping", "").replace("\r\n", "\n"),
            form.get("source", ""),
            form.get("event", ""),
            _number(form.get("limit", "")),
            self._gateway.lasting.erasures,
        )
        try:
            new = await asyncio.to_thread(self._checked, asked.text)
        except ConfigError as error:
            return self._page(request, asked, faults=error.faults)
        if self._is_running():
            notice = PageNotice("Another comparison is under way; wait for its end.", "warn")
            return self._page(request, asked, notice=notice)
        self._last = asked
        asked.job = await self._gateway.background.start(
            WHAT,
            lambda job: self._work(job, asked, new),
            now=self._gateway.now(),
            patience=_PATIENCE,
        )
        return self._console.redirect(request, f"{DIFF}#result")

    async def _work(self, job: Job, asked: _Asked, new: MappingDocument) -> str:
        asked.job = job
        wanted = ComparisonRequest(
            self._gateway.settings.store.url,
            self._in_force().to_toml(),
            new.to_toml(),
            asked.source or None,
            asked.event or None,
            asked.limit,
        )
        try:
            found = await run_comparison(wanted, job.progress)
        except ComparisonFailed as failure:
            return f"It could not be compared: {failure}"
        if asked.erasures == self._gateway.lasting.erasures:
            job.found = found
        return "Something differs." if found["differs"] else "Nothing differs."

    def _in_force(self) -> MappingDocument:
        return MappingDocument.of(self._gateway.settings)

    def _checked(self, text: str) -> MappingDocument:
        new = replace_routes(self._in_force(), text)
        RouteTable.compile(new)
        return new

    def _is_running(self) -> bool:
        jobs = self._gateway.background.jobs()
        return any(job.what == WHAT and job.state == "running" for job in jobs)

    def _page(
        self,
        request: Request,
        asked: _Asked,
        *,
        faults: tuple[ConfigFault, ...] = (),
        notice: PageNotice | None = None,
    ) -> Response:
        is_gone = asked.erasures != self._gateway.lasting.erasures
        job = None if is_gone and asked.job and asked.job.state == "done" else asked.job
        return self._console.page(
            request,
            "diff.html",
            notice=notice,
            faults=faults,
            mapping=asked.text,
            limit=asked.limit,
            most=MOST_EVENTS,
            chosen_source=asked.source,
            chosen_event=asked.event,
            source_options=[
                ("", "all"),
                *((name, name) for name in self._gateway.settings.sources),
            ],
            event_options=[("", "all"), *((name, name) for name in EVENTS)],
            job=job,
            found=job.found if job else None,
        )


def _number(text: str) -> int:
    if text.isascii() and text.isdigit() and 1 <= len(text) <= len(str(MOST_EVENTS)):
        number = int(text)
        if 1 <= number <= MOST_EVENTS:
            return number
    raise UnfitParameter(f"The newest events: write a number from 1 to {MOST_EVENTS:,}.")
