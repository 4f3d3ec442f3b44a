"""Whatever happens in whatever order, a CRM ends in the state that the events describe.

Hypothesis accepts, leads, writes, settles, freezes, crashes, replays and discards at random; a
dictionary stands for the CRM. Two people share one record of it, beside each one's own.
"""

from __future__ import annotations

import asyncio
import tempfile
import uuid
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    precondition,
    rule,
    run_state_machine_as_test,
)

from receiver.inbox import DeliverySelection, Inbox, ReadyLane, RecordStateRow, SettledLane
from receiver.inbox.lanes.field_versions import (
    FieldVersion,
    FieldVersions,
    superseded_fields,
    version_horizon,
)
from tests.inbox.store import (
    ANN,
    BEN,
    NOW,
    accepted,
    check,
    delivered,
    new,
    settle,
    states,
    take_lead,
    take_ready,
)

T = TypeVar("T")
PEOPLE = st.sampled_from([ANN, BEN])
SHARED = "shared"
DEAL = ("deal", SHARED)


@dataclass
class Work:
    """A lane that a leader has under way.

    `written` once the CRM has it, `stamps` if that was shared.
    """

    epoch: int
    lane: ReadyLane
    known: FieldVersions  # of the shared record, as it stood when the lane was taken
    written: bool = False
    stamps: FieldVersions | None = None

    @property
    def newest(self) -> str:
        return self.lane.deliveries[-1].event_id


class Gateway(RuleBasedStateMachine):
    """One store, one connector, two people; processes that lead one after the other, some
    frozen.
    """

    def __init__(self, new_store: Callable[[], str]) -> None:
        super().__init__()
        self.url = new_store()
        self.runner = asyncio.Runner()
        self.inbox = self.run(Inbox.open(self.url, dedup_hours=24))
        self.now = NOW
        self.events: list[tuple[str, str]] = []  # (id, person), in the order of accepting
        self.epoch = self.run(take_lead(self.inbox))
        self.work: list[Work] = []  # of the leader, and of those before it that are frozen
        # the person's record or the shared one -> number of the event
        self.crm: dict[str, int] = {}
        self.sent: set[str] = set()  # events that the CRM has seen
        self.given_up: set[str] = set()
        self.unclear: set[str] = set()  # records that hold what was given up

    def run(self, call: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(call)

    # --- what comes from outside ---

    @rule(person=PEOPLE)
    def accept(self, person: str) -> None:
        self.now += timedelta(milliseconds=1)  # ids are as old as their events
        event = new(f"{len(self.events)}", person, at=self.now)
        self.events.append((self.run(accepted(self.inbox, event)).id, person))

    @rule(seconds=st.sampled_from([1, 10, 120]))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @precondition(lambda self: self.events)
    @rule(data=st.data())
    def replay(self, data: st.DataObject) -> None:
        id, _ = data.draw(st.sampled_from(self.events))
        self.run(self.inbox.replay_deliveries(DeliverySelection(events=(id,)), now=self.now))

    @precondition(lambda self: self.events)
    @rule(data=st.data())
    def discard(self, data: st.DataObject) -> None:
        id, person = data.draw(st.sampled_from(self.events))
        if self.run(self.inbox.discard_selected(DeliverySelection(events=(id,)), now=self.now)):
            self.give_up(id, person)

    # --- what a leader does, with a crash possible between any two ---

    @rule(limit=st.integers(1, 2))
    def take(self, limit: int) -> None:
        busy = [one.lane.lane_id for one in self.work if one.epoch == self.epoch]
        self.work += self.look(limit, busy)

    def mine(self) -> list[int]:
        return [number for number, one in enumerate(self.work) if one.epoch == self.epoch]

    def frozen(self) -> list[Work]:
        return [one for one in self.work if one.epoch != self.epoch]

    def draw_mine(self, data: st.DataObject) -> Work:
        return self.work[data.draw(st.sampled_from(self.mine()))]

    @precondition(lambda self: self.mine())
    @rule(data=st.data())
    def write(self, data: st.DataObject) -> None:
        """One round of a lane that goes on: what was written is remembered before anybody else
        writes.
        """
        work = self.draw_mine(data)
        self.call(work)
        self.tell(work, settled=False)

    @precondition(lambda self: self.mine())
    @rule(data=st.data())
    def write_and_settle(self, data: st.DataObject) -> None:
        work = self.draw_mine(data)
        self.call(work)
        self.tell(work)

    @precondition(lambda self: self.mine())
    @rule(data=st.data(), crash=st.booleans())
    def write_and_stop(self, data: st.DataObject, crash: bool) -> None:
        """The CRM has it, and the process crashes or freezes before it can say so."""
        self.call(self.draw_mine(data))
        (self.crash if crash else self.take_over)()

    @precondition(lambda self: self.mine())
    @rule(data=st.data())
    def be_refused(self, data: st.DataObject) -> None:
        """The newest delivery is refused for good, the others stay pending."""
        work = self.draw_mine(data)
        bad = work.lane.deliveries[-1]
        self.settle(work, SettledLane(work.lane, dead=((bad.delivery_id, "no"),)))
        self.give_up(bad.event_id, work.lane.person_key)

    @precondition(lambda self: self.mine())
    @rule(data=st.data(), seconds=st.integers(0, 300), burn=st.booleans())
    def put_off(self, data: st.DataObject, seconds: int, burn: bool) -> None:
        work = self.draw_mine(data)
        at = self.now + timedelta(seconds=seconds)
        self.settle(work, SettledLane(work.lane, retry_at=at, burn=burn))

    # --- who leads ---

    @rule()
    def take_over(self) -> None:
        """The leader freezes with what it has under way; another leads once its calls are over."""
        self.epoch = self.run(take_lead(self.inbox))

    @rule(person=PEOPLE)
    def fall_behind(self, person: str) -> None:
        """The leader freezes with all that is ready, and its successor delivers it and what came
        since.
        """
        self.take(2)
        self.take_over()
        self.accept(person)
        self.deliver_all()

    @precondition(lambda self: self.frozen())
    @rule(data=st.data(), call=st.booleans())
    def wake_up(self, data: st.DataObject, call: bool) -> None:
        """A frozen leader goes on where it was: in the middle of a call, or before it is
        settled.
        """
        work = data.draw(st.sampled_from(self.frozen()))
        if call:
            self.call(work)
        self.tell(work)
        self.come_to_rest()

    @rule()
    def crash(self) -> None:
        """Of what was under way nobody tells any more, the new leader begins anew; its calls are
        over by then.
        """
        self.run(self.inbox.aclose())
        self.inbox = self.run(Inbox.open(self.url, dedup_hours=24))
        self.work = []
        self.epoch = self.run(take_lead(self.inbox))

    # --- the CRM ---

    def look(self, limit: int, busy: list[int]) -> list[Work]:
        lanes = self.run(take_ready(self.inbox, limit=limit, at=self.now, busy=busy))
        return [Work(self.epoch, lane, self.known()) for lane in lanes]

    def known(self) -> FieldVersions:
        found = self.run(self.inbox.find_record_states("crm", [DEAL]))
        return found[DEAL].stamps if found else {}

    def call(self, work: Work) -> None:
        """Write the person's record, and the shared one unless a newer event is known to have set
        it.
        """
        known = work.known if work.epoch != self.epoch else self.known()
        stamps = {"stage": FieldVersion(work.newest, work.lane.lane_id)}
        keys = {work.lane.person_key}
        if not superseded_fields(known, stamps, version_horizon(self.now)):
            keys.add(SHARED)
            work.stamps = stamps
        self.crm |= dict.fromkeys(keys, int(work.lane.deliveries[-1].body))
        self.sent.add(work.newest)
        work.written = True
        self.unclear = self.unclear | keys if work.newest in self.given_up else self.unclear

    def give_up(self, id: str, person: str) -> None:
        self.given_up.add(id)
        if id in self.sent:
            self.unclear |= {person, SHARED}

    def tell(self, work: Work, *, settled: bool = True) -> None:
        """A leader remembers what it wrote in the very transaction that settles the lane, or
        before.
        """
        row = RecordStateRow(*DEAL, "1", work.newest, work.lane.lane_id, work.stamps or {})
        records = [row] if work.stamps else []
        done = delivered(work.lane) if work.written else SettledLane(work.lane, retry_at=self.now)
        if settled:
            self.settle(work, done, records)
        else:
            self.run(settle(self.inbox, [], records=records, epoch=work.epoch, now=self.now))

    def settle(
        self, work: Work, result: SettledLane, records: Sequence[RecordStateRow] = ()
    ) -> None:
        if work in self.work:
            self.work.remove(work)
        touched = (("contact", work.lane.person_key), DEAL) if work.written else ()
        told = [replace(result, touched=touched)]
        self.run(settle(self.inbox, told, records=records, epoch=work.epoch, now=self.now))

    # --- what must hold ---

    @rule()
    def deliver_all(self) -> None:
        """The leader is through with all that is ready before anything else happens."""
        for work in self.look(100, [self.work[number].lane.lane_id for number in self.mine()]):
            self.call(work)
            self.tell(work)

    def come_to_rest(self) -> None:
        self.drain()
        self.compare()

    def teardown(self) -> None:
        try:
            self.come_to_rest()
        finally:
            self.run(self.inbox.aclose())
            self.runner.close()
        check(self.url)

    def drain(self) -> None:
        """Whoever is frozen wakes up, time passes, and a healthy leader delivers all that waits."""
        for work in self.frozen():
            self.tell(work)
        self.work = []
        self.now += timedelta(days=1)
        while found := self.look(100, []):
            for work in found:
                self.call(work)
                self.tell(work)
        assert self.run(self.inbox.read_status(now=self.now)).pending == 0

    def compare(self) -> None:
        """The newest event of each person is what the CRM holds of him; the newest of all is in the
        shared record.
        """
        wanted: dict[str, int] = {}
        for number, (id, person) in enumerate(self.events):
            if self.run(states(self.inbox, id)) == ["delivered"]:
                wanted |= {person: number, SHARED: number}
        for key in wanted.keys() - self.unclear:
            assert self.crm[key] == wanted[key], key


def run_model(new_store: Callable[[], str], examples: int) -> None:
    chosen = settings(
        max_examples=examples,
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    machine: Any = partial(Gateway, new_store)
    run_state_machine_as_test(machine, settings=chosen)


def test_the_crm_ends_right_on_sqlite() -> None:
    """Where the one process leads, again after each crash."""
    with tempfile.TemporaryDirectory() as directory:
        run_model(lambda: f"sqlite:///{Path(directory) / uuid.uuid4().hex}.db", 40)


def test_the_crm_ends_right_on_postgresql(postgresql_server: Any) -> None:
    """Where several processes lead one after the other."""

    def new_store() -> str:
        name = f"test_{uuid.uuid4().hex}"
        with psycopg.connect(postgresql_server.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        url: str = postgresql_server.get_uri(name)
        return url

    run_model(new_store, 10)


def test_a_frozen_leader_that_writes_over_its_successor_is_mended() -> None:
    """The one walk that a broken fence surely fails, which chance may miss."""
    with tempfile.TemporaryDirectory() as directory:
        model = Gateway(lambda: f"sqlite:///{Path(directory) / 'store.db'}")
        model.accept(ANN)
        model.fall_behind(ANN)
        (work,) = model.frozen()
        model.call(work)
        model.tell(work)
        assert model.crm[ANN] == 0  # over what came later
        model.teardown()
        assert model.crm == {ANN: 1, SHARED: 1}
