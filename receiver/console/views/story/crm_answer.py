"""Whether an event is in the CRM: one answer for each connector, and why where it is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from receiver.console.views.record_links import SentRecord
from receiver.console.views.story.connector_story import ConnectorStory
from receiver.console.views.story.delivery_steps import DeliveryStory, read_verdict
from receiver.gateway import Gateway
from receiver.inbox import EventDetail

AnswerKind = Literal[
    "written", "nothing", "dry_run", "unknown", "waiting", "dead", "discarded", "many"
]


@dataclass(frozen=True, slots=True)
class CrmAnswer:
    """`records` were written at `at`, also where a later try of the same event waits or is dead.

    `says` is why it waits or is dead, `until` when it is tried again. `unknown`: it was delivered,
    and the attempt is not kept any more. `many` are only counted.
    """

    story: ConnectorStory
    kind: AnswerKind
    records: Sequence[SentRecord] = ()
    at: datetime | None = None
    says: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Unrouted:
    """A connector that did not get the event, and why."""

    connector: str
    why: str


def answer_for(story: ConnectorStory) -> CrmAnswer:
    """Whether the event is there."""
    if story.count != 1 or not story.deliveries:
        reasons = (one.delivery.reason for one in story.deliveries if one.delivery.state == "dead")
        return CrmAnswer(story, "many", says=_clause(next(reasons, None)))
    (told,) = story.deliveries
    written = told.written
    records = [one.sent for one in written.records if one.sent.id] if written else []
    at = written.attempt.started_at if written else None
    match told.delivery.state:
        case "pending":
            return _waiting(story, told, records, at)
        case "dead":
            return CrmAnswer(story, "dead", records, at, _clause(told.delivery.reason))
        case "discarded":
            return CrmAnswer(story, "discarded", records, at)
    return CrmAnswer(story, _delivered(told), records, at or told.delivery.settled_at)


def _delivered(told: DeliveryStory) -> AnswerKind:
    """What the last attempt has done; where it is not kept, nobody knows."""
    match read_verdict(told.attempts[-1]) if told.attempts else None:
        case "written":
            return "written" if any(one.sent.id for one in told.attempts[-1].records) else "nothing"
        case "nothing":
            return "nothing"
        case "dry_run":
            return "dry_run"
    return "unknown"


def _waiting(
    story: ConnectorStory, told: DeliveryStory, records: Sequence[SentRecord], at: datetime | None
) -> CrmAnswer:
    if story.pause:
        says, until = _clause(story.pause.reason), story.pause.until
        return CrmAnswer(story, "waiting", records, at, says, until)
    last = told.attempts[-1].attempt if told.attempts else None
    says = _clause(last.message) if last and last.outcome in {"retry", "paused"} else ""
    put_off = told.is_waiting and (says or told.delivery.tries)
    return CrmAnswer(story, "waiting", records, at, says, told.delivery.due_at if put_off else None)


def _clause(words: str | None) -> str:
    """To stand within a sentence."""
    return (words or "").removesuffix(".")


def find_unrouted(gateway: Gateway, stored: EventDetail) -> list[Unrouted]:
    """The connectors that have no delivery of an accepted event, by the routes in force."""
    if stored.state != "accepted":
        return []
    left = [name for name in gateway.settings.connectors if name not in stored.counts]
    return [Unrouted(name, _why(gateway, stored, name)) for name in left]


def _why(gateway: Gateway, stored: EventDetail, connector: str) -> str:
    event = stored.name or "what was not recognised"
    if stored.source not in gateway.sites:
        return f"the source {stored.source} is not configured any more"
    routes = gateway.routes.routes(connector, stored.source, event)
    if not routes:
        return f"no route takes {event} of {stored.source} there"
    if not stored.people:
        return "nobody is in it to whom it could be delivered"
    return f"no route took {event} there when it came; one does now: replay it to bring it there"
