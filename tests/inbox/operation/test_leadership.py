"""Leading: one process at a time, by a row that is taken, renewed and given back."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from receiver.inbox import Inbox, LeaderTerm
from tests.inbox.store import MOMENT, NOW, new, open_inbox, seconds, stored

ROLE = "connector crm"
LONG = timedelta(hours=1)


async def take(
    inbox: Inbox, *, lease: timedelta = LONG, at: timedelta = MOMENT, role: str = ROLE
) -> LeaderTerm | None:
    return await inbox.take_lead(role, holder="one", lease=lease, now=NOW + at)


async def renew(
    inbox: Inbox, epoch: int, *, lease: timedelta = LONG, calls: float | None = None
) -> str | None:
    return await inbox.renew_lead(ROLE, epoch, lease=lease, calls_end_in=calls, now=NOW)


async def give_back(inbox: Inbox, epoch: int, *, calls: float | None = None) -> None:
    await inbox.give_back_lead(ROLE, epoch, calls_end_in=calls, now=NOW)


@stored
async def test_what_nobody_leads_is_taken(inbox: Inbox) -> None:
    """The epoch grows with each term. After one that was given back nothing is in doubt."""
    await inbox.accept(new("a"))
    for epoch in (1, 2, 3):
        assert await take(inbox) == LeaderTerm(epoch)
        await give_back(inbox, epoch)


@stored
async def test_each_role_has_its_own_leader(inbox: Inbox) -> None:
    """Leading one connector says nothing of another."""
    assert await take(inbox) == LeaderTerm(1)
    assert await take(inbox, role="connector other") == LeaderTerm(1)
    await give_back(inbox, 1)
    assert await take(inbox) == LeaderTerm(2)


@stored
async def test_after_one_that_ran_out_all_that_was_pending_is_in_doubt(inbox: Inbox) -> None:
    """It may have written, unseen, whatever came before it was succeeded; but nothing later."""
    assert await take(inbox, lease=MOMENT) == LeaderTerm(1)
    await inbox.accept(new("a", "ann@x.org", "ben@x.org"))
    term = await take(inbox)
    assert term
    assert (term.epoch, term.clean, term.calls_end_in) == (2, False, 0)
    after = await inbox.accept(new("b"))
    (row,) = (await inbox.find_event(after.id)).deliveries
    assert 0 < term.doubtful_to < row.id


@stored
async def test_calls_that_are_under_way_are_told_to_the_next(inbox: Inbox) -> None:
    """Those of one that ran out, and those that one who gave back had to cut short."""
    await inbox.accept(new("a"))
    assert await take(inbox, lease=MOMENT)
    assert await renew(inbox, 1, lease=MOMENT, calls=300) == ""
    second = await take(inbox, lease=MOMENT)
    assert second
    assert not second.clean
    assert 200 < second.calls_end_in <= 300
    await give_back(inbox, 2, calls=500)
    third = await take(inbox)
    assert third
    assert 400 < third.calls_end_in <= 500
    assert not third.clean
    assert third.doubtful_to > 0
    await give_back(inbox, 3)
    assert await take(inbox) == LeaderTerm(4)


def test_so_long_calls_are_under_way(sqlite_url: str) -> None:
    """What is left of them when the next one takes the lead; none where they are over."""

    async def main() -> None:
        async with open_inbox(sqlite_url) as inbox:
            await take(inbox)
            await renew(inbox, 1, calls=30)
            found = [await take(inbox, at=seconds(at)) for at in (10, 29.5, 30, 99)]
            assert [term and term.calls_end_in for term in found] == [20, 0.5, 0, 0]

    asyncio.run(main())


def test_a_lead_is_another_s_until_it_runs_out(postgresql_url: str) -> None:
    """Or is given back; and who renews it in time keeps it."""

    async def main() -> None:
        async with open_inbox(postgresql_url) as one, open_inbox(postgresql_url) as two:
            assert await take(one, lease=MOMENT)
            assert await renew(one, 1) == ""
            assert await take(two) is None
            assert await take(one) is None  # it knows its own term, and needs no other
            assert await renew(one, 1, lease=MOMENT) == ""
            term = await take(two)
            assert term
            assert term.epoch == 2

    asyncio.run(main())


@stored
async def test_who_was_succeeded_can_neither_renew_nor_give_back(inbox: Inbox) -> None:
    """It is told that it has lost, and the lead of its successor stays."""
    assert await take(inbox, lease=MOMENT)
    assert await take(inbox)
    assert await renew(inbox, 1, calls=900) is None
    await give_back(inbox, 1, calls=900)
    assert await renew(inbox, 2) == ""
    await give_back(inbox, 2)
    assert await take(inbox) == LeaderTerm(3)


@stored
async def test_a_role_that_nobody_ever_led_is_not_renewed(inbox: Inbox) -> None:
    """There is no such epoch."""
    assert await renew(inbox, 0) is None
    assert await renew(inbox, 1) is None


@stored
async def test_a_rival_is_heard_at_the_next_renewal(inbox: Inbox) -> None:
    """Each time until the lead changes hands; the successor is not asked for it."""
    await take(inbox)
    await inbox.ask_for_lead(ROLE, "rival:7 0")
    assert [await renew(inbox, 1) for _ in range(2)] == ["rival:7 0"] * 2
    await give_back(inbox, 1)
    await take(inbox)
    assert await renew(inbox, 2) == ""


@stored
async def test_the_leaders_are_known(inbox: Inbox) -> None:
    """By the name of their process, as long as they lead."""
    await take(inbox)
    found = (await inbox.read_status(["crm", "other"], now=NOW)).connectors
    assert (found["crm"].leader, found["other"].leader) == ("one", None)
    await give_back(inbox, 1)
    found = (await inbox.read_status(["crm"], now=NOW)).connectors
    assert found["crm"].leader is None


def test_only_one_of_many_leads(postgresql_url: str) -> None:
    """Of all that ask in the same moment."""

    async def main() -> None:
        async with open_inbox(postgresql_url) as one, open_inbox(postgresql_url) as two:
            terms = await asyncio.gather(*(take(inbox) for inbox in (one, two) * 10))
            assert [term for term in terms if term] == [LeaderTerm(1)]

    asyncio.run(main())


@pytest.mark.parametrize("wrong", [timedelta(days=-3650), timedelta(days=3650)])
def test_the_clocks_of_processes_do_not_count(postgresql_url: str, wrong: timedelta) -> None:
    """PostgreSQL's own does: a lead is neither lost nor kept by a clock that is wrong."""

    async def main() -> None:
        async with open_inbox(postgresql_url) as one, open_inbox(postgresql_url) as two:
            assert await take(one)
            assert await take(two, at=wrong) is None
            await give_back(one, 1)
            assert await take(one, lease=MOMENT, at=wrong)
            term = await take(two)
            assert term
            assert term.epoch == 3

    asyncio.run(main())


def test_who_has_the_file_leads(sqlite_url: str) -> None:
    """After a crash at once, whatever the row says: nobody else can have it."""

    async def main() -> None:
        async with open_inbox(sqlite_url) as inbox:
            assert await take(inbox)
            await renew(inbox, 1, calls=50)
            await inbox.accept(new("a"))
        async with open_inbox(sqlite_url) as inbox:
            assert await take(inbox, at=seconds(10)) == LeaderTerm(
                2, 40, clean=False, doubtful_to=1
            )

    asyncio.run(main())
