"""Whatever happens in whatever order, a CRM ends in the state that the events describe.

Hypothesis accepts, claims, writes, settles, crashes, replays and discards at random; a dictionary stands for the CRM.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Coroutine
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from receiver.inbox import Claim, Inbox, Selection, Settled
from tests.inbox.store import LEASE, NOW, accepted, check, claim, delivered, new, states

T = TypeVar("T")
PEOPLE = st.sampled_from(["ann@example.edu", "ben@example.edu"])


class Gateway(RuleBasedStateMachine):
    """One store, one connector, two people, and any number of workers."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.url = f"sqlite:///{Path(self.directory.name) / 'store.db'}"
        self.runner = asyncio.Runner()
        self.inbox = self.run(Inbox.open(self.url, dedup_hours=24))
        self.now = NOW
        self.events: list[tuple[str, str]] = []  # (id, person), in the order of accepting
        self.running: list[Claim] = []
        self.leases: dict[int, tuple[str, datetime]] = {}  # lane → the token that holds, and until when
        self.crm: dict[str, str] = {}
        self.written: set[str] = set()
        self.unclear: set[str] = set()  # people of whom an event was given up although it is written

    def run(self, call: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(call)

    @rule(person=PEOPLE)
    def accept(self, person: str) -> None:
        kept = self.run(accepted(self.inbox, new(f"{len(self.events)}", person, at=self.now)))
        self.events.append((kept.id, person))

    @rule(seconds=st.sampled_from([1, 10, 119, 120]))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(limit=st.integers(1, 2))
    def claim(self, limit: int) -> None:
        for claimed in self.run(claim(self.inbox, limit=limit, at=self.now)):
            self.running.append(claimed)
            self.leases[claimed.lane_id] = (claimed.lease_token, self.now + LEASE)

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def write_and_settle(self, data: st.DataObject) -> None:
        claimed = self.take(data)
        if self.write(claimed, len(claimed.deliveries)):
            self.run(self.inbox.settle([delivered(claimed)], now=self.now))

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def write_and_crash(self, data: st.DataObject) -> None:
        claimed = self.take(data)
        self.write(claimed, len(claimed.deliveries))

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def be_refused(self, data: st.DataObject) -> None:
        """The newest delivery is refused for good, the others are written."""
        claimed = self.take(data)
        *good, bad = claimed.deliveries
        if self.write(claimed, len(good)):
            result = Settled(claimed, tuple(pending.delivery_id for pending in good), ((bad.delivery_id, "no"),))
            self.run(self.inbox.settle([result], now=self.now))
            self.give_up(bad.event_id, claimed.person_key)

    @precondition(lambda self: self.running)
    @rule(data=st.data(), seconds=st.integers(0, 300), burn=st.booleans())
    def put_off(self, data: st.DataObject, seconds: int, burn: bool) -> None:
        claimed = self.take(data)
        self.run(self.inbox.settle([Settled(claimed, retry_at=self.now + timedelta(seconds=seconds), burn=burn)], now=self.now))

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def keep_at_it(self, data: st.DataObject) -> None:
        claimed = data.draw(st.sampled_from(self.running))
        self.run(self.inbox.extend([claimed], lease=LEASE, now=self.now))
        if self.holds(claimed):
            self.leases[claimed.lane_id] = (claimed.lease_token, self.now + LEASE)

    @precondition(lambda self: self.events)
    @rule(data=st.data())
    def replay(self, data: st.DataObject) -> None:
        id, _ = data.draw(st.sampled_from(self.events))
        self.run(self.inbox.replay(Selection(events=(id,)), now=self.now))

    @precondition(lambda self: self.events)
    @rule(data=st.data())
    def discard(self, data: st.DataObject) -> None:
        id, person = data.draw(st.sampled_from(self.events))
        if self.run(self.inbox.discard(Selection(events=(id,)), now=self.now)):
            self.give_up(id, person)

    @rule()
    def restart(self) -> None:
        self.run(self.inbox.aclose())
        self.inbox = self.run(Inbox.open(self.url, dedup_hours=24))
        self.running, self.leases = [], {}

    def take(self, data: st.DataObject) -> Claim:
        return self.running.pop(data.draw(st.integers(0, len(self.running) - 1)))

    def holds(self, claimed: Claim) -> bool:
        token, until = self.leases[claimed.lane_id]
        return token == claimed.lease_token and self.now < until

    def write(self, claimed: Claim, count: int) -> bool:
        """What a worker sends the CRM: never after its lease has ended, which is what leases are for."""
        if not self.holds(claimed):
            return False
        for pending in claimed.deliveries[:count]:
            self.crm[claimed.person_key] = pending.body.decode()
            self.written.add(pending.event_id)
        return True

    def give_up(self, id: str, person: str) -> None:
        if id in self.written:
            self.unclear.add(person)

    def teardown(self) -> None:
        self.drain()
        for person in {person for _, person in self.events} - self.unclear:
            done = [id for id, by in self.events if by == person and self.run(states(self.inbox, id)) == ["delivered"]]
            if done:
                assert self.crm[person] == self.run(self.inbox.event(done[-1])).body.decode()
        self.run(self.inbox.aclose())
        self.runner.close()
        check(self.url)
        self.directory.cleanup()

    def drain(self) -> None:
        """Time passes, and a healthy worker delivers all that waits."""
        self.running = []
        self.now += timedelta(days=1)
        while claims := self.run(claim(self.inbox, at=self.now)):
            for claimed in claims:
                self.crm[claimed.person_key] = claimed.deliveries[-1].body.decode()
            self.run(self.inbox.settle([delivered(one) for one in claims], now=self.now))
        assert self.run(self.inbox.status(now=self.now)).pending == 0


Gateway.TestCase.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
test_the_crm_ends_right = Gateway.TestCase
