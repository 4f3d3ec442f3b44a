"""Pausing a connector."""

from __future__ import annotations

import asyncio

from receiver.inbox import ConnectorState, Inbox
from tests.inbox.store import NOW, open_inbox, seconds, stored


@stored
async def test_a_connector_runs_until_it_is_paused(inbox: Inbox) -> None:
    """A pause says why, since when and until when; resuming ends it."""
    assert await inbox.state("crm") == ConnectorState("crm")
    await inbox.pause("crm", kind="auth", reason="the token\x00 has expired", until=NOW + seconds(20), now=NOW)
    paused = ConnectorState("crm", "auth", "the token\ufffd has expired", NOW, NOW + seconds(20))
    assert await inbox.state("crm") == paused
    assert await inbox.states() == {"crm": paused}
    assert await inbox.state("other") == ConnectorState("other")
    await inbox.resume("crm")
    assert await inbox.state("crm") == ConnectorState("crm")


@stored
async def test_pausing_again_keeps_since(inbox: Inbox) -> None:
    """For the same kind of reason; another kind begins anew."""
    await inbox.pause("crm", kind="auth", reason="a", until=None, now=NOW)
    await inbox.pause("crm", kind="auth", reason="b", until=NOW + seconds(9), now=NOW + seconds(1))
    assert await inbox.state("crm") == ConnectorState("crm", "auth", "b", NOW, NOW + seconds(9))
    await inbox.pause("crm", kind="throttled", reason="c", until=None, now=NOW + seconds(2))
    assert await inbox.state("crm") == ConnectorState("crm", "throttled", "c", NOW + seconds(2), None)


@stored
async def test_resuming_what_runs_is_harmless(inbox: Inbox) -> None:
    """Also where the connector was never seen before."""
    await inbox.resume("crm")
    assert (await inbox.state("crm")).paused is None


def test_a_pause_holds_for_all_processes_and_through_a_restart(store_url: str) -> None:
    """It is kept in the store."""

    async def main() -> None:
        async with open_inbox(store_url) as inbox:
            await inbox.pause("crm", kind="misconfigured", reason="a", until=None, now=NOW)
        async with open_inbox(store_url) as inbox:
            assert (await inbox.state("crm")).paused == "misconfigured"

    asyncio.run(main())
