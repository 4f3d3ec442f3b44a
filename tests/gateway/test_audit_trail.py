"""What is noted of an act, and what of it is left out."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from receiver.gateway.audit_trail import AuditTrail, describe_answer, describe_request, digest_ids
from receiver.inbox import AuditFilter, Inbox, StoreUnavailable
from tests.inbox.store import NOW, stored


@stored
async def test_an_act_is_noted_before_it_is_done(inbox: Inbox) -> None:
    """So that none is lost with its process."""
    async with AuditTrail(inbox, lambda: NOW).act("dana", "replay", {"state": "dead"}) as act:
        (entry,) = await inbox.list_audit(AuditFilter())
        assert (entry.who, entry.what, entry.outcome) == ("dana", "replay", "begun")
        act.result = "of ann@example.edu"
    (entry,) = await inbox.list_audit(AuditFilter())
    assert (entry.outcome, entry.result, entry.about) == ("done", "of [address]", {"state": "dead"})


@stored
async def test_an_act_that_fails_is_noted_as_failed(inbox: Inbox) -> None:
    """With the reason where it is meant for people; a defect's is for the log."""
    trail = AuditTrail(inbox, lambda: NOW)
    with pytest.raises(StoreUnavailable):
        async with trail.act("dana", "replay", {}):
            raise StoreUnavailable("the disk is full")
    with pytest.raises(KeyError):
        async with trail.act("dana", "replay", {}):
            raise KeyError("ann@example.edu")
    async with trail.act("dana", "amend", {}) as act:
        act.fail("It still has faults.")
    entries = await inbox.list_audit(AuditFilter())
    assert [(one.outcome, one.result) for one in reversed(entries)] == [
        ("failed", "the disk is full"),
        ("failed", "The gateway failed. Its log says where."),
        ("failed", "It still has faults."),
    ]


@stored
async def test_an_act_that_cannot_be_noted_is_not_begun(inbox: Inbox) -> None:
    """Whoever asks for it is told why."""
    await inbox.aclose()
    begun = False
    with pytest.raises(StoreUnavailable):
        async with AuditTrail(inbox, lambda: NOW).act("dana", "replay", {}):
            begun = True
    assert not begun


def test_what_may_be_personal_is_left_out() -> None:
    """Whatever is not known to be none; a reason is cut, and holds no address."""
    about = describe_request(
        {"email": "ann@example.edu", "id": "1"},
        {"person": "ann@example.edu", "body": "{}", "reason": f"ann@example.edu {'x' * 300}"},
        {"csrf": "secret", "confirmed": "yes", "state": None, "source": "", "in_crm": ["yes"]},
    )
    assert (about.pop("reason")[:12], about) == (
        "[address] xx",
        {
            "email": "(left out)",
            "id": "1",
            "person": "(left out)",
            "body": "(left out)",
            "in_crm": "yes",
        },
    )


def test_many_ids_are_a_number_and_a_digest() -> None:
    """The same for the same ids in another order."""
    assert describe_request({"ids": ("a", "b")}) == {
        "ids": {"count": 2, "digest": digest_ids(["b", "a"])}
    }
    assert digest_ids(["a"]) != digest_ids(["b"])


def test_of_an_answer_the_numbers_are_noted() -> None:
    """And what is true; no words, which could be anybody's."""

    @dataclass(frozen=True)
    class Answer:
        replayed_people: int
        text: str
        paused: bool
        changed: bool

    assert describe_answer(Answer(3, "ann@example.edu", True, False)) == "replayed people 3, paused"
    assert describe_answer("text") == ""
