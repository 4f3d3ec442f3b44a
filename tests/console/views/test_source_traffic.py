"""Events of a source by hours and by the days of its calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from receiver.console.views.source_traffic import SourceCounter
from receiver.inbox import Inbox
from tests.inbox.store import new, stored

NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2026, 3, 9, 3, 30, tzinfo=UTC)  # 23:30 of the day on which its clocks went forward


@stored
async def test_days_are_those_of_the_school(inbox: Inbox) -> None:
    """The day on which the clocks go forward has 23 hours."""
    await inbox.accept(new("before", at=datetime(2026, 3, 8, 4, 59, tzinfo=UTC)))
    await inbox.accept(new("first", at=datetime(2026, 3, 8, 5, tzinfo=UTC)))
    await inbox.accept(new("last", at=NOW))
    days = await SourceCounter(inbox).days("springfield", NEW_YORK, NOW)
    assert len(days) == 14
    assert [one.events for one in days[-2:]] == [1, 2]
    assert days[-1].ends - days[-1].begins == timedelta(hours=23)


@stored
async def test_what_is_over_is_counted_once(inbox: Inbox) -> None:
    """The current hour anew each time, and one that ended a moment ago."""
    counter, hour = SourceCounter(inbox), timedelta(hours=1)
    await inbox.accept(new("earlier", at=NOW - hour))
    assert [one.events for one in (await counter.hours("springfield", NOW))[-2:]] == [1, 0]
    await inbox.accept(new("now", at=NOW))
    assert [one.events for one in (await counter.hours("springfield", NOW))[-2:]] == [1, 1]
    assert len(await counter.hours("springfield", NOW)) == 24
    assert [one.events for one in (await counter.hours("elsewhere", NOW))[-2:]] == [0, 0]
    await inbox.accept(new("too late to be counted", at=NOW - hour))
    assert [one.events for one in (await counter.hours("springfield", NOW))[-2:]] == [1, 1]
