"""The first page: what needs attention, how the connectors stand, what came."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from datetime import datetime, timedelta
from importlib.metadata import version

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from receiver.admin.activity import alarms
from receiver.admin.activity.sources import present_sources
from receiver.admin.configuration.reload import present_configuration
from receiver.admin.operation import NotFound
from receiver.console.page import Console, PageNotice
from receiver.console.session import PATH
from receiver.console.views.bar_chart import draw_chart
from receiver.console.views.connector_advice import advise_connector
from receiver.console.views.held_records import find_browsable
from receiver.console.views.traffic import HOUR, MOST, TrafficCounter
from receiver.delivery.limits.rate_limiter import WINDOW
from receiver.inbox import DriftCount, OutcomeCounts, process_name

PERIODS = (24, MOST)  # hours
DRIFT_DAYS = 7
SNOOZE_HOURS = 8
FEW_ALARMS = 3  # that are not folded away
MOST_DRIFT = 10  # paths
# outcomes from the bottom of a bar to its top, each with the state by which its events are found
SERIES = (
    ("delivered", "delivered"),
    ("waiting", "pending"),
    ("dead", "dead"),
    ("quarantined", "quarantined"),
    ("other", ""),
)


def routes(console: Console) -> list[Route]:
    page = OverviewPage(console)
    return [
        console.get(PATH, page.show),
        console.post(f"{PATH}/alarms/acknowledge", page.acknowledge),
        console.post(f"{PATH}/alarms/snooze", page.snooze),
    ]


class OverviewPage:
    """Looks at the store as it is now; the page asks for itself again every few seconds."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._gateway = console.gateway
        self._traffic = TrafficCounter(console.gateway.inbox)

    async def show(self, request: Request) -> Response:
        gateway = self._gateway
        status = await gateway.standing.status()
        period = MOST if request.query_params.get("hours") == str(MOST) else PERIODS[0]
        hours = await self._traffic.hours(period, gateway.now())
        configured = gateway.settings.connectors
        return self._console.page(
            request,
            "overview.html",
            store=status,
            faults=[words for words in (gateway.inbox.damage, gateway.inbox.long_log) if words],
            configuration=(await present_configuration(gateway)).warnings,
            connectors=[
                advise_connector(
                    name,
                    configured.get(name),
                    one,
                    gateway.limiters.get(name),
                    process=process_name(),
                )
                for name, one in status.connectors.items()
            ],
            browsable=find_browsable(gateway),
            late_after=60
            * (gateway.settings.alerts.oldest_waiting_minutes if gateway.settings.alerts else 15),
            alarms=(await alarms.list_alarms(gateway)).items,
            few_alarms=FEW_ALARMS,
            snooze_hours=SNOOZE_HOURS,
            sources=await present_sources(gateway),
            hours=hours,
            periods=PERIODS,
            chart=draw_chart([_stacked(hour.outcomes) for hour in hours]),
            series=SERIES,
            latency=await gateway.inbox.read_latency(since=gateway.now() - HOUR),
            window=int(WINDOW),
            version=version("aom-gateway"),
            replays=gateway.replays.running(),
            strange=_lately(await gateway.inbox.list_drift(), gateway.now()),
        )

    async def acknowledge(self, request: Request) -> Response:
        """Whoever clicks has seen it."""
        key = request.state.form.get("alarm", "")
        return await self._silence(request, alarms.acknowledge_alarm(self._gateway, key))

    async def snooze(self, request: Request) -> Response:
        key = request.state.form.get("alarm", "")
        done = alarms.snooze_alarm(self._gateway, key, SNOOZE_HOURS)
        return await self._silence(request, done)

    async def _silence(self, request: Request, done: Awaitable[alarms.AlarmView]) -> Response:
        try:
            alarm = await done
        except NotFound:
            notice = PageNotice("This alarm is over.", "good")
        else:
            until = alarm.snoozed_until
            words = (
                "It is told again only when it is over and comes again."
                if alarm.acknowledged_at
                else f"It is not told before {until:%Y-%m-%d %H:%M} UTC."
            )
            notice = PageNotice(words, "good")
        return self._console.redirect(request, PATH, notice)


def _stacked(outcomes: OutcomeCounts) -> list[int]:
    return [getattr(outcomes, name) for name, _ in SERIES]


def _lately(drift: Sequence[DriftCount], now: datetime) -> Sequence[DriftCount]:
    """What was not understood in the last days, the newest first."""
    recent = [one for one in drift if now - one.last_at < timedelta(days=DRIFT_DAYS)]
    return sorted(recent, key=lambda one: one.last_at, reverse=True)[:MOST_DRIFT]
