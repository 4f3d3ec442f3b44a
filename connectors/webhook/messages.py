"""What goes out: records as messages in the shape of Standard Webhooks, and their signatures."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
from standardwebhooks import Webhook

from connectors.base import Append, JsonText, Record, Value
from connectors.http import write_json

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"


def build_message(record: Record, now: datetime) -> dict[str, Any]:
    """Make the message of one record: `id`, `type`, `timestamp` and `data`.

    The id is made of the newest event behind the record and of its content, so that whatever is
    sent again has the id that it had.
    """
    fields = {name: _json_value(value) for name, value in record.fields.items()}
    if record.key_field:
        fields[record.key_field] = record.key
    data: dict[str, Any] = {"key": record.key, "fields": fields}
    if record.links:
        data["links"] = [{"object": one.object, "key": one.key} for one in record.links]
    if record.former_key:
        data["former_key"] = record.former_key
    content = [record.object, record.event_id, record.key, sorted(fields.items())]
    return {
        "id": f"msg_{_digest(write_json([*content, data.get('links')]))}",
        "type": record.object,
        "timestamp": record.event_at or now,
        "data": data,
    }


def build_batch(messages: Sequence[dict[str, Any]], now: datetime) -> dict[str, Any]:
    """Make one message of several, which are its `data`."""
    ids = "".join(one["id"] for one in messages)
    return {
        "id": f"batch_{_digest(ids.encode())}",
        "type": "batch",
        "timestamp": now,
        "data": messages,
    }


class MessageSignature(httpx.Auth):
    """Signs a message as it goes out, with every secret; what has no `webhook-id` is none."""

    def __init__(self, secrets: Iterable[str], now: Callable[[], datetime]) -> None:
        self._signers = [Webhook(secret) for secret in secrets]
        self._now = now

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        """Add timestamp and signatures."""
        if ID in request.headers:
            id_, now, body = request.headers[ID], self._now().astimezone(UTC), request.content
            signed = [one.sign(id_, now, body.decode()) for one in self._signers]
            request.headers[TIMESTAMP] = str(int(now.timestamp()))
            request.headers[SIGNATURE] = " ".join(signed)
        yield request


def _json_value(value: Value) -> Any:
    match value:
        case JsonText():
            return value.data
        case Append():
            return list(value.values)
        case _:
            return value


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]
