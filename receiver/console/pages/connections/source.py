"""The page of a source: whether the school is still sending, what came last, by which tokens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from receiver.admin import presenters
from receiver.admin.activity import alarms
from receiver.admin.activity.sources import SourceView, present_sources
from receiver.admin.operation import NotFound
from receiver.aom import EVENTS
from receiver.aom.event_names import LABELS
from receiver.console.page import Console
from receiver.console.session import PATH
from receiver.console.views.bar_chart import draw_chart
from receiver.console.views.source_traffic import SourceCounter
from receiver.console.views.source_urls import list_urls, mask_token
from receiver.settings import Source
from receiver.settings.gateway_urls import public_url

SOURCES = f"{PATH}/sources"
MOST_REASONS = 20


def routes(console: Console) -> list[Route]:
    return [console.get(f"{SOURCES}/{{source}}", SourcePage(console).show)]


@dataclass(frozen=True, slots=True)
class SourceSilence:
    """Whether a source that has sent events is silent for longer than it may be.

    `longest` is None where nothing is said of it; `due_at` is when an alarm is due.
    """

    longest: timedelta | None
    last: datetime | None
    now: datetime

    @property
    def due_at(self) -> datetime | None:
        return self.last + self.longest if self.last and self.longest else None

    @property
    def word(self) -> str:
        """The state in a word."""
        if self.last is None:
            return "nothing yet"
        return "silent" if self.due_at and self.now >= self.due_at else "sending"

    @property
    def lasts(self) -> float | None:
        """Seconds since the last event."""
        return max(0.0, (self.now - self.last).total_seconds()) if self.last else None


class SourcePage:
    """A source that is configured."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._gateway = console.gateway
        self._counter = SourceCounter(console.gateway.inbox)

    async def show(self, request: Request) -> Response:
        name: str = request.path_params["source"]
        gateway = self._gateway
        settings, now = gateway.settings.sources.get(name), gateway.now()
        if settings is None:
            raise NotFound(f"There is no source {name!r}.")
        view = (await present_sources(gateway))[name]
        hours = await self._counter.hours(name, now)
        days = await self._counter.days(name, settings.timezone, now)
        groups = await gateway.inbox.list_source_groups(name, most=MOST_REASONS)
        firing = await alarms.list_alarms(gateway)
        return self._console.page(
            request,
            "source.html",
            name=name,
            source=settings,
            view=view,
            silence=_silence(settings, view, now),
            alarm=next((one for one in firing.items if one.key == f"source_silent:{name}"), None),
            watched=firing.watched,
            last=await gateway.inbox.find_last_events(name, EVENTS),
            labels=LABELS,
            rates=[
                (
                    "Per hour",
                    "24 hours ago",
                    "now",
                    hours,
                    draw_chart([[one.events] for one in hours]),
                ),
                (
                    "Per day",
                    "14 days ago",
                    "today",
                    days,
                    draw_chart([[one.events] for one in days]),
                ),
            ],
            quarantined=[
                (presenters.present_quarantined_group(one), one.example) for one in groups
            ],
            most_reasons=MOST_REASONS,
            masked=[mask_token(token.get_secret_value()) for token in settings.tokens],
            urls=list_urls(
                public_url(gateway.settings), mask_token(settings.tokens[0].get_secret_value())
            ),
            public_url=gateway.settings.server.public_url,
        )


def _silence(settings: Source, view: SourceView, now: datetime) -> SourceSilence:
    longest = timedelta(hours=settings.silent_hours) if settings.silent_hours else None
    return SourceSilence(longest, view.last_event_at, now)
