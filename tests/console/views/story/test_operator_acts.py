"""Which acts of operators an event's story tells."""

from __future__ import annotations

from typing import Any

from receiver.console.views.story.operator_acts import EventAct, find_acts
from receiver.inbox import Inbox
from tests.inbox.store import NOW, new, seconds, stored


@stored
async def test_acts_that_name_the_event_and_acts_that_may_have_included_it(inbox: Inbox) -> None:
    """By its id, alone or with one of its deliveries; of many, unless what is kept of the filter
    speaks against it. Others, and what was only tried out, are not told.
    """
    kept = await inbox.accept(new("one"))
    found = await inbox.find_event(kept.id)
    (delivery,) = found.deliveries
    told: list[tuple[str, dict[str, Any], bool]] = [
        ("replay", {"id": kept.id}, True),
        ("discard", {"id": kept.id, "delivery": str(delivery.id)}, True),
        ("replay", {"ids": kept.id}, True),
        ("discard", {"id": delivery.id}, True),
        ("replay", {"source": "springfield", "state": "dead"}, False),
        ("replay", {"ids": {"count": 3, "digest": "ab"}}, False),
    ]
    untold: list[tuple[str, dict[str, Any]]] = [
        ("replay", {"id": "0" * 32}),
        ("replay", {"source": "shelbyville"}),
        ("replay", {"event": "quiz.submitted"}),
        ("replay", {"connector": "other"}),
        ("replay", {"source": "springfield", "dry_run": True}),
        ("pause", {"id": kept.id}),
    ]
    acts = [(what, about) for what, about, _ in told] + untold
    for number, (what, about) in enumerate(acts):
        await inbox.add_audit_entry("dana", what, about, "done", now=NOW + seconds(number))
    await inbox.add_audit_entry("dana", "replay", {"id": kept.id}, "done", now=NOW - seconds(1))
    acts_found = (await find_acts(inbox, found)).acts
    assert [(one.what, one.certain) for one in acts_found] == [
        (what, certain) for what, _, certain in told
    ]
    assert [one.delivery for one in acts_found] == [
        None,
        delivery.id,
        None,
        delivery.id,
        None,
        None,
    ]


@stored
async def test_where_acts_are_not_looked_at_it_is_said(inbox: Inbox) -> None:
    """Since when all were: those that name the event, and those of many, are counted each alone."""
    kept = await inbox.accept(new("one"))
    found = await inbox.find_event(kept.id)
    for number, about in enumerate([{"id": kept.id}, {"id": kept.id}, {"source": "shelbyville"}]):
        await inbox.add_audit_entry("dana", "replay", about, "done", now=NOW + seconds(number))
    whole = await find_acts(inbox, found, most=3)
    assert (len(whole.acts), whole.missing_before) == (2, None)
    cut = await find_acts(inbox, found, most=2)
    assert (len(cut.acts), cut.missing_before) == (2, NOW + seconds(1))
    await inbox.add_audit_entry("olaf", "amend", {"id": kept.id}, "done", now=NOW + seconds(3))
    named = await find_acts(inbox, found, most=2)
    assert [one.what for one in named.acts] == ["replay", "amend"]
    assert named.missing_before == NOW + seconds(1)


def test_what_an_act_is_told_in() -> None:
    """A sentence where it has one; numbers with their names are for the audit."""

    def act(result: str, outcome: str = "done") -> EventAct:
        return EventAct(NOW, "dana", "replay", outcome, result)

    assert act("1 delivery replayed.").words == "1 delivery replayed."
    assert act("replayed 2, chosen 2").words == ""
    assert act("", "refused").failed == ", who may not"
