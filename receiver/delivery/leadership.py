"""Leading a connector: this process takes it when nobody does, keeps it, and knows when it has lost
it.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from connectors.base import ConnectorError
from receiver.inbox import Inbox, LeaderTerm, StoreUnavailable, process_name, role_of

LEASE = timedelta(seconds=6)
ASK_EVERY = 5  # looks: so seldom does a process ask for a lead that another has


class LeadershipLost(ConnectorError):
    """Another process leads by now: this one must write no more.

    `during_a_call`: something may have been written before.
    """

    def __init__(self, message: str, *, during_a_call: bool = False) -> None:
        super().__init__(message)
        self.during_a_call = during_a_call


@dataclass(slots=True)
class Leaders:
    """What this process leads, so that the connectors spread over all processes."""

    holder: str = field(default_factory=process_name)
    roles: set[str] = field(default_factory=set)
    leaving: set[str] = field(default_factory=set)  # of the roles: the one that a rival is to have
    given: Counter[str] = field(default_factory=Counter)  # how many each rival has got

    def rival(self) -> str:
        """The name under which this process asks for a lead: who it is, and how many it has."""
        return f"{self.holder} {len(self.roles)}"

    def should_leave(self, rival: str) -> bool:
        """Whether a rival that leads less would have fewer than this process still."""
        name, _, count = rival.rpartition(" ")
        if self.leaving or not count.isdigit():
            return False  # one at a time
        return max(int(count), self.given[name]) + 1 < len(self.roles)

    def leave(self, role: str, rival: str) -> None:
        """Let the rival have it. What it says of itself is as old as its question."""
        self.leaving.add(role)
        self.given[rival.rpartition(" ")[0]] += 1


class Leadership:
    """One connector's. `run` until `stop`; `term` is set while this process leads.

    Before each call of the connector, `cover` it: a process that was frozen beyond its lease calls
    nobody.
    """

    def __init__(
        self,
        inbox: Inbox,
        connector: str,
        leaders: Leaders,
        now: Callable[[], datetime],
        *,
        timeout: float,
        lease: timedelta = LEASE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.role = role_of(connector)
        self.term: LeaderTerm | None = None
        self.changed = asyncio.Event()  # whenever a term began or ended
        self._inbox = inbox
        self._leaders = leaders
        self._now = now
        self._timeout = timeout  # seconds that one call may take
        self._lease = lease
        # between renewals, and between looks whether a lead is free
        self._pause = lease.total_seconds() / 4
        self._clock = clock
        self._valid_until = 0.0
        self._covered_until = 0.0  # the store knows of calls until then
        self._calls_end = 0.0  # all calls that are under way are over by then
        self._given_up_until = 0.0  # and so are those that were given up
        self._not_before = 0.0  # another is to take the lead first
        self.in_doubt = False  # something pending may have been written unseen
        self._stopping = asyncio.Event()
        self._tries = 0
        self._telling = asyncio.Lock()
        self._log = structlog.get_logger().bind(connector=connector)

    @property
    def leaving(self) -> bool:
        """Another process that leads less asks for it: give it back once nothing is under way."""
        return self.role in self._leaders.leaving

    async def run(self) -> None:
        """Take the lead whenever it is free, and keep it, until told to `stop`.

        `start` it before.
        """
        while not self._stopping.is_set():
            try:
                await self.take_or_renew()
            except StoreUnavailable as error:
                self._log.warning("leadership.not_renewed", reason=str(error))
            # a leadership that dies would hold up its connector in silence
            except Exception:  # noqa: BLE001
                self._log.exception("leadership.failed")
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pause):
                    await self._stopping.wait()

    async def take_or_renew(self) -> None:
        """Keep the lead, or take it if nobody has it: what `run` does again and again."""
        await (self._renew() if self.term else self.take())

    def start(self) -> None:
        """Let `run` go on until `stop`."""
        self._stopping.clear()

    def stop(self) -> None:
        """Neither take nor renew any more; `run` ends once what it is at is done."""
        self._stopping.set()

    async def cover(self) -> None:
        """Let the store know that a call begins now, which may take its whole time-out.

        Raises LeadershipLost where another leads; StoreUnavailable where the store cannot be told.
        """
        await self._cover(self._timeout)

    async def hold(self, seconds: float) -> None:
        """A call that was given up may be running for so many seconds yet."""
        self._given_up_until = max(self._given_up_until, self._clock() + seconds)
        await self._cover(seconds)

    def rest(self) -> None:
        """No call is under way, but for those that were given up."""
        self._calls_end = 0.0

    def lose(self, term: LeaderTerm) -> None:
        """Somebody has seen a newer epoch than this term's."""
        if self.term is term:
            self._log.warning("leadership.lost", epoch=term.epoch)
            self._end()

    async def give_back(self) -> None:
        """Let another process lead at once.

        Calls that were cut short are told of, and that something is in doubt.
        """
        if term := self.term:
            left = max(self._calls_end, self._given_up_until) - self._clock()
            end = max(left, 0.0) if left > 0 or self.in_doubt else None
            self._not_before = self._clock() + 3 * self._pause
            self._end()
            await self._inbox.give_back_lead(
                self.role, term.epoch, calls_end_in=end, now=self._now()
            )

    async def _cover(self, seconds: float) -> None:
        term = self.term
        end = self._clock() + seconds
        self._calls_end = max(self._calls_end, end)
        if term and self._must_tell(end):
            async with self._telling:
                if self._must_tell(end):
                    await self._tell(term)
        if term is None or self.term is not term:
            raise LeadershipLost("another process delivers for this connector now")

    def _must_tell(self, end: float) -> bool:
        return end > self._covered_until or self._clock() >= self._valid_until - self._pause / 2

    async def _renew(self) -> None:
        idle = (
            self._covered_until == 0 and max(self._calls_end, self._given_up_until) <= self._clock()
        )
        if idle and not self._inbox.is_shared:
            self._valid_until = self._clock() + self._lease.total_seconds()
            return  # nobody else can lead, and there is nothing to tell
        async with self._telling:
            if self.term:
                await self._tell(self.term)

    async def _tell(self, term: LeaderTerm) -> None:
        """Renew the lease, and tell by when all calls of now and of the next seconds are over."""
        asked = self._clock()
        left = max(self._calls_end, self._given_up_until) - asked
        end = left + 3 * self._pause if left > 0 else None
        rival = await self._inbox.renew_lead(
            self.role, term.epoch, lease=self._lease, calls_end_in=end, now=self._now()
        )
        if rival is None:
            self.lose(term)
            return
        self._valid_until = asked + self._lease.total_seconds()
        self._covered_until = asked + end if end is not None else 0.0
        if rival and self._leaders.should_leave(rival):
            self._leaders.leave(self.role, rival)

    async def take(self) -> None:
        """Lead from now on, if nobody does; `term` tells."""
        asked = self._clock()
        if asked < self._not_before:
            return
        term = await self._inbox.take_lead(
            self.role, holder=self._leaders.holder, lease=self._lease, now=self._now()
        )
        if term is None:
            self._tries += 1
            if self._tries % ASK_EVERY == 1:
                await self._inbox.ask_for_lead(self.role, self._leaders.rival())
            return
        self._tries = 0
        self._valid_until = asked + self._lease.total_seconds()
        self._covered_until = self._calls_end = 0.0
        self._given_up_until = asked + term.calls_end_in  # the next leader must know of it, too
        self.in_doubt = not term.clean
        self.term = term
        self._leaders.roles.add(self.role)
        self.changed.set()
        self._log.info("leadership.taken", epoch=term.epoch, wait=round(term.calls_end_in, 1))

    def _end(self) -> None:
        self.term = None
        self._leaders.roles.discard(self.role)
        self._leaders.leaving.discard(self.role)
        self.changed.set()
