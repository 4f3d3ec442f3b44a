"""The rules for alarms: in which states of the store an operator must hear of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

from receiver.alarms.alarm import Alarm, Cause
from receiver.alarms.person_redaction import PersonRedaction, comparable_reason
from receiver.inbox import AttentionGroup, ConnectorStatus, RunningProcess, StoreStatus
from receiver.settings import Alerts

PATIENCE = timedelta(minutes=5)  # pauses that end by themselves within it are every day's business
MOST_REASONS = 5  # of a connector or source; what is beyond shares one alarm
ENDLESS = frozenset({"auth", "misconfigured"})  # pauses that only an operator can end


@dataclass(frozen=True, slots=True)
class StoreSight:
    """What the store shows. `dead` and `quarantined` are grouped by their reasons; `last_events`
    are the times of each source's last one.
    """

    status: StoreStatus
    dead: Sequence[AttentionGroup]
    quarantined: Sequence[AttentionGroup]
    processes: Sequence[RunningProcess] = ()
    last_events: Mapping[str, datetime] = field(default_factory=dict)

    def hides(self, cause: Cause, most: int) -> bool:
        """Whether more reasons may be there than are seen, so that one of this cause that is not
        seen need not be over.
        """
        groups = {"dead_letters": self.dead, "quarantine": self.quarantined}.get(cause, ())
        return len(groups) >= most


def find_alarms(
    sight: StoreSight,
    limits: Alerts,
    redaction: PersonRedaction,
    *,
    firing: Collection[str],
    silent_after: Mapping[str, timedelta],
    now: datetime,
) -> dict[str, Alarm]:
    """Find all alarms that hold now, by their keys.

    `firing` are the keys told before: they end only when it is clearly over. `silent_after`: how
    long which sources may send nothing.
    """
    found = [
        *_paused(sight.status.connectors, redaction, now),
        *_refused_configuration(sight.processes, redaction),
        *_account_rules(sight.status.connectors, redaction),
        *_silent(sight.last_events, silent_after, now),
        *_waiting(
            sight.status.connectors,
            timedelta(minutes=float(limits.oldest_waiting_minutes)),
            redaction,
            firing,
            now,
        ),
        *_grouped(sight.dead, limits.dead_letters, lambda group: _dead(group, redaction)),
        *_grouped(
            sight.quarantined, limits.quarantined, lambda group: _quarantined(group, redaction)
        ),
    ]
    return {alarm.key: alarm for alarm in found}


def _paused(
    connectors: Mapping[str, ConnectorStatus], redaction: PersonRedaction, now: datetime
) -> Iterator[Alarm]:
    for name, one in connectors.items():
        if one.kind is None or one.kind == "operator" or one.since is None:
            continue  # who paused it knows; what waits too long is told all the same
        stays = (
            one.kind in ENDLESS
            or now - one.since >= PATIENCE
            or (one.until is not None and one.until - now > PATIENCE)
        )
        if stays:
            key = f"connector_paused:{name}:{one.kind}"
            yield Alarm(
                key,
                "connector_paused",
                one.since,
                name,
                kind=one.kind,
                reason=redaction.redact_reason(one.reason),
                count=one.pending,
            )


def _refused_configuration(
    processes: Iterable[RunningProcess], redaction: PersonRedaction
) -> Iterator[Alarm]:
    """Until a reload succeeds, whichever processes refused it."""
    refused = {one.refused_at: one.faults for one in processes if one.refused_at}
    if refused:
        first = min(refused)
        faults = [f"{where}: {words}" for where, words, _ in refused[first]]
        reason = redaction.redact_reason("; ".join(faults[:MOST_REASONS]))
        key = "configuration_refused"
        yield Alarm(key, "configuration_refused", first, reason=reason, count=len(faults))


def _account_rules(
    connectors: Mapping[str, ConnectorStatus], redaction: PersonRedaction
) -> Iterator[Alarm]:
    """A rule of the account stays until somebody mends the mapping or ends the rule."""
    for name, one in connectors.items():
        if one.waiting and one.waiting.rule:
            reason = redaction.redact_reason(one.waiting.rule)
            yield Alarm(
                f"held_back:{name}",
                "held_back",
                one.waiting.at,
                name,
                reason=reason,
                count=one.waiting.people,
            )


def _silent(
    last_events: Mapping[str, datetime], silent_after: Mapping[str, timedelta], now: datetime
) -> Iterator[Alarm]:
    """A source that never sent anything is not silent: it is not set up yet."""
    for name, longest in silent_after.items():
        last = last_events.get(name)
        if last is not None and now - last >= longest:
            yield Alarm(f"source_silent:{name}", "source_silent", last, source=name)


def _waiting(
    connectors: Mapping[str, ConnectorStatus],
    limit: timedelta,
    redaction: PersonRedaction,
    firing: Collection[str],
    now: datetime,
) -> Iterator[Alarm]:
    """Once told, the wait must have fallen to half the limit, so that one around the limit is not
    told again and again.
    """
    for name, one in connectors.items():
        key = f"oldest_waiting:{name}"
        oldest = timedelta(seconds=one.oldest_pending_seconds or 0)
        if oldest > (limit / 2 if key in firing else limit):
            why = redaction.redact_reason(one.waiting.reason) if one.waiting else ""
            yield Alarm(
                key,
                "oldest_waiting",
                now - oldest,
                name,
                kind=one.kind,
                reason=why,
                count=one.pending,
            )


def _grouped(
    groups: Iterable[AttentionGroup], least: int, alarm_of: Callable[[AttentionGroup], Alarm]
) -> Iterator[Alarm]:
    """One alarm for each kind of reason, the oldest first; none where a connector or source has
    fewer than `least` in all.
    """
    for _, group in groupby(
        sorted(groups, key=lambda group: (group.where, group.first)), key=lambda group: group.where
    ):
        members = list(group)
        if sum(member.count for member in members) >= least:
            yield from _bounded(_merged(alarm_of(member) for member in members))


def _merged(alarms: Iterable[Alarm]) -> list[Alarm]:
    merged: dict[str, Alarm] = {}
    for alarm in alarms:
        known = merged.get(alarm.key)
        merged[alarm.key] = known.and_more(alarm.count or 0) if known else alarm
    return list(merged.values())


def _bounded(alarms: Sequence[Alarm]) -> Iterator[Alarm]:
    yield from alarms[:MOST_REASONS]
    if rest := alarms[MOST_REASONS:]:
        first, where = rest[0], rest[0].connector or rest[0].source
        count = sum(alarm.count or 0 for alarm in rest)
        key, reason = f"{first.cause}:{where}:others", "more reasons than are told one by one"
        yield Alarm(
            key, first.cause, first.since, first.connector, first.source, reason=reason, count=count
        )


def _dead(group: AttentionGroup, redaction: PersonRedaction) -> Alarm:
    """By the group, since its reason is that of whichever delivery came last."""
    key = f"dead_letters:{group.where}:{group.id}"
    return Alarm(
        key,
        "dead_letters",
        group.first,
        group.where,
        reason=redaction.redact_reason(group.reason),
        count=group.count,
    )


def _quarantined(group: AttentionGroup, redaction: PersonRedaction) -> Alarm:
    reason = redaction.redact_reason(_faults(group.reason))
    key = f"quarantine:{group.where}:{group.event or 'unknown'}:{_fingerprint(reason)}"
    return Alarm(
        key,
        "quarantine",
        group.first,
        source=group.where,
        event=group.event,
        reason=reason,
        count=group.count,
    )


def _faults(reason: str) -> str:
    """A JSON list of [path, message], in words."""
    return "; ".join(": ".join(filter(None, fault)) for fault in json.loads(reason or "[]"))


def _fingerprint(reason: str) -> str:
    return hashlib.sha256(comparable_reason(reason).encode()).hexdigest()[:12]
