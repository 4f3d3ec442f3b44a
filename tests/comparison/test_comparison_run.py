"""Two mappings over the events of a store."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import chain

import pytest

from connectors.base import Record
from receiver.aom import read_event
from receiver.comparison import Comparison, ComparisonJob, compare_mappings
from receiver.comparison.differences import CallCost, differing_parts
from receiver.delivery.rendering.event_reader import EventReader
from receiver.delivery.rendering.profile_counter import ProfileCounter
from receiver.inbox import CallReader, EventFilter, Inbox
from receiver.inbox.db.event_filter import ALL_EVENTS
from receiver.mapping import RouteTable, fold_records
from receiver.settings.mapping_document import MappingDocument
from tests.comparison.compared import (
    ACCOUNTS,
    NOW,
    ORDERS,
    account,
    compared,
    mapping,
    order,
    stored,
    told,
)

WON = ORDERS.replace('"won"', '"closedwon"')


def test_a_stage_that_is_mended(store_url: str) -> None:
    """The orders that are paid change, and nothing else; what would be written of them is known."""
    ids = stored(store_url, order(1), order(2, status="PENDING"), order(3, "ben"), account(7))
    found = compared(store_url, mapping(ORDERS, ACCOUNTS), mapping(WON, ACCOUNTS))
    assert told(found) == [("deal fields.stage", '"won"', '"closedwon"', 2)]
    (part,) = found.objects[0].parts
    assert part.changes[0].examples == ("springfield:1", "springfield:3")
    assert (found.events, found.people, found.differs) == (4, 2, True)
    assert found.calls == (CallCost("box", "deal", 2, 100, 1),)
    assert found.again == {"box": (ids[0], ids[2])}


def test_the_same_mapping_differs_in_nothing(store_url: str) -> None:
    """Names, and which route stands where, are no difference if no two write the same field."""
    stored(store_url, order(1), account(7))
    renamed = ORDERS.replace('name = "orders"', 'name = "sales"')
    found = compared(store_url, mapping(ORDERS, ACCOUNTS), mapping(ACCOUNTS, renamed))
    assert (found.differs, told(found), found.people, found.calls) == (False, [], 0, ())


def test_what_a_later_event_sets_back_is_no_difference(sqlite_url: str) -> None:
    """What is compared is what the CRM would end with, by all routes of the record."""
    stored(sqlite_url, order(1), account(7), account(8, "ben"), order(2, "ben"))
    changed = ORDERS.replace('"buyer"', '"customer"')
    found = compared(sqlite_url, mapping(ORDERS, ACCOUNTS), mapping(changed, ACCOUNTS))
    assert told(found) == [("contact fields.phase", '"buyer"', '"customer"', 1)]
    assert found.objects[0].parts[0].changes[0].examples == ("ben@example.edu",)


def test_fields_and_records_that_come_and_go(sqlite_url: str) -> None:
    """Fields by what they were or would be; records by their keys."""
    ids = stored(sqlite_url, order(1), order(2, order_total=0))
    after = ORDERS.replace("fields.name =", "fields.title =").replace(
        "links =", 'when = "{{ order.total > 0 }}"\nlinks ='
    )
    found = compared(sqlite_url, mapping(ORDERS), mapping(after))
    assert told(found) == [
        ("deal fields.name", '"Order 1"', None, 1),
        ("deal fields.title", None, '"Order 1"', 1),
    ]
    (deal,) = found.objects
    assert (deal.changed, deal.new.count, deal.gone.examples) == (1, 0, ["springfield:2"])
    assert found.again == {"box": (ids[0],)}
    back = compared(sqlite_url, mapping(after), mapping(ORDERS))
    assert back.objects[0].new.examples == ["springfield:2"]
    assert back.again == {"box": tuple(ids)}


def test_what_is_only_gone_is_not_written_again(sqlite_url: str) -> None:
    """No call takes it back."""
    stored(sqlite_url, order(1))
    found = compared(sqlite_url, mapping(ORDERS, ACCOUNTS), mapping(ACCOUNTS))
    assert [(one.object, one.gone.count) for one in found.objects] == [("contact", 1), ("deal", 1)]
    assert (found.again, found.calls, found.people) == ({}, (), 1)


def test_faults_that_come_and_go(sqlite_url: str) -> None:
    """Grouped by their place and words; what the other mapping writes there is not compared."""
    ids = stored(sqlite_url, order(1), order(2, coupons=["A"]), order(3, "ben"))
    broken = ORDERS.replace('"{{ order.total }}"', '"{{ 20 // (order.coupons | length) }}"')
    found = compared(sqlite_url, mapping(ORDERS), mapping(broken))
    (fault,) = found.new_faults
    assert (fault.connector, fault.where) == ("box", "routes[0].upsert[1].fields.amount")
    assert (fault.deliveries, fault.examples) == (2, (ids[0], ids[2]))
    assert told(found) == [("deal fields.amount", "10", "20", 1)]
    assert (found.people, found.mended_faults) == (2, ())
    mended = compared(sqlite_url, mapping(broken), mapping(ORDERS))
    assert (mended.mended_faults, mended.new_faults) == ((fault,), ())
    assert mended.again == {"box": tuple(ids)}
    neither = compared(sqlite_url, mapping(broken), mapping(broken.replace('"won"', '"closed"')))
    assert (neither.faulty, neither.new_faults) == (2, ())


def test_events_that_no_route_wants(sqlite_url: str) -> None:
    """Counted by source and name, either way."""
    stored(sqlite_url, order(1), account(7), account(8))
    found = compared(sqlite_url, mapping(ORDERS, ACCOUNTS), mapping(ORDERS))
    assert [(one.source, one.event, one.events) for one in found.unwanted] == [
        ("springfield", "account.created", 2)
    ]
    back = compared(sqlite_url, mapping(ORDERS), mapping(ORDERS, ACCOUNTS))
    assert (back.newly_wanted, back.unwanted) == (found.unwanted, ())


def test_only_some_events_and_one_connector(store_url: str) -> None:
    """By source, name and time; the newest of these; what is written to one connector."""
    stored(store_url, *(order(number) for number in range(1, 6)), account(7))
    chest = WON.replace('"box"', '["box", "chest"]')
    both = mapping(ORDERS.replace('"box"', '["box", "chest"]'))
    found = compared(store_url, both, mapping(chest), connector="chest")
    assert found.calls == (CallCost("chest", "deal", 5, 2, 3),)
    assert found.again.keys() == {"chest"}

    def changed(limit: int | None = None, **chosen: object) -> tuple[int, int]:
        events = EventFilter(**chosen)  # type: ignore[arg-type]
        found = compared(store_url, both, mapping(chest), events=events, limit=limit)
        return found.events, sum(one.changed for one in found.objects if one.connector == "box")

    assert changed(event="account.created") == (1, 0)
    assert changed(source="shelbyville") == (0, 0)
    assert changed(since=NOW + timedelta(seconds=3)) == (3, 2)
    assert changed(until=NOW + timedelta(seconds=3)) == (3, 3)
    assert changed(2) == (2, 1)
    assert changed(2, event="order.placed") == (2, 2)


def test_another_time_zone_or_currency_is_a_difference(sqlite_url: str) -> None:
    """No route differs, and what it sees does."""
    stored(sqlite_url, order(1))
    dated = ORDERS.replace("fields.name =", "fields.at =").replace(
        '"Order {{ order.id }}"', '"{{ order.date_created }} {{ order.currency }}"'
    )
    moved = mapping(dated)
    there = mapping(dated, school=mapping().to_toml().replace("America/New_York", "UTC"))
    ((part, before, after, _),) = told(compared(sqlite_url, moved, there))
    assert part == "deal fields.at"
    assert (before or "").endswith('-04:00 USD"')
    assert (after or "").endswith('+00:00 USD"')


def test_an_address_that_has_changed_is_still_one_person(store_url: str) -> None:
    """All that they write is by the address of now, as deliveries have it."""
    calls = [account(7, "ann"), order(1, "ann"), account(7, "ann.lee")]
    stored(store_url, *calls)
    after = mapping(ORDERS.replace('"buyer"', '"customer"'), ACCOUNTS.replace("phase", "level"))
    found = compared(store_url, mapping(ORDERS, ACCOUNTS), after)
    assert (found.people, [one.changed for one in found.objects]) == (1, [1])
    for part in found.objects[0].parts:
        assert part.changes[0].examples == ("ann.lee@example.edu",)


PROFILED = ORDERS.replace('"Order {{ order.id }}"', '"{{ profile.order_count }} orders"')


def test_profiles_are_those_of_now(store_url: str) -> None:
    """Where they are counted; where they are not, that is told."""
    before, after = mapping(ORDERS), mapping(PROFILED)
    stored(store_url, order(1), order(2))
    found = compared(store_url, before, after)
    assert (found.uncounted, _after(found)) == (True, {'"0 orders"'})
    assert not compared(store_url, before, mapping(WON)).uncounted
    elsewhere = ACCOUNTS.replace("{{ account.id }}", "{{ profile.order_count }}")
    assert not compared(store_url, mapping(ORDERS, elsewhere), mapping(WON, elsewhere)).uncounted
    asyncio.run(count(store_url, after))
    found = compared(store_url, before, after)
    assert (found.uncounted, _after(found)) == (False, {'"2 orders"'})


def _after(found: Comparison) -> set[str | None]:
    return {after for _, _, after, _ in told(found)}


async def count(url: str, mapped: MappingDocument) -> None:
    inbox = await Inbox.open(url, dedup_hours=0)
    try:
        await ProfileCounter(
            inbox, EventReader(mapped.sources), mapped.sources, lambda: NOW
        ).count()
    finally:
        await inbox.aclose()


def test_progress_is_told(sqlite_url: str) -> None:
    """Up to all events, those among them that take no look."""
    stored(sqlite_url, order(1), account(7))
    seen: list[tuple[int, int]] = []
    job = ComparisonJob(sqlite_url, mapping(ORDERS), mapping(WON))
    compare_mappings(job, lambda done, total: seen.append((done, total)))
    assert seen[-1] == (2, 2)


VARIANTS = {
    "a field": ORDERS.replace("Order {{", "No {{"),
    "a condition of a field": ORDERS.replace(
        '"{{ order.total }}"', '{ value = "{{ order.total }}", when = "{{ order.total > 5 }}" }'
    ),
    "a condition of the route": ORDERS.replace(
        'connector = "box"', 'connector = "box"\nwhen = "{{ order.total > 5 }}"'
    ),
    "no contact": ORDERS.replace(
        'object = "contact"', 'object = "contact"\nwhen = "{{ order.total > 5 }}"', 1
    ),
    "no links": ORDERS.replace('links = ["contact"]\n', ""),
    "another key": ORDERS.replace('{{ order.id }}"\nlinks', '{{ order.total }}"\nlinks'),
    "never over": ORDERS.replace(
        'fields.phase = "buyer"', 'fields.phase = { value = "buyer", overwrite = "if_empty" }'
    ),
    "only forward": ORDERS.replace(
        'fields.phase = "buyer"',
        'fields.phase = { value = "buyer", forward = ["lead", "buyer"] }',
    ),
    "more options": ORDERS.replace(
        "fields.name =",
        'fields.tags = { value = "{{ order.coupons }}", append = true }\nfields.name =',
    ),
    "only updates": ORDERS.replace('object = "deal"', 'object = "deal"\nmode = "update"'),
    "some names": ORDERS.replace('"order.*"', '"order.placed"'),
    "twice": ORDERS + ORDERS.replace('name = "orders"', 'name = "more"').replace("buyer", "more"),
    "nothing": "",
}


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=list(VARIANTS))
def test_what_is_left_out_makes_no_difference(sqlite_url: str, variant: str) -> None:
    """The same as all events rendered by all routes of both, and folded as a whole."""
    stored(
        sqlite_url,
        account(1, "ann"),
        order(1, "ann"),
        order(2, "ann", order_total=3, coupons=["A"]),
        order(2, "ann", status="REFUNDED", order_total=3, coupons=["B"]),
        account(2, "ben"),
        order(3, "ben", status="PENDING"),
        account(1, "ann"),
    )
    for before, after in (
        (mapping(ORDERS, ACCOUNTS), mapping(variant, ACCOUNTS)),
        (mapping(variant, ACCOUNTS), mapping(ACCOUNTS, ORDERS)),
    ):
        found = compared(sqlite_url, before, after)
        expected = whole_difference(sqlite_url, before, after)
        parts = {
            (one.object, part.part, change.before, change.after): change.records
            for one in found.objects
            for part in one.parts
            for change in part.changes
        }
        assert parts == expected["parts"]
        assert sum(one.new.count for one in found.objects) == expected["new"]
        assert sum(one.gone.count for one in found.objects) == expected["gone"]


def whole_difference(
    url: str, before: MappingDocument, after: MappingDocument
) -> dict[str, object]:
    old, new = (folded(url, one) for one in (before, after))
    parts: dict[tuple[str, str, str | None, str | None], int] = {}
    for ref in old.keys() & new.keys():
        for one in differing_parts(old[ref], new[ref]):
            at = ref[0], one.part, one.before, one.after
            parts[at] = parts.get(at, 0) + 1
    return {"parts": parts, "new": len(new.keys() - old), "gone": len(old.keys() - new)}


def folded(url: str, mapped: MappingDocument) -> dict[tuple[str, str], Record]:
    routes = RouteTable.compile(mapped)
    rendered = []
    with CallReader.open(url) as reader:
        for page in reader.names(ALL_EVENTS):
            for call in chain.from_iterable(reader.calls([one.id for one in page])):
                event = read_event(call.body, mapped.sources[call.source], call.named)
                for person in event.keys:
                    context = event.context(person, id=call.id, received_at=call.received_at)
                    rendered.append(routes.render("box", call.source, event.name, context))
    return {(one.object, one.key): one for one in fold_records(rendered)} if rendered else {}
