"""The steps of one delivery, in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from receiver.console.views.record_links import read_sent_record
from receiver.console.views.story.delivery_steps import DeliveryStory, read_verdict, tell_delivery
from receiver.console.views.story.operator_acts import EventAct
from receiver.console.views.story.step import SentChanges, ShownAttempt
from receiver.inbox import AttemptDetail, ConnectorState, DeliveryDetail

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def tried(
    seconds: float, outcome: str, *results: str, notes: tuple[str, ...] = (), times: int = 1
) -> ShownAttempt:
    """Each result is of a record of its own, unless it says which: `b:saved`."""
    made = AttemptDetail(
        1, (7,), at(seconds), at(seconds), times, 80, outcome, None, None, None, [], list(notes)
    )
    records = [
        read_sent_record({"object": "deal", "key": key, "result": result}, lambda *_: None)
        for number, one in enumerate(results)
        for key, _, result in [one.rpartition(":")]
        for key in [key or str(number)]
    ]
    return ShownAttempt(made, [SentChanges(record, None) for record in records], notes, 0)


def story(
    state: str,
    *attempts: ShownAttempt,
    acts: tuple[EventAct, ...] = (),
    pause: ConnectorState | None = None,
    **other: Any,
) -> DeliveryStory:
    values: dict[str, Any] = {
        "id": 7,
        "connector": "crm",
        "person": "ada@example.edu",
        "lane_id": 1,
        "seq": 1,
        "state": state,
        "reason": None,
        "settled_at": None if state == "pending" else at(100),
        "lane_state": "ready" if state == "pending" else "idle",
        "due_at": at(60),
        "tries": 0,
        "failing_since": None,
        "attempts": (),
    }
    delivery = DeliveryDetail(**{**values, **other})
    return tell_delivery(delivery, attempts, acts, pause, NOW)


def words(told: DeliveryStory) -> list[str]:
    return [step.text for step in told.steps]


def act(seconds: float, *, certain: bool = True, delivery: int | None = None) -> EventAct:
    return EventAct(at(seconds), "dana", "replay", "done", "1 replayed.", delivery, certain)


def test_what_came_of_it_for_this_delivery() -> None:
    """Its own records say that: the attempt may have been refused for another delivery, and what
    was refused together with others may have been saved alone.
    """
    assert read_verdict(tried(0, "refused", "saved")) == "written"
    assert read_verdict(tried(0, "refused", "a:refused", "a:saved")) == "written"
    assert read_verdict(tried(0, "refused", "saved", "refused")) == "refused"
    assert read_verdict(tried(0, "refused")) == "refused"
    assert read_verdict(tried(0, "retry", "saved", "retry")) == "waits"
    assert read_verdict(tried(0, "paused", "unanswered")) == "paused"
    assert read_verdict(tried(0, "retry")) == "waits"
    assert read_verdict(tried(0, "saved")) == "nothing"
    assert read_verdict(tried(0, "dry_run", "dry_run")) == "dry_run"


def test_a_delivery_that_was_tried_again() -> None:
    """Each attempt is numbered; at the end how long it took."""
    told = story("delivered", tried(1, "retry", "retry"), tried(9, "saved", "saved"))
    assert words(told) == [
        "Queued",
        "Attempt 1: not written, to be tried again",
        "Attempt 2: written",
        "Done, 100 s after it was queued",
    ]
    assert [step.tone for step in told.steps] == ["calm", "warn", "good", "good"]


def test_a_replay_that_the_audit_names() -> None:
    """By whom, between the attempts; one of another delivery is not told here."""
    attempts = (tried(1, "saved", "saved"), tried(50, "saved", "saved"))
    told = story("delivered", *attempts, acts=(act(40), act(41, delivery=8)))
    assert words(told) == [
        "Queued",
        "Attempt 1: written",
        "Replayed by dana",
        "Attempt 2: written",
        "Done",
    ]


def test_a_replay_that_nobody_is_known_to_have_made() -> None:
    """One of many may have included it; that of an earlier event brings the later ones along."""
    attempts = (tried(1, "saved", "saved"), tried(50, "saved", "saved"))
    assert "Sent again: it, or an earlier event of the same person, was replayed" in words(
        story("delivered", *attempts, acts=(act(60, certain=False),))
    )
    assert "Sent again, perhaps by a replay of many that dana began" in words(
        story("delivered", *attempts, acts=(act(40, certain=False),))
    )


def test_what_newer_events_had_set() -> None:
    """Is said with the attempt that left it."""
    left = tried(1, "saved", "saved", notes=("deal 0: left as a newer event had set it: stage",))
    assert "Written, but for what a newer event had set" in words(story("delivered", left))


def test_how_it_stands() -> None:
    """Dead with the reason, discarded, delivered long ago, waiting for the connector, for the next
    try, or for its turn.
    """
    dead = story("dead", tried(1, "refused", "refused"), reason="no such stage").steps[-1]
    assert (dead.text, dead.says, dead.at) == (
        "Given up: it is a dead letter",
        "no such stage",
        at(100),
    )
    assert words(story("discarded"))[-1] == "Discarded: it goes there no more"
    assert words(story("delivered"))[-1] == "Delivered; the attempt is not kept any more"
    pause = ConnectorState("crm", "auth", "no token", since=at(2), until=at(90))
    waits = story("pending", pause=pause).steps[-1]
    assert (waits.text, waits.until) == ("Waits for the connector", at(90))
    again = story("pending", tried(1, "retry", "retry")).steps[-1]
    assert (again.text, again.until) == ("Waits", at(60))
    fresh = story("pending").steps[-1]
    assert (fresh.text, fresh.until) == ("Waits for its turn", None)
