"""What is an alarm, and what is not."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from receiver.alarms.alarm import Alarm
from receiver.alarms.alarm_rules import MOST_REASONS, StoreSight, find_alarms
from receiver.alarms.message import alarm_message
from receiver.alarms.person_redaction import PersonRedaction
from receiver.inbox import (
    AttentionGroup,
    ConnectorStatus,
    GroupKind,
    PauseKind,
    StoreStatus,
    WaitingLanes,
)
from receiver.inbox.lanes.failure_groups import reason_key
from receiver.settings import Alerts

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def found(
    *,
    connectors: dict[str, ConnectorStatus] | None = None,
    dead: Sequence[AttentionGroup] = (),
    aside: Sequence[AttentionGroup] = (),
    firing: Collection[str] = (),
    last_events: dict[str, datetime] | None = None,
    silent_after: dict[str, timedelta] | None = None,
    **limits: Any,
) -> list[Alarm]:
    """The alarms of a store that stands like this."""
    status = StoreStatus(0, 0, 0, None, connectors or {})
    sight = StoreSight(status, dead, aside, last_events=last_events or {})
    alerts = Alerts(url=SecretStr("http://alarms.example"), **limits)
    return list(
        find_alarms(
            sight,
            alerts,
            PersonRedaction(),
            firing=firing,
            silent_after=silent_after or {},
            now=NOW,
        ).values()
    )


def paused(
    kind: PauseKind | None, *, since: float = 0, until: float = 0, oldest: float | None = None
) -> dict[str, ConnectorStatus]:
    """`since` minutes ago, for `until` more; the oldest has waited for `oldest` minutes."""
    waited = None if oldest is None else oldest * 60
    return {
        "crm": ConnectorStatus(
            kind or "running",
            3,
            0,
            waited,
            kind,
            "a reason",
            NOW - minutes(since),
            NOW + minutes(until),
        )
    }


def held(rule: str) -> dict[str, ConnectorStatus]:
    """Three people wait, for the rule where there is one."""
    waiting = WaitingLanes(3, "LOCKED: ann@example.edu is being edited", NOW, rule)
    return {"crm": ConnectorStatus("running", 3, 0, 60.0, waiting=waiting)}


def test_people_whom_a_rule_holds_back_are_an_alarm() -> None:
    """Waiting does not help them.

    Those who wait for a lock are none, but the reason is told once they are late.
    """
    assert found(connectors=held("")) == []
    (alarm,) = found(connectors=held("the account demands phone of new contacts"))
    assert (alarm.cause, alarm.reason, alarm.count) == (
        "held_back",
        "the account demands phone of new contacts",
        3,
    )
    text = alarm_message(alarm, "firing", None).text
    assert "a rule of crm's account holds people back" in text
    assert "the account demands phone of new contacts. 3 people wait" in text
    late = {"crm": replace(held("")["crm"], oldest_pending_seconds=1e6)}
    (alarm,) = found(connectors=late)
    assert alarm.cause == "oldest_waiting"
    words = alarm_message(alarm, "firing", None).text
    assert "LOCKED" in words
    assert "ann" not in words


def group(
    reason: str, count: int = 1, *, where: str = "crm", event: str | None = None, minute: float = 0
) -> AttentionGroup:
    kind: GroupKind = "quarantined" if reason.startswith("[") else "dead"
    at = NOW + minutes(minute)
    return AttentionGroup(
        kind, reason_key(where, reason), where, event, reason, count, at, at, "an-id"
    )


@pytest.mark.parametrize(
    ("status", "alarm"),
    [
        (paused(None), False),
        (paused("auth"), True),
        (paused("misconfigured", until=0.5), True),
        (paused("throttled", until=1), False),
        (paused("throttled", until=15), True),
        (paused("throttled", since=6, until=1), True),
        (paused("unavailable", since=1, until=1), False),
        (paused("unavailable", since=6, until=1), True),
    ],
)
def test_a_pause_is_an_alarm_where_it_stays(
    status: dict[str, ConnectorStatus], alarm: bool
) -> None:
    """At once where only an operator can end it; a throttled or unavailable CRM once it takes
    minutes.
    """
    assert [one.cause for one in found(connectors=status)] == (
        ["connector_paused"] if alarm else []
    )


def test_waiting_is_an_alarm_beyond_the_limit_and_over_below_half_of_it() -> None:
    """So that an age around the limit is told once."""
    assert found(connectors=paused(None, oldest=14)) == []
    (alarm,) = found(connectors=paused(None, oldest=16))
    assert (alarm.cause, alarm.since, alarm.count) == ("oldest_waiting", NOW - minutes(16), 3)
    assert [one.key for one in found(connectors=paused(None, oldest=8), firing=[alarm.key])] == [
        alarm.key
    ]
    assert found(connectors=paused(None, oldest=7), firing=[alarm.key]) == []
    assert found(connectors=paused(None, oldest=16), oldest_waiting_minutes=20) == []


def test_dead_letters_of_one_reason_are_one_alarm() -> None:
    """However their words name different people; another reason, and another connector, is another
    alarm.
    """
    same = [
        group(f"email: a{number}@example.edu is taken (TAKEN)", number, minute=number)
        for number in range(1, 4)
    ]
    first, second, third = found(
        dead=[*same, group("is locked", minute=9), group("is locked", where="other")]
    )
    assert (first.connector, first.count, first.since, "example" in first.reason) == (
        "crm",
        6,
        NOW + minutes(1),
        False,
    )
    assert (second.connector, third.connector) == ("crm", "other")
    assert len({first.key, second.key, third.key}) == 3


def test_a_key_does_not_depend_on_how_many_there_are() -> None:
    """More of the same is no news."""
    (one,) = found(dead=[group("is locked")])
    (more,) = found(dead=[group("is locked", 500, minute=-60)])
    assert one.key == more.key


def test_a_key_does_not_depend_on_which_of_its_reasons_is_shown() -> None:
    """A group shows its newest one, whatever value that quotes: the next is no news, and the last
    is not over.
    """
    (one,) = found(dead=[group("num: asdf was not a number (INVALID_INTEGER)")])
    (later,) = found(dead=[group("num: Maria was not a number (INVALID_INTEGER)", 2)])
    assert one.key == later.key


def test_many_reasons_are_few_alarms() -> None:
    """A CRM that says something else about each record must not fill a chat room."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    alarms = found(
        dead=[group(f"is {letter}", 2, minute=minute) for minute, letter in enumerate(letters)]
    )
    assert len(alarms) == MOST_REASONS + 1
    assert alarms[-1].count == 2 * (26 - MOST_REASONS)
    assert alarms[-1].key == "dead_letters:crm:others"


def test_a_reason_that_is_not_seen_need_not_be_over() -> None:
    """Only so many groups are read; where there may be more, what was told stays."""
    sight = StoreSight(StoreStatus(0, 0, 0, None, {}), [group("a"), group("b")], [])
    assert sight.hides("dead_letters", 2)
    assert not sight.hides("dead_letters", 3)
    assert not sight.hides("quarantine", 2)
    assert not sight.hides("connector_paused", 2)


def test_quarantined_calls_are_told_by_source_event_and_faults() -> None:
    """In words."""
    (alarm,) = found(
        aside=[
            group(
                '[["customer.email", "is missing"], ["", "no shape"]]',
                7,
                where="springfield",
                event="order.placed",
            )
        ]
    )
    assert (alarm.source, alarm.event, alarm.count) == ("springfield", "order.placed", 7)
    assert alarm.reason == "customer.email: is missing; no shape"


def test_few_enough_are_no_alarm() -> None:
    """Where limits are set, all reasons of a connector or source count together."""
    assert found(dead=[group("a", 2), group("b", 2)], dead_letters=5) == []
    assert len(found(dead=[group("a", 2), group("b", 3)], dead_letters=5)) == 2
    assert found(aside=[group("[]", 2, where="springfield")], quarantined=3) == []


def test_a_message_says_all_and_calls_nobody() -> None:
    """Once in words, and once in fields for other programs."""
    (alarm,) = found(dead=[group("<!channel> is & was")])
    message = alarm_message(alarm, "firing", "https://hooks.example.edu")
    assert message.title == "AOM gateway: dead letters (crm), firing"
    assert message.text.startswith(
        "AOM gateway https://hooks.example.edu: crm refused 1 delivery, the first of "
        "2026-05-04 12:00 UTC: "
    )
    assert "<!channel> is & was" in message.text
    assert {
        name: message.fields[name]
        for name in ("cause", "state", "connector", "reason", "count", "since")
    } == {
        "cause": "dead_letters",
        "state": "firing",
        "connector": "crm",
        "reason": "<!channel> is & was",
        "count": 1,
        "since": "2026-05-04T12:00:00+00:00",
    }


LIVE = ("@all", "@channel", "@here", "http://", "https://", "](", "www.", "WWW.")


def test_nothing_in_a_reason_is_live_in_a_chat_room() -> None:
    """Nobody is called, nothing can be clicked and no picture is loaded that others have written;
    it can still be read, and has no character that cannot be seen.
    """
    evil = (
        "@all @channel: see http://evil.example, [here](//evil.example) "
        "![x](HTTPS://evil.example/x.png) www.evil.example WWW.evil.example"
    )
    alarms = [
        *found(
            dead=[group(evil)],
            aside=[group(f'[["{evil}", "{evil}"]]', where="springfield", event=None)],
        ),
        *found(connectors={evil: replace(paused("auth")["crm"], reason=evil)}),
    ]
    assert len(alarms) == 3
    for alarm in alarms:
        for state in ("firing", "resolved"):
            text = alarm_message(alarm, state, None).text
            assert not [word for word in LIVE if word.lower() in text.lower()], text
    text = alarm_message(alarms[0], "firing", None).text
    assert text.isprintable()
    assert "(at)all (at)channel: see http[:]//evil.example, [here] (//evil.example)" in text


def test_a_message_leads_to_the_console() -> None:
    """Where its address is known, to what is to be decided; that it is over needs no look."""
    (dead,) = found(dead=[group("is locked")])
    (waits,) = found(connectors=paused(None, oldest=16))
    console = "https://hooks.example.edu/console"
    assert alarm_message(dead, "firing", None, console).text.endswith(f" {console}/attention")
    assert alarm_message(waits, "firing", None, console).text.endswith(f" {console}")
    for told in (
        alarm_message(dead, "resolved", None, console),
        alarm_message(dead, "firing", None),
    ):
        assert "/console" not in told.text


def test_every_cause_has_words() -> None:
    """For its beginning and its end."""
    alarms = [
        *found(connectors={**paused("auth", oldest=60)}),
        *found(dead=[group("a")], aside=[group("[]", where="springfield")]),
        Alarm("store_failing", "store_failing", NOW, reason="disk full", count=3),
    ]
    texts = [
        alarm_message(alarm, state, None).text
        for alarm in alarms
        for state in ("firing", "resolved")
    ]
    assert len(set(texts)) == 10
    assert not [text for text in texts if "None" in text]
    assert all(Alarm.load(alarm.dump()) == alarm for alarm in alarms)


def test_a_source_is_silent_that_used_to_send() -> None:
    """From the hour on that is configured, since its last event; one that never sent is not set up
    yet, and of others nobody asked.
    """
    limits = {"north": minutes(60), "south": minutes(60), "new": minutes(60)}
    last = {"north": NOW - minutes(60), "south": NOW - minutes(59), "east": NOW - minutes(999)}
    (alarm,) = found(last_events=last, silent_after=limits)
    assert alarm == Alarm("source_silent:north", "source_silent", last["north"], source="north")
    text = alarm_message(alarm, "firing", None).text
    assert "north has sent nothing since 2026-05-04 11:00 UTC" in text
    assert "urls --source north" in text
    assert "north is not silent any more" in alarm_message(alarm, "resolved", None).text
