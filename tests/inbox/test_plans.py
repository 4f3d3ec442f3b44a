"""How the databases find what they are asked for: by an index, whatever is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url

from receiver.inbox import (
    CountedEvent,
    DeliverySelection,
    EventFilter,
    Inbox,
    SettledLane,
    role_of,
)
from tests.inbox.profiles.known import course, order, quiz
from tests.inbox.store import (
    ANN,
    BEN,
    MOMENT,
    NOW,
    attempt,
    delivered,
    faulty,
    new,
    next_due,
    open_inbox,
    remote,
    settle,
    take_lead,
    take_ready,
)

LARGE = (
    *("event", "event_person", "lane", "delivery", "attempt", "remote", "remote_link"),
    *("profile_person", "profile_order", "profile_course", "profile_submission"),
)
FILTERS = (
    EventFilter(),
    EventFilter(source="springfield"),
    EventFilter(event="quiz.submitted"),
    EventFilter(source="springfield", event="quiz.submitted"),
    EventFilter(person=ANN),
    EventFilter(person=ANN, state="pending"),
    EventFilter(since=NOW, until=NOW + timedelta(hours=1)),
    EventFilter(source="springfield", since=NOW, until=NOW + timedelta(hours=1)),
    EventFilter(connector="crm", state="dead"),
    EventFilter(state="dead", reason="no"),
    EventFilter(reason="no"),
    EventFilter(state="dead", connector="crm", reason_key="0123456789ab"),
    EventFilter(person=ANN, reason_key="0123456789ab"),
    EventFilter(state="dead", ids=("one", "two")),
    EventFilter(state="quarantined", ids=("one", "two")),
    *(
        EventFilter(state=state)
        for state in ("pending", "delivered", "dead", "discarded", "quarantined")
    ),
    *(
        EventFilter(state=state, event="quiz.submitted")
        for state in ("pending", "delivered", "dead", "discarded", "quarantined")
    ),
)


async def filled(inbox: Inbox) -> str:
    """Some thousand events in all states; returns the id of one."""
    kept = await inbox.accept(new("first", ANN, connectors=("crm", "other")))
    await asyncio.gather(
        *(
            inbox.accept(
                new(
                    f"{number}",
                    f"learner{number % 900}@example.edu",
                    at=NOW + timedelta(seconds=number),
                )
            )
            for number in range(3000)
        ),
        *(inbox.accept(faulty(f"faulty {number}", source="shelbyville")) for number in range(50)),
        *(
            inbox.accept(new(f"nobody's {number}", connectors=(), name="quiz.submitted"))
            for number in range(50)
        ),
    )
    done, records = [], []
    for taken in await take_ready(inbox, limit=800, at=NOW + timedelta(days=1)):
        first, *rest = (pending.delivery_id for pending in taken.deliveries)
        done.append(SettledLane(taken, tuple(rest), ((first, "no"),), attempt=attempt()))
        records.append(remote("contact", taken.person_key, "7", taken, "deal/1"))
    await settle(inbox, done, records=records, now=NOW)
    return kept.id


async def deliver(inbox: Inbox) -> None:
    """All that a leader does."""
    later, role = NOW + timedelta(days=1), role_of("crm")
    epoch = await take_lead(inbox)
    await inbox.renew_lead(role, epoch, lease=MOMENT, calls_end_in=1, now=NOW)
    await inbox.correct_waits("crm", now=NOW - timedelta(days=9))
    lanes = await take_ready(inbox, limit=50, at=later)
    await next_due(inbox, later)
    await inbox.find_record_states("crm", [("contact", one.person_key) for one in lanes])
    done = [delivered(one, attempt=attempt()) for one in lanes[:30]]
    dead = [SettledLane(one, dead=((one.deliveries[0].delivery_id, "no"),)) for one in lanes[30:40]]
    put_off = [SettledLane(one, retry_at=later, attempt=attempt("retry")) for one in lanes[40:]]
    records = [remote("contact", one.person_key, "7", one, "deal/2") for one in lanes]
    told = [*done, *dead, *put_off]
    await settle(inbox, told, records=records, epoch=epoch, now=later)
    contact = ("contact", lanes[0].person_key)
    again = [replace(one, touched=(contact,)) for one in told]
    assert (await settle(inbox, again, epoch=epoch - 1, now=later)).lost
    await inbox.give_back_lead(role, epoch, calls_end_in=None, now=NOW)


async def count(inbox: Inbox) -> None:
    """All that keeps profiles."""
    await inbox.start_counting(sources=["springfield"], now=NOW)
    (first, *_), total = await inbox.list_uncounted(), 0
    facts = (order("7", first.event_id), course("1", "Algebra", first.event_id), quiz(b"q"))
    while events := await inbox.list_uncounted():
        told = [CountedEvent(one, {ANN: facts[0], BEN: facts[1], "c": facts[2]}) for one in events]
        total += await inbox.keep_facts(told, now=NOW)
    assert total > 3000
    await inbox.set_aside([first.event_id])
    await inbox.find_known_facts([("springfield", ANN), ("springfield", BEN)])
    await inbox.purge_old(before=NOW - timedelta(days=1), keep_uncounted=True)
    await inbox.stop_counting()


async def look(inbox: Inbox, id: str) -> None:
    """All that a person looks at."""
    for chosen in FILTERS:
        await inbox.list_events(chosen)
        await inbox.list_events(chosen, before=id)
        await inbox.list_events(chosen, after=id)
    await inbox.find_event(id)
    await inbox.find_person(ANN)
    for text in (ANN, "ann", "7", id[:12]):
        await inbox.find_matches(text, sources=("springfield",))
        await inbox.list_events(EventFilter(ids=await inbox.find_key_events(text)))
    await inbox.find_record_events("crm", "contact", ANN)
    await inbox.read_status(now=NOW)
    await inbox.list_groups()
    dead, quarantined = await inbox.list_groups(most=1, skip=1, by="newest")
    await inbox.count_groups()
    for group in (*dead, *quarantined):
        await inbox.find_group(group.id)
    await inbox.count_unsearched(EventFilter(person=ANN, source="springfield", since=NOW))
    await inbox.list_quarantined()
    hour = (NOW, NOW + timedelta(hours=1))
    await inbox.count_outcomes(hour)
    await inbox.read_marks([hour])
    await inbox.read_latency(since=NOW)


async def change(inbox: Inbox, id: str) -> None:
    """All that a person does, but the erasure, which reads everything on purpose."""
    await inbox.replay_deliveries(DeliverySelection(events=(id,)), now=NOW)
    await inbox.replay_deliveries(DeliverySelection(filter=EventFilter(state="dead")), now=NOW)
    await inbox.discard_selected(
        DeliverySelection(
            filter=EventFilter(state="dead", connector="crm", reason_key="0123456789ab")
        ),
        now=NOW,
    )
    await inbox.discard_selected(DeliverySelection(events=(id,)), now=NOW)
    aside = (await inbox.list_quarantined(limit=2))[0].id
    await inbox.discard_quarantined([aside])
    await inbox.accept_revalidated(
        (await inbox.list_quarantined(limit=1))[0].id, new("judged"), now=NOW
    )
    reached, _ = await inbox.list_coverage(EventFilter(source="springfield"), limit=50)
    await inbox.list_coverage(EventFilter(state="dead", connector="crm", reason="no"), limit=50)
    await inbox.find_calls([one.id for one in reached])
    await inbox.add_deliveries({id: (("added", ANN),), reached[0].id: (("added", ANN),)}, now=NOW)
    await inbox.purge_old(before=NOW + timedelta(minutes=1))


def test_nothing_is_searched_for_by_reading_all(store_url: str) -> None:
    """No statement of a leader, a page or an action reads a large table from end to end."""

    async def main() -> None:
        async with open_inbox(store_url) as inbox:
            id = await filled(inbox)
            for work in (
                lambda: count(inbox),
                lambda: deliver(inbox),
                lambda: look(inbox, id),
                lambda: change(inbox, id),
            ):
                for statement, plan in await explained(store_url, work):
                    assert not [line for line in plan if _reads_all(line)], (
                        f"{statement}\n" + "\n".join(plan)
                    )

    asyncio.run(main())


def test_what_is_known_by_its_id_is_found_by_its_id(sqlite_url: str) -> None:
    """SQLite does not go through all that is pending to settle, discard or load a few."""

    async def main() -> None:
        async with open_inbox(sqlite_url) as inbox:
            id = await filled(inbox)

            async def work() -> None:
                await deliver(inbox)
                await inbox.discard_selected(DeliverySelection(events=(id,)), now=NOW)
                await inbox.replay_deliveries(DeliverySelection(deliveries=(1, 2, 3)), now=NOW)

            for statement, plan in await explained(sqlite_url, work):
                assert not [
                    line
                    for line in plan
                    if "delivery_state (state=?)" in line or "AUTOMATIC" in line
                ], statement

    asyncio.run(main())


async def explained(url: str, work: Callable[[], Awaitable[object]]) -> list[tuple[str, list[str]]]:
    """Every statement that the work runs, with the database's plan for it."""
    with watched() as statements:
        await work()
    return await asyncio.to_thread(_explain, url, statements)


@contextmanager
def watched() -> Iterator[dict[str, Any]]:
    """Collects statements with one set of values each."""
    seen: dict[str, Any] = {}

    def note(
        _connection: Connection,
        _cursor: Any,
        statement: str,
        values: Any,
        _context: Any,
        many: bool,
    ) -> None:
        if statement.startswith(("SELECT", "WITH", "UPDATE", "DELETE")):
            seen.setdefault(statement, values[0] if many else values)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def _explain(url: str, statements: dict[str, Any]) -> list[tuple[str, list[str]]]:
    postgresql = url.startswith("postgres")
    engine = (
        create_engine(make_url(url).set(drivername="postgresql+psycopg"), paramstyle="format")
        if postgresql
        else create_engine(url)
    )
    with engine.connect() as connection:
        if postgresql:  # tables of tests are too small for indexes to be worth it
            connection.exec_driver_sql("SET enable_seqscan = off")
            plans = [
                (text, [row[0] for row in connection.exec_driver_sql(f"EXPLAIN {text}", values)])
                for text, values in statements.items()
            ]
        else:
            plans = [
                (
                    text,
                    [
                        row[3]
                        for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)
                    ],
                )
                for text, values in statements.items()
            ]
    engine.dispose()
    return plans


def _reads_all(line: str) -> bool:
    """A scan in the order of the ids that ends with the page is none."""
    words = line.replace("->", "").split()
    if words[:2] == ["Seq", "Scan"]:
        return words[3] in LARGE
    return (
        words[0] == "SCAN"
        and words[1] in LARGE
        and line != "SCAN event USING COVERING INDEX sqlite_autoindex_event_1"
    )
