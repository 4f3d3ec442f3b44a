"""When tokens were used last."""

from __future__ import annotations

from receiver.inbox import Inbox, TokenUse
from tests.inbox.store import NOW, seconds, stored


@stored
async def test_the_latest_use_counts_whoever_writes_it_last(inbox: Inbox) -> None:
    """Of several processes one may write later what happened earlier; a call whose event was not
    kept leaves the last event as it was.
    """
    later = NOW + seconds(60)
    await inbox.keep_token_uses([TokenUse("b", "t", NOW), TokenUse("a", "t", later, NOW)])
    await inbox.keep_token_uses([TokenUse("a", "t", NOW, later), TokenUse("b", "t", later)])
    await inbox.keep_token_uses([TokenUse("a", "t", later)])
    await inbox.keep_token_uses([])
    assert await inbox.find_token_uses() == [
        TokenUse("a", "t", later, later),
        TokenUse("b", "t", later),
    ]


def test_of_two_uses_the_later_times_count() -> None:
    """Each time for itself; one that is not known is earlier than any."""
    later = NOW + seconds(60)
    first, second = TokenUse("a", "t", NOW, later), TokenUse("a", "t", later, NOW)
    assert (
        first.with_latest(second) == second.with_latest(first) == TokenUse("a", "t", later, later)
    )
    assert TokenUse("a", "t", NOW).with_latest(first) == first
