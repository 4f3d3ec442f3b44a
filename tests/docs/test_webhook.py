"""The receiver on the page about webhooks does what the page says."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
import pytest
import uvicorn

from connectors.base import AuthFailed, Outcome, Record, Saved
from connectors.webhook import WebhookConnector
from connectors.webhook.connector import RULES
from connectors.webhook.messages import build_message
from tests.connectors.webhook.opening import order, with_webhook
from tests.docs.pages import blocks, cells
from tests.fakes.webhook import FakeReceiver, new_secret
from tests.processes import until

PAGE = "docs/webhook.md"


@contextmanager
def sample(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[FakeReceiver, dict[str, Any]]]:
    """The receiver of the page as a server, and the messages that it keeps."""
    (code,) = [block.text for block in blocks("python") if block.page == PAGE]
    assert len([line for line in code.splitlines() if line]) <= 20
    monkeypatch.setenv("WEBHOOK_SECRET", new_secret())
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - it is the page's
    server = uvicorn.Server(uvicorn.Config(names["app"], port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    until(lambda: server.started, "the receiver listens")
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        receiver = FakeReceiver(new_secret(), f"http://127.0.0.1:{port}/webhooks")
        yield receiver, names["messages"]
    finally:
        server.should_exit = True
        thread.join()


async def send(connector: WebhookConnector, records: list[Record]) -> Sequence[Outcome]:
    return await connector.upsert("order.placed", records)


def test_the_sample_takes_each_message_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it comes again, or in a batch; what nobody signed is refused."""
    with sample(monkeypatch) as (receiver, messages):
        for numbers, size in (([1], None), ([1], None), ([1, 2, 3], 10)):
            records = [order(number, total=number) for number in numbers]
            saved = with_webhook(receiver, partial(send, records=records), batch_size=size)
            assert saved == [Saved("")] * len(numbers)
        assert [one["data"]["fields"]["total"] for one in messages.values()] == [1, 2, 3]
        with pytest.raises(AuthFailed):
            with_webhook(receiver, partial(send, records=[order(4)]), secrets=new_secret(9))
        assert httpx.post(receiver.url, content=b"{}", trust_env=False).status_code == 401
        assert with_webhook(receiver, lambda one: one.check([])) == []
        assert len(messages) == 3


def test_every_status_of_the_connector_is_on_the_page() -> None:
    """That it has a rule of its own for, and that receivers send."""
    told = " ".join(row[0] for row in cells(PAGE))
    rare = {402, 406, 407, 501}
    statuses = {status for rule in RULES for status in rule.statuses if status >= 400} - rare
    assert {status for status in statuses if str(status) not in told} == set()


def test_the_example_of_a_message_has_the_shape_of_one() -> None:
    """The same names as one that is sent."""
    (text,) = [block.text for block in blocks("json") if block.page == PAGE]
    example = json.loads(text)
    sent = build_message(order(), datetime(2026, 5, 4, tzinfo=UTC))
    assert list(example) == list(sent)
    assert list(example["data"]) == list(sent["data"])
    assert len(example["id"]) == len(sent["id"])
