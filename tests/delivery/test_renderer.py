"""Rendering leaves the event loop free, and one event's trouble is its own."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from receiver.delivery.renderer import LaneRenderer, RenderedDelivery, UnrenderableDelivery
from receiver.delivery.rendering.event_reader import LARGE, EventReader
from receiver.inbox import PendingDelivery, ReadyLane
from tests.mapping.sample_routes import SITE, contact, mapping, route

COSTLY = (
    "{{ order.id if order.id == '2' else raw.line_items | select('in', raw.line_items) | list | "
    "length }}"
)

LANE = ReadyLane(1, "box", "a@x.test", version=1, attempts=0, failing_since=None, deliveries=())


def order(number: int, items: int = 0) -> PendingDelivery:
    """A delivery of an order with so many line items."""
    lines = [{"id": item, "name": f"Item {item}", "quantity": 1} for item in range(items)]
    payload = {
        "id": number,
        "status": "COMPLETED",
        "customer": {"email": "a@x.test"},
        "line_items": lines,
    }
    body = json.dumps(payload).encode()
    return PendingDelivery(
        number,
        number,
        f"{number:032d}",
        "springfield",
        "order.placed",
        None,
        body,
        datetime.now(UTC),
    )


def renderer(directory: Path, expression: str, reader: EventReader | None = None) -> LaneRenderer:
    """One field for every order."""
    routes = mapping(directory, route("order.placed", contact(f'fields.x = "{expression}"')))
    return LaneRenderer("box", reader or EventReader({"springfield": SITE}), routes)


async def turns_during(rendering: asyncio.Task[RenderedDelivery | UnrenderableDelivery]) -> int:
    """How often the event loop comes round until it is done."""
    turns = 0
    while not rendering.done():
        turns += 1
        await asyncio.sleep(0)
    return turns


def test_a_costly_expression_is_that_deliverys_alone_and_leaves_the_loop_free(
    tmp_path: Path,
) -> None:
    """The event is large, so that it is read and rendered beside the loop; its fault kills no other
    delivery.
    """
    working = renderer(tmp_path, COSTLY)
    large = order(1, items=1000)
    assert len(large.body) > LARGE

    async def scenario() -> None:
        rendering = asyncio.create_task(working.render(large, LANE))
        assert await turns_during(rendering) > 10
        spent = rendering.result()
        assert isinstance(spent, UnrenderableDelivery)
        assert "takes more than" in spent.reason
        other = await working.render(order(2), LANE)
        assert isinstance(other, RenderedDelivery)
        assert other.records[0].fields["x"] == "2"

    asyncio.run(scenario())


def test_an_event_for_many_people_is_read_once(tmp_path: Path) -> None:
    """Also where it goes to several connectors, or is delivered in several batches."""
    reader = EventReader({"springfield": SITE})
    one, other = (
        renderer(tmp_path, "{{ order.id }}", reader),
        renderer(tmp_path, "{{ order.id }}", reader),
    )
    delivery = order(7)

    async def scenario() -> None:
        events = [await reader.read(delivery, SITE) for _ in range(2)]
        assert events[0] is events[1]
        assert [(await each.render(delivery, LANE)) for each in (one, other)]
        assert await reader.read(delivery, SITE) is events[0]

    asyncio.run(scenario())


def test_a_reason_names_no_person(tmp_path: Path) -> None:
    """Reasons group deliveries, and go to the log."""
    working = renderer(tmp_path, "{{ order.id }}")
    gone = asyncio.run(working.render(order(1), replace(LANE, person_key="somebody@else.test")))
    assert isinstance(gone, UnrenderableDelivery)
    assert gone.reason == "read anew, the event is not about this person any more"
