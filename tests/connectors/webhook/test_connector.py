"""What a receiver's answer means, and what goes to it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from connectors.base import (
    AuthFailed,
    BatchRefused,
    ConnectorError,
    Context,
    Misconfigured,
    Outcome,
    Refused,
    Retry,
    Saved,
    Throttled,
    TimedOut,
    Unavailable,
)
from connectors.testing import Gate
from connectors.webhook import WebhookConnector
from connectors.webhook.settings import WebhookSettings
from tests.connectors.http.scripted import Answer, drips, says, served
from tests.connectors.webhook.opening import order, settings_for, with_webhook
from tests.fakes.server import Response
from tests.fakes.webhook import UNWANTED, FakeReceiver, fake_receiver, new_secret
from tests.processes import free_port

Use = Callable[[WebhookConnector], Awaitable[Sequence[Outcome]]]


def send(*numbers: int, **fields: Any) -> Use:
    records = [order(number, **fields) for number in numbers or (1,)]
    return lambda connector: connector.upsert("order.placed", records)


def outcome_of(answer: Response) -> Outcome | ConnectorError:
    with fake_receiver([answer]) as receiver:
        try:
            return with_webhook(receiver, send())[0]
        except ConnectorError as error:
            return error


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_is_saved_whatever_it_says(status: int) -> None:
    """Receivers answer with a word, a page, or nothing."""
    body = None if status == 204 else "<p>thanks</p>"
    assert outcome_of(Response(status, body)) == Saved("")


@pytest.mark.parametrize(
    "answer",
    [says(200, b"o", length=9), says(200, b"ok", Content_Encoding="gzip"), drips],
    ids=["cut", "not packed as it says", "without end"],
)
def test_a_2xx_counts_whatever_becomes_of_its_body(answer: Answer) -> None:
    """The receiver has the message: sent again, it would hold up the person's later ones."""

    async def main() -> list[Outcome]:
        async with served(answer) as receiver:
            settings = settings_for(FakeReceiver(url=receiver.url))
            context = Context("hook", Gate(), Path(), timeout=1)
            connector = WebhookConnector.open(WebhookSettings.model_validate(settings), context)
            try:
                return [*await connector.upsert("order.placed", [order()])]
            finally:
                await connector.aclose()

    assert asyncio.run(main()) == [Saved("")]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, Misconfigured),
        (307, Misconfigured),
        (401, AuthFailed),
        (403, AuthFailed),
        (404, Misconfigured),
        (405, Misconfigured),
        (408, TimedOut),
        (410, Misconfigured),
        (415, Misconfigured),
        (429, Throttled),
        (500, Unavailable),
        (502, Unavailable),
        (503, Unavailable),
        (504, TimedOut),
    ],
)
@pytest.mark.parametrize("body", ["<html>no</html>", {"message": "no"}, None])
def test_what_speaks_of_the_endpoint_is_no_records_fault(
    status: int, kind: type[ConnectorError], body: Any
) -> None:
    """Whatever form the answer has."""
    found = outcome_of(Response(status, body, {"Location": "https://elsewhere.example.edu/"}))
    assert type(found) is kind
    assert "127.0.0.1" in str(found)


@pytest.mark.parametrize("status", [400, 413, 422])
@pytest.mark.parametrize("body", ["<html>no</html>", {"message": "no such course"}, None])
def test_what_speaks_of_the_content_is_refused(status: int, body: Any) -> None:
    """With the receiver's words where there are any."""
    found = outcome_of(Response(status, body))
    assert isinstance(found, Refused)
    assert found.code == f"HTTP_{status}"
    assert ("no such course" in found.message) is isinstance(body, dict)


@pytest.mark.parametrize("status", [409, 418])
def test_what_may_pass_is_tried_again(status: int) -> None:
    """A conflict, and what nobody knows."""
    assert isinstance(outcome_of(Response(status, {"message": "busy"})), Retry)


def test_a_retry_after_is_kept() -> None:
    """As long as the receiver asks for."""
    found = outcome_of(Response(429, None, {"Retry-After": "17"}))
    assert isinstance(found, Throttled)
    assert found.retry_after == 17


def test_no_answer_in_time_and_no_answer_at_all() -> None:
    """The first may have been taken, and nobody listens for the second."""
    with fake_receiver() as receiver:
        receiver.late = 60

        class Late:
            def random(self) -> float:
                return 0

            def choice(self, _of: Sequence[str]) -> str:
                return "late after"

        receiver.trouble = Late()  # type: ignore[assignment]
        with pytest.raises(TimedOut):
            with_webhook(receiver, send(), timeout=1)
        assert len(receiver.messages) == 1
        receiver.url = f"http://127.0.0.1:{free_port()}"
        with pytest.raises(Unavailable, match="nobody listens there"):
            with_webhook(receiver, send())


def test_every_secret_signs_with_the_time_of_sending() -> None:
    """So that a receiver may hold the old one or the new one, and refuses what is old."""
    old, new, other = map(new_secret, (1, 2, 3))
    with fake_receiver() as receiver:
        with_webhook(receiver, send(), secrets=[new, old])
        (request,) = receiver.requests
        for secret in (old, new):
            assert Webhook(secret).verify(request.body, dict(request.headers))
        with pytest.raises(WebhookVerificationError):
            Webhook(other).verify(request.body, dict(request.headers))
        with pytest.raises(AuthFailed):
            with_webhook(receiver, send(), now=lambda: datetime(2020, 1, 1, tzinfo=UTC))
        assert receiver.refused == ["Message timestamp too old"]


def test_a_message_is_signed_when_it_goes_out() -> None:
    """Not before it waits for the rate limit: receivers refuse what is older than some minutes."""
    with fake_receiver() as receiver:
        ahead = 0.0

        class SlowGate:
            async def take(self, calls: int = 1) -> None:  # noqa: ARG002
                nonlocal ahead
                ahead = 3600

        def now() -> datetime:
            return datetime.fromtimestamp(datetime.now(UTC).timestamp() - 3600 + ahead, UTC)

        async def use(connector: WebhookConnector) -> Sequence[Outcome]:
            connector._context.calls.take = SlowGate().take  # type: ignore[method-assign]  # noqa: SLF001
            return await connector.upsert("order.placed", [order()])

        assert with_webhook(receiver, use, now=now) == [Saved("")]


def test_headers_of_the_configuration_go_along() -> None:
    """With their secret values, which no error holds."""
    with fake_receiver([Response(401, {"message": "Bearer top-secret-token is not known"})]) as it:
        with pytest.raises(AuthFailed) as caught:
            with_webhook(it, send(), headers={"Authorization": "Bearer top-secret-token"})
        assert it.requests[0].headers["authorization"] == "Bearer top-secret-token"
        assert "top-secret-token" not in str(caught.value)


def test_one_message_a_call_unless_batches_are_configured() -> None:
    """In the order of the records."""
    with fake_receiver() as receiver:
        assert with_webhook(receiver, send(1, 2, 3)) == [Saved("")] * 3
        assert [request.body.count(b'"msg_') for request in receiver.requests] == [1, 1, 1]
        with_webhook(receiver, send(4, 5, 6), batch_size=2)
        assert [request.body.count(b'"msg_') for request in receiver.requests[3:]] == [2, 1]
        assert [one["data"]["key"] for one in receiver.messages] == list("123456")


def test_a_batch_with_a_refused_record_is_split_by_the_gateway() -> None:
    """The receiver took none of it."""
    with fake_receiver() as receiver:
        with pytest.raises(BatchRefused):
            with_webhook(receiver, send(1, 2, unwanted="x"), batch_size=2)
        (alone,) = with_webhook(receiver, send(1, unwanted="x"), batch_size=2)
        assert alone == Refused("UNWANTED", f"no {UNWANTED} here")
        assert not receiver.messages


def test_what_json_cannot_hold_is_refused() -> None:
    """Alone, and in words."""
    with fake_receiver() as receiver:
        (found,) = with_webhook(receiver, send(total=Decimal("Infinity")))
        assert isinstance(found, Refused)
        assert "JSON" in found.message
        assert not receiver.requests


def test_with_fold_a_record_is_remembered_by_its_key() -> None:
    """Without it nothing is: each event goes out once."""
    with fake_receiver() as receiver:
        assert with_webhook(receiver, send(1), fold=True) == [Saved("1")]
        assert with_webhook(receiver, _limits, fold=True).folds
        assert not with_webhook(receiver, _limits).folds


async def _limits(connector: WebhookConnector) -> Any:
    return connector.limits


async def _check(connector: WebhookConnector) -> Any:
    return await connector.check([])


def test_check_reaches_the_receiver_and_sends_nothing() -> None:
    """It answers 405 to what is no POST: that will do. A redirect and silence will not."""
    with fake_receiver() as receiver:
        assert with_webhook(receiver, _check) == []
        (request,) = receiver.requests
        assert (request.method, request.body) == ("HEAD", b"")
        assert not [name for name in request.headers if name.startswith("webhook-")]
    gone = FakeReceiver(url=f"http://127.0.0.1:{free_port()}")
    with pytest.raises(Unavailable):
        with_webhook(gone, _check)


def test_an_address_of_this_machine_is_refused_unless_allowed() -> None:
    """Before anything goes to it: when sending, and when checking."""
    with fake_receiver() as receiver:
        url = receiver.url.replace("http://127.0.0.1", "https://localhost")
        for use in (send(), _check):
            with pytest.raises(Misconfigured, match="allow_private"):
                with_webhook(receiver, use, url=url, allow_private=False)
        assert not receiver.requests


def test_closing_ends_all_connections() -> None:
    """Also twice."""
    with fake_receiver() as receiver:

        async def use(connector: WebhookConnector) -> None:
            await connector.upsert("order.placed", [order()])
            await connector.aclose()
            await asyncio.sleep(0)

        with_webhook(receiver, use)
