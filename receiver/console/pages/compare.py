"""What an event sent of a record, beside what the CRM holds of it now."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.base import ConnectorError, Found, Reads, Record
from receiver.admin.operation import NotFound
from receiver.console.page import Console
from receiver.console.pages.events import EVENTS
from receiver.console.views.record_links import record_url
from receiver.inbox import DeliveryDetail

_PATIENCE = 20.0  # seconds that a page waits for the CRM


def routes(console: Console) -> list[Route]:
    return [console.get(f"{EVENTS}/{{id}}/compare", ComparePage(console).show)]


@dataclass(frozen=True, slots=True)
class ComparedField:
    """A field as it was sent, and as the CRM has it; None where it has none."""

    name: str
    sent: str
    now: str | None

    @property
    def same(self) -> bool:
        """12.50 is 12.5, and nothing is an empty text."""
        return self.sent == (self.now or "") or _number(self.sent) == _number(self.now) is not None


class ComparePage:
    """Asks the CRM once for each look, within the connector's rate limit. Nothing is changed."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._gateway = console.gateway

    async def show(self, request: Request) -> Response:
        query, id = request.query_params, request.path_params["id"]
        stored = await self._gateway.inbox.find_event(id)
        given = query.get("delivery", "")
        delivery = next((one for one in stored.deliveries if str(one.id) == given), None)
        sent = delivery and _sent(delivery, query.get("object", ""), query.get("key", ""))
        if not delivery or not sent:
            raise NotFound("The event has sent no such record.")
        fields: Mapping[str, Any] = sent.get("fields", {})
        found, problem = await self._read(delivery.connector, sent)
        held = found.fields if found else {}
        return self._console.page(
            request,
            "compare.html",
            event=stored,
            connector=delivery.connector,
            object=sent["object"],
            key=sent["key"],
            url=record_url(self._gateway, delivery.connector, sent["object"], sent["id"]),
            found=found,
            problem=problem,
            fields=[
                ComparedField(name, _text(value) or "", _text(held.get(name)))
                for name, value in fields.items()
            ],
        )

    async def _read(self, name: str, sent: Mapping[str, Any]) -> tuple[Found | None, str]:
        """What the CRM holds, and why that is not known."""
        connector = self._gateway.connectors.get(name)
        if connector is None or not isinstance(connector, Reads):
            raise NotFound(f"The connector {name!r} cannot read records; look in the CRM itself.")
        record = Record(sent["object"], sent["key"], {}, id=sent["id"])
        try:
            async with asyncio.timeout(_PATIENCE):
                (found,) = await connector.read(record.object, [record], sorted(sent["fields"]))
        except ConnectorError as error:
            return None, str(error)
        except TimeoutError:
            return None, f"The CRM has not answered within {_PATIENCE:.0f} seconds."
        return found, ""


def _sent(delivery: DeliveryDetail, object: str, key: str) -> Mapping[str, Any] | None:
    """The record as the last attempt sent it that the CRM has answered with an id."""
    return next(
        (
            record
            for attempt in reversed(delivery.attempts)
            for record in attempt.sent
            if (record.get("object"), record.get("key")) == (object, key) and record.get("id")
        ),
        None,
    )


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _number(text: str | None) -> Decimal | None:
    try:
        number = Decimal(text or "")
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
