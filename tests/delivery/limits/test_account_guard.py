"""What is remembered of one account of a CRM is never written to another."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.base import ConnectorError, Misconfigured, Unavailable
from receiver.delivery import AccountGuard
from receiver.inbox import Inbox
from tests.delivery.crm import Crm
from tests.delivery.rig import Rig
from tests.delivery.scenario import run
from tests.inbox.store import stored, take_lead


class KnownCrm(Crm):
    """A CRM that says which account it is, or why it can not, or nothing while it is `silent`."""

    def __init__(self, account: str | Exception) -> None:
        super().__init__()
        self.name = account
        self.asked = 0
        self.silent = False

    async def account(self) -> str:
        self.asked += 1
        if self.silent:
            await asyncio.Event().wait()
        if isinstance(self.name, Exception):
            raise self.name
        return self.name


def guard(inbox: Inbox, crm: Crm, type_: str = "mycrm") -> AccountGuard:
    return AccountGuard(inbox, "crm", type_, crm)


@stored
async def test_it_is_asked_once_in_a_term(inbox: Inbox) -> None:
    """And remembered for the next one."""
    crm = KnownCrm("account 1")
    epoch = await take_lead(inbox)
    same = guard(inbox, crm)
    await same.check(epoch)
    await same.check(epoch)
    assert crm.asked == 1
    assert await inbox.find_account("crm") == "mycrm account 1"
    await guard(inbox, crm).check(epoch)


@stored
async def test_another_account_stops_it(inbox: Inbox) -> None:
    """In words that name both and say what to do, until that is done; then the new one counts."""
    epoch = await take_lead(inbox)
    await guard(inbox, KnownCrm("account 1")).check(epoch)
    other = guard(inbox, KnownCrm("account 2"))
    for _ in range(2):
        with pytest.raises(Misconfigured, match=r"account 2.*account 1.*new-account crm"):
            await other.check(epoch)
    assert await inbox.find_account("crm") == "mycrm account 1"
    await inbox.change_account("crm")
    await other.check(await take_lead(inbox))
    assert await inbox.find_account("crm") == "mycrm account 2"


@stored
async def test_another_type_of_crm_goes_on_by_itself(inbox: Inbox) -> None:
    """Nobody changes it by mistake: what the former one held is forgotten."""
    epoch = await take_lead(inbox)
    await guard(inbox, Crm(), "sandbox").check(epoch)
    assert await inbox.find_account("crm") == "sandbox "
    await guard(inbox, KnownCrm("account 1")).check(epoch)
    assert await inbox.find_account("crm") == "mycrm account 1"


@stored
async def test_whoever_only_looks_changes_nothing(inbox: Inbox) -> None:
    """An erasure by the ids of another account, or of another type of CRM, is refused."""
    await guard(inbox, KnownCrm("account 1")).require_same()
    assert await inbox.find_account("crm") is None
    await guard(inbox, KnownCrm("account 1")).check(await take_lead(inbox))
    await guard(inbox, KnownCrm("account 1")).require_same()
    with pytest.raises(Misconfigured, match="another account"):
        await guard(inbox, KnownCrm("account 2")).require_same()
    with pytest.raises(Misconfigured, match=r"another type of CRM \(mycrm\)"):
        await guard(inbox, KnownCrm("account 1"), "othercrm").require_same()
    assert await inbox.find_account("crm") == "mycrm account 1"


@stored
async def test_what_cannot_be_told_changes_nothing(inbox: Inbox) -> None:
    """A token that may not ask writes to where it always has."""
    epoch = await take_lead(inbox)
    await guard(inbox, KnownCrm("account 1")).check(epoch)
    await guard(inbox, KnownCrm("")).check(epoch)
    assert await inbox.find_account("crm") == "mycrm account 1"


@stored
async def test_a_defect_is_told_like_an_outage(inbox: Inbox) -> None:
    """Nothing is known then, so nothing is written."""
    epoch = await take_lead(inbox)
    for fault in (ValueError("it"), Unavailable("down")):
        with pytest.raises(Unavailable):
            await guard(inbox, KnownCrm(fault)).check(epoch)
    assert await inbox.find_account("crm") is None


@pytest.mark.parametrize("fault", [Unavailable("down"), Unavailable("maintenance", 1)])
def test_nobody_is_written_to_before_it_is_known(tmp_path: Path, fault: ConnectorError) -> None:
    """The connector waits as after any call, burns nobody's attempts, and goes on by itself."""
    crm = KnownCrm(fault)

    async def scenario(opened: Rig) -> None:
        ann = await opened.account("ann")

        async def asked_again() -> bool:
            return crm.asked > 1

        await opened.until(asked_again)
        assert crm.calls == []
        crm.name = "account 1"
        await opened.until_done()
        assert await opened.states(ann) == ["delivered"]

    run(tmp_path, crm, scenario)


def test_a_crm_that_says_nothing_keeps_no_gateway_from_ending(tmp_path: Path) -> None:
    """It is waited for only until the gateway stops."""
    crm = KnownCrm("account 1")
    crm.silent = True

    async def scenario(opened: Rig) -> None:
        await opened.account("ann")

        async def asked() -> bool:
            return crm.asked > 0

        await opened.until(asked)
        async with asyncio.timeout(30):  # it would be given up after 90
            await opened.dispatcher.stop(timedelta(0))
        assert crm.calls == []

    run(tmp_path, crm, scenario)
