"""The steps of one delivery: queued, each attempt, replays, and how it stands now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from receiver.console.views.story.operator_acts import EventAct
from receiver.console.views.story.step import ShownAttempt, Step, Tone
from receiver.delivery import SUPERSEDED
from receiver.inbox import ConnectorState, DeliveryDetail
from receiver.text.durations import format_latency

Verdict = Literal["written", "nothing", "dry_run", "refused", "waits", "paused"]

_VERDICTS: Final[Mapping[str, tuple[str, Tone]]] = {
    "written": ("Written", "good"),
    "nothing": ("Nothing to write: no route wants anything of it there", "calm"),
    "dry_run": ("A dry run: nothing was written", "warn"),
    "refused": ("Refused", "bad"),
    "waits": ("Not written, to be tried again", "warn"),
    "paused": ("Not written: the connector was stopped by this", "warn"),
}
_SETTLED: Final = frozenset({"written", "nothing", "dry_run", "refused"})
_FAILED: Final = frozenset({"retry", "unanswered"})


def read_verdict(tried: ShownAttempt) -> Verdict:
    """What came of an attempt for one delivery: its records say that better than the attempt, which
    may have been refused for another one. Of a record that was sent twice the last time counts.
    """
    results = {(one.sent.object, one.sent.key): one.sent.outcome for one in tried.records}.values()
    outcome = tried.attempt.outcome
    if "refused" in results:
        return "refused"
    if _FAILED.intersection(results) or (outcome in {"retry", "paused"} and not results):
        return "paused" if outcome == "paused" else "waits"
    if results:
        return "dry_run" if "dry_run" in results else "written"
    return "refused" if outcome == "refused" else "nothing"


@dataclass(frozen=True, slots=True)
class DeliveryStory:
    """One delivery with its steps, the first one first. `written`: its last attempt that was."""

    delivery: DeliveryDetail
    attempts: Sequence[ShownAttempt]
    steps: Sequence[Step]

    @property
    def written(self) -> ShownAttempt | None:
        return next(
            (one for one in reversed(self.attempts) if read_verdict(one) == "written"), None
        )

    @property
    def is_open(self) -> bool:
        """Somebody should look at it, or wait for it."""
        return self.delivery.state in {"dead", "pending"}

    @property
    def is_waiting(self) -> bool:
        """It is pending, and is tried again at a time that is known."""
        return self.delivery.state == "pending" and self.delivery.lane_state == "ready"


def tell_delivery(
    delivery: DeliveryDetail,
    attempts: Sequence[ShownAttempt],
    acts: Sequence[EventAct],
    pause: ConnectorState | None,
    queued_at: datetime,
) -> DeliveryStory:
    """`pause` is the connector's, where the delivery waits for it."""
    mine = [act for act in acts if act.concerns(delivery.id)]
    past = [
        Step(queued_at, "Queued"),
        *(_act_step(act) for act in mine if act.certain and act.what in {"replay", "discard"}),
        *_attempt_steps(attempts, mine),
    ]
    past.sort(key=lambda step: step.at or queued_at)
    now = _current_step(delivery, attempts, mine, pause, queued_at)
    return DeliveryStory(delivery, attempts, [*past, *now])


def _attempt_steps(attempts: Sequence[ShownAttempt], acts: Sequence[EventAct]) -> Iterator[Step]:
    """Each attempt; where it had been settled before, with what may have brought it back."""
    settled: datetime | None = None
    for number, tried in enumerate(attempts, 1):
        attempt, verdict = tried.attempt, read_verdict(tried)
        if settled:
            yield from _again(attempt.started_at, settled, acts)
        text, tone = _VERDICTS[verdict]
        if any(SUPERSEDED in note for note in tried.notes):
            text = f"{text}, but for what a newer event had set"
        yield Step(
            attempt.started_at,
            f"Attempt {number}: {text[0].lower()}{text[1:]}" if len(attempts) > 1 else text,
            tone,
            attempt=tried,
        )
        settled = attempt.last_at if verdict in _SETTLED else None


def _again(at: datetime, settled: datetime, acts: Sequence[EventAct]) -> Iterator[Step]:
    """Nothing where the audit names the replay: that is a step of its own."""
    near = [act for act in acts if act.what == "replay" and settled <= act.at <= at]
    if not near:
        yield Step(at, "Sent again: it, or an earlier event of the same person, was replayed")
    elif not any(act.certain for act in near):
        yield Step(at, f"Sent again, perhaps by a replay of many that {near[-1].who} began")


def _act_step(act: EventAct) -> Step:
    word = {"replay": "Replayed", "discard": "Discarded"}[act.what]
    return Step(act.at, f"{word} by {act.who}{act.failed}", says=act.words)


def _current_step(
    delivery: DeliveryDetail,
    attempts: Sequence[ShownAttempt],
    acts: Sequence[EventAct],
    pause: ConnectorState | None,
    queued_at: datetime,
) -> Iterator[Step]:
    """How it stands now."""
    at, last = delivery.settled_at, read_verdict(attempts[-1]) if attempts else None
    match delivery.state:
        case "pending":
            yield _waiting(delivery, attempts, pause)
        case "dead":
            yield Step(at, "Given up: it is a dead letter", "bad", says=delivery.reason or "")
        case "discarded":
            if not any(act.what == "discard" and act.certain for act in acts):
                yield Step(at, "Discarded: it goes there no more")
        case "delivered" | "dry_run" if last not in {"written", "nothing", "dry_run"}:
            yield Step(at, "Delivered; the attempt is not kept any more", "good")
        case "delivered" if at and at >= queued_at and _settled_once(attempts):
            took = format_latency((at - queued_at).total_seconds())
            yield Step(at, f"Done, {took} after it was queued", "good")
        case "delivered":
            yield Step(at, "Done", "good")


def _settled_once(attempts: Sequence[ShownAttempt]) -> bool:
    """It was not sent again after it had been settled."""
    return not any(read_verdict(one) in _SETTLED for one in attempts[:-1])


def _waiting(
    delivery: DeliveryDetail, attempts: Sequence[ShownAttempt], pause: ConnectorState | None
) -> Step:
    if pause:
        return Step(None, "Waits for the connector", "warn", until=pause.until)
    if delivery.lane_state == "ready" and (attempts or delivery.tries):
        return Step(None, "Waits", "warn", until=delivery.due_at)
    return Step(None, "Waits for its turn", "warn")
