"""Which deliveries of an event are compared with what was sent before."""

from __future__ import annotations

from collections import Counter

from receiver.console.views.story.connector_story import FEW, compared_deliveries
from receiver.inbox import Inbox
from receiver.inbox.reads.sent_history import MOST_COMPARED
from tests.inbox.store import new, stored


@stored
async def test_the_first_few_of_each_connector_are_compared(inbox: Inbox) -> None:
    """And no more than the history is looked up for: of the others nothing is said."""
    people = [f"{number:02}@example.edu" for number in range(FEW + 5)]
    kept = await inbox.accept(new("all", *people, connectors=("a", "b", "c")))
    compared = compared_deliveries(await inbox.find_event(kept.id))
    found = Counter(one.connector for one in compared)
    assert len(compared) == MOST_COMPARED
    assert max(found.values()) <= FEW
