"""Facts and how they get into a store, for tests."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from receiver.facts import CourseFact, KnownFacts, OrderFact, PersonFacts, SubmissionFact
from receiver.inbox import CountedEvent, Inbox
from tests.inbox.store import ANN, NOW

SOURCE = "springfield"


def order(
    id: str, event_id: str, *, paid: bool = True, total: str = "10.10", at: datetime = NOW
) -> PersonFacts:
    return PersonFacts(orders=(OrderFact(id, event_id, paid, Decimal(total), "USD", None, at),))


def course(id: str | None, name: str, event_id: str, at: datetime = NOW) -> PersonFacts:
    return PersonFacts(courses=(CourseFact(id, name, event_id, at),), seen_at=at, active_at=at)


def quiz(digest: bytes, at: datetime = NOW) -> PersonFacts:
    return PersonFacts(submissions=(SubmissionFact("quiz", digest),), seen_at=at, active_at=at)


async def count(inbox: Inbox, *facts: PersonFacts, person: str = ANN) -> int:
    """Count what is uncounted: each event tells the next of these facts of a person."""
    events = await inbox.list_uncounted()
    told = [CountedEvent(one, {person: fact}) for one, fact in zip(events, facts, strict=True)]
    return await inbox.keep_facts(told, now=NOW)


async def known(inbox: Inbox, person: str = ANN, source: str = SOURCE) -> KnownFacts:
    return (await inbox.find_known_facts([(source, person)]))[source, person]
