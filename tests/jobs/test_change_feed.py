"""Who follows is told of changes, whichever process makes them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from itertools import count

from receiver.inbox import Inbox
from receiver.jobs.change_feed import EVERY, ChangeFeed, Follower
from receiver.jobs.job_runner import Job, JobRunner
from tests.inbox.store import NOW, attempt, delivered, new, settle, stored, take_ready

LONG = 60.0  # seconds that a test waits at most for what has to come


async def told(follower: Follower, act: Callable[[], Awaitable[object]]) -> None:
    """Act until that is told: what comes before the first look is no change."""
    async with asyncio.timeout(LONG):
        await act()
        while not await follower.wait(2 * EVERY):
            await act()


@stored
async def test_an_arrival_and_a_delivery_are_told(inbox: Inbox) -> None:
    """Each wakes all who follow, once; while nothing happens nobody is woken."""
    feed, numbers = ChangeFeed(inbox, JobRunner()), count()

    async def arrive() -> None:
        await inbox.accept(new(str(next(numbers))))

    with feed.follow("dana") as one, feed.follow("dana") as other:
        await told(one, arrive)
        assert await other.wait(LONG)
        async with asyncio.timeout(LONG):
            while await one.wait(2 * EVERY):
                pass
        done = [delivered(lane, attempt=attempt()) for lane in await take_ready(inbox)]
        await settle(inbox, done, now=NOW)
        assert await one.wait(LONG)


@stored
async def test_an_act_of_an_operator_is_told(inbox: Inbox) -> None:
    """Whoever replays or discards notes it in the audit before."""
    feed = ChangeFeed(inbox, JobRunner())
    with feed.follow("dana") as follower:
        await told(follower, lambda: inbox.add_audit_entry("dana", "replay", {}, "begun", now=NOW))


@stored
async def test_the_progress_of_work_is_told(inbox: Inbox) -> None:
    """A page that shows how far it is follows it."""
    jobs, over = JobRunner(), asyncio.Event()
    feed = ChangeFeed(inbox, jobs)

    async def work(job: Job) -> str:
        while not over.is_set():
            job.progress(job.done + 1, 1000)
            await asyncio.sleep(EVERY / 2)
        return "Done."

    with feed.follow("dana") as follower:
        await jobs.start("something", work, now=NOW, patience=0.0)
        assert await follower.wait(LONG)
        over.set()
        assert await follower.wait(LONG)


@stored
async def test_all_are_let_go(inbox: Inbox) -> None:
    """At a reload they may come again; once it is closed nobody is taken any more."""
    feed = ChangeFeed(inbox, JobRunner())
    with feed.follow("dana") as follower:
        feed.end_all()
        assert await follower.wait(LONG)
        assert follower.ended
    with feed.follow("dana") as again:
        feed.close()
        assert again.ended
        assert not feed.has_room("dana")


@stored
async def test_so_many_follow_and_no_more(inbox: Inbox) -> None:
    """Each of them costs a connection; who goes makes room."""
    feed = ChangeFeed(inbox, JobRunner(), most=1)
    with feed.follow("dana"):
        assert not feed.has_room("eve")
    assert feed.has_room("eve")


@stored
async def test_one_leaves_room_for_others(inbox: Inbox) -> None:
    """However many pages somebody opens."""
    feed = ChangeFeed(inbox, JobRunner(), most=3, most_of_one=2)
    with feed.follow("dana"), feed.follow("dana"):
        assert not feed.has_room("dana")
        assert feed.has_room("eve")


@stored
async def test_one_is_told_after_the_other(inbox: Inbox) -> None:
    """Many pages that are made anew at once would keep events waiting."""
    feed, numbers = ChangeFeed(inbox, JobRunner()), count()
    told: list[Follower] = []
    with_the_first: list[int] = []

    async def follow(follower: Follower) -> None:
        await follower.wait(LONG)
        told.append(follower)
        await asyncio.sleep(0)  # whoever was woken in the same moment has gone on by now
        with_the_first.append(len(told))

    with ExitStack() as stack:
        followers = [stack.enter_context(feed.follow("dana")) for _ in range(5)]
        following = asyncio.gather(*map(follow, followers))
        while not told:
            await inbox.accept(new(str(next(numbers))))
            await asyncio.sleep(EVERY)
        await following
    assert with_the_first[0] < len(followers)


@stored
async def test_a_defect_does_not_end_the_telling(inbox: Inbox) -> None:
    """The next look is made all the same; else nobody who follows would be told again."""

    class Failing(JobRunner):
        looks = 0

        def jobs(self) -> tuple[Job, ...]:
            self.looks += 1
            if self.looks == 2:
                raise RuntimeError("a defect")
            return super().jobs()

    jobs = Failing()
    feed, numbers = ChangeFeed(inbox, jobs), count()
    with feed.follow("dana") as follower:
        await told(follower, lambda: inbox.accept(new(str(next(numbers)))))
    assert jobs.looks > 2
