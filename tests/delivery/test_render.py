"""Rendering leaves the event loop free, and one event's trouble is its own."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

from receiver.delivery.render import Rendered, Renderer, Unrenderable
from receiver.inbox import Pending
from tests.mapping.routes import SITE, contact, mapping, route

LETTERS = "'a b c d e f g h i j k l m n o p q r s t u v w x y z'.split()"
COSTLY = f"{{% set l = {LETTERS} %}}" + "".join(f"{{% for {name} in l %}}" for name in "abcd") + "{% set x = a ~ b %}" + "{% endfor %}" * 4
LONG = "{% for a in raw.line_items %}{% for b in raw.line_items %}{% endfor %}{% endfor %}"  # a million turns


def order(number: int, items: int = 0) -> Pending:
    """A delivery of an order with so many line items."""
    lines = [{"id": item, "name": f"Item {item}", "quantity": 1} for item in range(items)]
    body = json.dumps({"id": number, "status": "COMPLETED", "customer": {"email": "a@x.test"}, "line_items": lines}).encode()
    return Pending(number, number, f"{number:032d}", "springfield", "order.placed", None, body, datetime.now(UTC))


def renderer(directory: Path, expression: str) -> Renderer:
    """One field for every order."""
    return Renderer("box", {"springfield": SITE}, mapping(directory, route("order.placed", contact(f'fields.x = "{expression}"'))))


async def turns_during(rendering: "asyncio.Task[Rendered | Unrenderable]") -> int:
    """How often the event loop comes round until it is done."""
    turns = 0
    while not rendering.done():
        turns += 1
        await asyncio.sleep(0)
    return turns


def test_a_costly_expression_leaves_the_loop_free(tmp_path: Path) -> None:
    """The event is small, the mapping is not: it goes on in a thread, and ends as a fault of that delivery alone."""
    expression = "{% if order.id == '1' %}" + COSTLY + "{% endif %}{{ order.id }}"
    working = renderer(tmp_path, expression)

    async def scenario() -> None:
        rendering = asyncio.create_task(working.render(order(1), "a@x.test", {}))
        assert await turns_during(rendering) > 10
        spent = rendering.result()
        assert isinstance(spent, Unrenderable)
        assert spent.reason.startswith("routes[0].upsert[0].fields.x: takes more than 2,000,000 steps")
        other = await working.render(order(2), "a@x.test", {})
        assert isinstance(other, Rendered)
        assert other.records[0].fields["x"] == "2"

    asyncio.run(scenario())


def test_a_large_event_leaves_the_loop_free(tmp_path: Path) -> None:
    """Reading it alone takes long; it is within the budget."""
    working = renderer(tmp_path, LONG + "{{ order.line_items | length }}")

    async def scenario() -> None:
        rendering = asyncio.create_task(working.render(order(1, items=1000), "a@x.test", {}))
        assert await turns_during(rendering) > 10
        rendered = rendering.result()
        assert isinstance(rendered, Rendered)
        assert rendered.records[0].fields["x"] == "1000"

    asyncio.run(scenario())


def test_a_reason_names_no_person(tmp_path: Path) -> None:
    """Reasons group deliveries, and go to the log."""
    working = renderer(tmp_path, "{{ order.id }}")
    gone = asyncio.run(working.render(order(1), "somebody@else.test", {}))
    assert isinstance(gone, Unrenderable)
    assert gone.reason == "read anew, the event is not about this person any more"
