"""A store as a school's is after years: events of all names, some dead, some waiting, and what
CRMs hold of them.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from receiver.aom import EVENTS, read_sample
from receiver.facts import digest_order
from receiver.inbox import AttemptRow, Inbox, NewEvent, ReadyLane, RecordStateRow, SettledLane
from tests.inbox import store

SOURCES = ("springfield", "shelbyville")
LEARNERS = 50_000
APART = timedelta(seconds=10)
_BETWEEN_ACTS = 200  # events, for each in the audit
_AT_ONCE = 5_000
_ORDER = read_sample("order.placed") or b""
_SOMEBODY = "somebody@example.edu"
_ADDRESS = re.compile(r"[\w.]+@[\w.]+")
_BODIES = {  # of AOM's samples, without their white space
    name: _ADDRESS.sub(_SOMEBODY, json.dumps(json.loads(read_sample(name) or _ORDER)))
    for name in EVENTS
}


@dataclass(frozen=True, slots=True)
class FullStore:
    """So many events, from `start` on, 10 seconds apart."""

    events: int
    start: datetime

    def at(self, number: int) -> datetime:
        """When it came."""
        return self.start + number * APART

    def event(self, number: int) -> NewEvent:
        """Of a learner who comes again after all the others have come."""
        email, name = learner(number), EVENTS[number % len(EVENTS)]
        content = json.loads(_BODIES[name].replace(_SOMEBODY, email)) | {"id": number}
        body = json.dumps(content).encode()
        faulty = is_faulty(number)
        return NewEvent(
            source=source(number),
            name=name,
            how="url",
            disagreement=None,
            named=name,
            body=body,
            digest=hashlib.sha256(body).digest(),
            thing=digest_order(str(number)) if name.startswith("order.") else None,
            received_at=self.at(number),
            lanes=() if faulty else (("sandbox", email),),
            people=() if faulty else (email,),
            faults=(("email", "is needed and missing"),) if faulty else (),
        )

    async def _act(self, inbox: Inbox, number: int) -> None:
        about, at = {"count": number}, self.at(number * _BETWEEN_ACTS)
        await inbox.add_audit_entry("olaf", "replay", about, "done", now=at)

    def orders(self) -> list[int]:
        """The ids of all orders that were understood."""
        names = [name.startswith("order.") for name in EVENTS]
        return [n for n in range(self.events) if names[n % len(names)] and not is_faulty(n)]

    async def fill(self, url: str) -> None:
        """One event in a thousand is in quarantine. Of the others one in 500 is dead, one in 200
        pending.
        """
        inbox = await Inbox.open(url, dedup_hours=24)
        try:
            for start in range(0, self.events, _AT_ONCE):
                numbers = range(start, min(self.events, start + _AT_ONCE))
                await asyncio.gather(*(inbox.accept(self.event(number)) for number in numbers))
            left = self.events // 200
            await settle(inbox, self.at(self.events), pending=self.events, leave=left)
            await asyncio.gather(
                *(self._act(inbox, number) for number in range(self.events // _BETWEEN_ACTS))
            )
        finally:
            await inbox.aclose()


def is_faulty(number: int) -> bool:
    return number % 1000 == 0


def source(number: int) -> str:
    return SOURCES[number % 3 // 2]


def learner(number: int) -> str:
    return f"learner{number % LEARNERS}@example.edu"


async def settle(inbox: Inbox, now: datetime, *, pending: int, leave: int) -> None:
    """As deliveries would, up to so many that stay pending."""
    while pending > leave:
        lanes = await store.take_ready(inbox, connector="sandbox", limit=500, at=now)
        if not lanes:
            return
        done = [settled(lane, now) for lane in lanes]
        records = [record for lane in lanes for record in written(lane)]
        await store.settle(inbox, done, records=records, connector="sandbox", now=now)
        pending -= sum(len(lane.deliveries) for lane in lanes)


def settled(lane: ReadyLane, now: datetime) -> SettledLane:
    dead = [one.delivery_id for one in lane.deliveries if one.delivery_id % 500 == 0]
    sent = [
        {
            "object": record.object,
            "key": record.key,
            "fields": {"firstname": "Demo", "lastname": "Student", "email": lane.person_key},
            "links": [],
            "result": "saved",
            "id": record.id,
        }
        for record in written(lane)
    ]
    return SettledLane(
        lane,
        delivered=tuple(one.delivery_id for one in lane.deliveries if one.delivery_id not in dead),
        dead=tuple((id, f"reason {id % 3500 // 500}") for id in dead),
        attempt=AttemptRow(
            started_at=now,
            duration_ms=80,
            outcome="refused" if dead else "saved",
            sent=sent,
        ),
    )


def written(lane: ReadyLane) -> list[RecordStateRow]:
    """The person's contact, and a deal for each of their orders."""
    newest, person = lane.deliveries[-1].event_id, lane.person_key
    contact = RecordStateRow("contact", person, str(lane.lane_id), newest, lane.lane_id)
    numbers = [
        (one.event_id, json.loads(one.body)["id"])
        for one in lane.deliveries
        if (one.name or "").startswith("order.")
    ]
    deals = [
        RecordStateRow("deal", f"{source(id)}:{id}", f"9{id:07}", event_id, lane.lane_id)
        for event_id, id in numbers
    ]
    return [contact, *deals]
