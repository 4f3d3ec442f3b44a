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
    await inbox.resume("crm", until=(await inbox.state("crm")).until)
    assert await inbox.state("crm") == ConnectorState("crm")


@stored
async def test_pausing_again_keeps_since(inbox: Inbox) -> None:
    """For the same kind of reason; another kind begins anew once the time of the first is over."""
    await inbox.pause("crm", kind="auth", reason="a", until=None, now=NOW)
    await inbox.pause("crm", kind="auth", reason="b", until=NOW + seconds(9), now=NOW + seconds(1))
    assert await inbox.state("crm") == ConnectorState("crm", "auth", "b", NOW, NOW + seconds(9))
    await inbox.pause("crm", kind="throttled", reason="c", until=NOW + seconds(30), now=NOW + seconds(10))
    assert await inbox.state("crm") == ConnectorState("crm", "throttled", "c", NOW + seconds(10), NOW + seconds(30))


@stored
async def test_a_shorter_pause_does_not_end_a_longer_one(inbox: Inbox) -> None:
    """Two calls under way are throttled, one for two hours, one for a moment, one for no stated time: the two hours hold."""
    await inbox.pause("crm", kind="throttled", reason="a", until=NOW + seconds(7200), now=NOW)
    await inbox.pause("crm", kind="throttled", reason="b", until=NOW + seconds(4), now=NOW)
    assert (await inbox.state("crm")).until == NOW + seconds(7200)
    await inbox.pause("crm", kind="throttled", reason="c", until=None, now=NOW)
    assert (await inbox.state("crm")).until == NOW + seconds(7200)
    await inbox.pause("crm", kind="throttled", reason="d", until=None, now=NOW + seconds(7200))
    assert (await inbox.state("crm")).until is None


@stored
async def test_an_alarm_stays_in_sight(inbox: Inbox) -> None:
    """What only an operator can end is not hidden by an outage meanwhile; the outage is by the alarm."""
    await inbox.pause("crm", kind="unavailable", reason="down", until=NOW + seconds(60), now=NOW)
    await inbox.pause("crm", kind="auth", reason="token", until=NOW + seconds(40), now=NOW)
    await inbox.pause("crm", kind="unavailable", reason="down", until=NOW + seconds(90), now=NOW)
    assert await inbox.state("crm") == ConnectorState("crm", "auth", "token", NOW, NOW + seconds(90))


@stored
async def test_a_probe_ends_only_the_pause_that_it_saw(inbox: Inbox) -> None:
    """A pause that came while the probe was under way stays."""
    await inbox.pause("crm", kind="throttled", reason="a", until=NOW + seconds(4), now=NOW)
    seen = (await inbox.state("crm")).until
    await inbox.pause("crm", kind="throttled", reason="b", until=NOW + seconds(60), now=NOW + seconds(5))
    assert not await inbox.resume("crm", until=seen)
    assert (await inbox.state("crm")).paused == "throttled"
    assert await inbox.resume("crm", until=NOW + seconds(60))
    assert (await inbox.state("crm")).paused is None


@stored
async def test_resuming_what_runs_is_harmless(inbox: Inbox) -> None:
    """Also where the connector was never seen before."""
    assert not await inbox.resume("crm", until=None)
    assert (await inbox.state("crm")).paused is None


def test_a_pause_holds_for_all_processes_and_through_a_restart(store_url: str) -> None:
    """It is kept in the store."""

    async def main() -> None:
        async with open_inbox(store_url) as inbox:
            await inbox.pause("crm", kind="misconfigured", reason="a", until=None, now=NOW)
        async with open_inbox(store_url) as inbox:
            assert (await inbox.state("crm")).paused == "misconfigured"

    asyncio.run(main())
