"""An alarm in words, and as fields for programs."""

from __future__ import annotations

import re
from datetime import datetime

from receiver.alarms.alarm import Alarm, State
from receiver.alarms.channel import AlarmMessage

_LIVE = re.compile(r"@|:(?=//)|\](?=\()|\b(www)\.", re.IGNORECASE)
_AS_WORDS = {"@": "(at)", ":": "[:]", "]": "] "}
"""In a chat room `@all` calls everybody, and an address in a CRM's words can be clicked: they are
written as it is usual for addresses that nobody should follow.
"""

_PAUSED = {
    "auth": "Mend its credentials: deliveries then go on within a minute.",
    "misconfigured": (
        "Mend what the reason names (`aom-gateway check --online` says more): deliveries then go "
        "on within a minute."
    ),
    "throttled": (
        "The CRM's allowance is used up; deliveries go on by themselves. If it happens often, ask "
        "for a larger one."
    ),
    "unavailable": (
        "The CRM cannot be reached; deliveries go on by themselves once it answers. Look at its "
        "status page."
    ),
}


def alarm_message(
    alarm: Alarm, state: State, gateway: str | None, console: str | None = None
) -> AlarmMessage:
    """The alarm in words, with a link into the `console` where its address is known, and the
    fields of the contract.
    """
    words = {"firing": _firing, "resolved": _resolved, "test": _test}[state](alarm)
    named = f"AOM gateway {gateway}" if gateway else "AOM gateway"
    where = alarm.connector or alarm.source
    return AlarmMessage(
        f"AOM gateway: {alarm.cause.replace('_', ' ')}{f' ({where})' if where else ''}, {state}",
        f"{named}: {write_as_words(words)}{_link(alarm, state, console)}",
        {
            "key": alarm.key,
            "cause": alarm.cause,
            "state": state,
            "gateway": gateway,
            "connector": alarm.connector,
            "source": alarm.source,
            "event": alarm.event,
            "reason": alarm.reason,
            "count": alarm.count,
            "since": alarm.since.isoformat(),
        },
    )


def describe_alarm(alarm: Alarm) -> str:
    """One that holds, in a sentence or two: what it is, and what helps."""
    return write_as_words(_firing(alarm))


def write_as_words(text: str) -> str:
    """The text with nothing in it that a chat room would link, or call somebody by."""
    return _LIVE.sub(lambda found: f"{found[1]}[.]" if found[1] else _AS_WORDS[found[0]], text)


def _link(alarm: Alarm, state: State, console: str | None) -> str:
    if console is None or state != "firing" or alarm.cause.startswith("store_"):
        return ""
    return (
        f" {console}/attention" if alarm.cause in {"dead_letters", "quarantine"} else f" {console}"
    )


def _firing(alarm: Alarm) -> str:
    since, reason = _time(alarm.since), alarm.reason.rstrip(".")
    match alarm.cause:
        case "connector_paused":
            waiting = (
                f" {_many(alarm.count, 'delivery waits', 'deliveries wait')}, none is lost."
                if alarm.count
                else ""
            )
            text = (
                f"{alarm.connector} is paused since {since}: {reason}.{waiting} "
                f"{_PAUSED.get(alarm.kind or '', '')}"
            )
        case "held_back":
            people = _many(alarm.count, "person waits", "people wait")
            text = (
                f"a rule of {alarm.connector}'s account holds people back since {since}: "
                f"{reason}. {people}; they go on by themselves."
            )
        case "dead_letters":
            text = (
                f"{alarm.connector} refused {_many(alarm.count, 'delivery', 'deliveries')}, the "
                f"first of {since}: {reason}."
            )
            text += " See `aom-gateway dead`; when the cause is mended, replay them."
        case "quarantine":
            text = (
                f"{_many(alarm.count, 'call', 'calls')} of {alarm.source} "
                f"({alarm.event or 'unknown event'}) in quarantine: {reason}."
            )
            text += f" The first came {since}. See `aom-gateway quarantine`."
        case "oldest_waiting":
            retried = f"what is tried again says: {reason}" if reason else "it does not keep up"
            why = f"it is paused ({alarm.kind})" if alarm.kind else retried
            text = (
                f"{_many(alarm.count, 'delivery waits', 'deliveries wait')} for "
                f"{alarm.connector}, the oldest since {since}: {why}."
            )
            text += " See `aom-gateway status`."
        case "source_silent":
            text = (
                f"{alarm.source} has sent nothing since {since}. Look at the webhook settings of "
                "its AOM: is each trigger still switched on, and is the address the one that "
                f"`aom-gateway urls --source {alarm.source}` shows?"
            )
        case "configuration_refused":
            text = (
                f"a changed configuration was refused at {since}, the former one goes on. "
                f"{_many(alarm.count, 'fault', 'faults')}: {reason}."
            )
            text += " Mend the file (`aom-gateway check` shows all), then `aom-gateway reload`."
        case "store_damaged" | "store_log":
            text = f"{reason}. It was seen first {since}."
        case _:
            lost = (
                f" {_many(alarm.count, 'call was', 'calls were')} answered 503: AOM may not "
                "send them again."
                if alarm.count
                else ""
            )
            text = (
                f"the store fails since {since}: {reason}.{lost} Look at its disk, or at the "
                "database server."
            )
    return text


def _resolved(alarm: Alarm) -> str:
    match alarm.cause:
        case "connector_paused":
            text = f"resolved: {alarm.connector} goes on; it was paused since {_time(alarm.since)}."
        case "held_back":
            text = f"resolved: no rule of {alarm.connector}'s account holds people back any more."
        case "dead_letters":
            text = (
                f"resolved: {alarm.connector} has no more dead letters of this reason: "
                f"{alarm.reason}"
            )
        case "quarantine":
            text = (
                f"resolved: no more calls of {alarm.source} in quarantine for this reason: "
                f"{alarm.reason}"
            )
        case "oldest_waiting":
            text = f"resolved: {alarm.connector} has caught up."
        case "source_silent":
            text = f"resolved: {alarm.source} is not silent any more."
        case "configuration_refused":
            text = "resolved: the configuration was taken over."
        case "store_log":
            text = (
                "resolved: the store's write-ahead log is short again; it grew since "
                f"{_time(alarm.since)}."
            )
        case _:
            text = (
                f"resolved: the store can be written again; it failed since {_time(alarm.since)}."
            )
    return text


def _test(_alarm: Alarm) -> str:
    return "a test alarm. Nothing is wrong."


def _many(count: int | None, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}"


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
