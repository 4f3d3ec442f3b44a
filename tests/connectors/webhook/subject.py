"""The webhook connector for the contract tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from connectors import testing
from connectors.base import Append
from connectors.webhook import WebhookConnector
from tests.connectors.webhook.opening import settings_for
from tests.fakes.webhook import UNWANTED, FakeReceiver, fake_receiver
from tests.processes import free_port


def read_messages(receiver: FakeReceiver, object: str) -> dict[str, testing.Stored]:
    """Give what a receiver knows of an object that brings each message into what it has."""
    records: dict[str, dict[str, Any]] = {}
    for message in receiver.messages:
        if message["type"] == object:
            fields = records.setdefault(message["data"]["key"], {})
            for name, value in message["data"]["fields"].items():
                known = fields.get(name) or []
                fields[name] = (
                    [*known, *(one for one in value if one not in known)]
                    if isinstance(value, list)
                    else value
                )
    return {key: testing.Stored(fields) for key, fields in records.items()}


@contextmanager
def webhook() -> Iterator[testing.Subject]:
    """Folding, since without it no record has an id."""
    with fake_receiver() as receiver:
        yield testing.Subject(
            WebhookConnector,
            settings=settings_for(receiver, fold=True, batch_size=10),
            records={"contact": {"first_name": "Ada"}, "deal": {"amount": Decimal("9.90")}},
            typed={
                "nickname": "",
                "newsletter": True,
                "logins": 3,
                "spent": Decimal("110.00"),
                "born": date(2001, 2, 3),
                "registered_at": datetime(2020, 8, 11, 16, 58, tzinfo=UTC),
                "courses": Append(("Algebra", "Logic")),
            },
            refused={UNWANTED: "x"},
            unreachable=settings_for(receiver, url=f"http://127.0.0.1:{free_port()}"),
            knows_records=False,
            address="url",
            read=partial(read_messages, receiver),
        )
