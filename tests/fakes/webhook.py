"""A receiver of webhooks as a real HTTP server: it takes only what the `standardwebhooks` package
verifies, applies each message once, and fails as receivers do.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any, Final

from standardwebhooks import Webhook, WebhookVerificationError

from tests.fakes.server import Request, Response, Server

TROUBLES: Final = ("429", "503", "reset before", "reset after", "late before", "late after")
"""How a call can fail: `after` the message was applied, or `before`."""

UNWANTED = "unwanted"
"""A field that it refuses, and the whole call for it."""


def new_secret(number: int = 1) -> str:
    """Make a signing secret of a number."""
    return "whsec_" + base64.b64encode(bytes([number]) * 32).decode()


@dataclass(slots=True)
class FakeReceiver:
    """`messages` are those that were applied, in that order, each id once; `repeated` are ids that
    came again. `answers` are given to the next calls, in place of 200; a call that is `late` is
    answered after so many seconds.
    """

    secret: str = field(default_factory=new_secret)
    url: str = ""
    answers: list[Response] = field(default_factory=list)
    trouble: Random | None = None
    share: float = 0.2
    late: float = 2.0
    requests: list[Request] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    async def answer(self, request: Request) -> Response | None:
        self.requests.append(request)
        if request.method != "POST":
            return Response(405)
        trouble = self._next_trouble()
        if trouble and not trouble.endswith("after"):
            return await self._fail(trouble)
        if self.answers:
            return self.answers.pop(0)
        try:
            Webhook(self.secret).verify(request.body, dict(request.headers), json_parse=False)
        except WebhookVerificationError as error:
            self.refused.append(str(error))
            return Response(401, {"error": str(error)})
        message = json.loads(request.body, parse_float=Decimal)
        assert request.headers["content-type"] == "application/json"
        assert message["id"] == request.headers["webhook-id"]
        messages = message["data"] if message["type"] == "batch" else [message]
        if any(UNWANTED in one["data"]["fields"] for one in messages):
            return Response(422, {"code": "UNWANTED", "message": f"no {UNWANTED} here"})
        for one in messages:
            self._apply(one)
        return await self._fail(trouble) if trouble else Response(200, "ok")

    @property
    def ids(self) -> list[str]:
        """The ids of the messages that were applied."""
        return [one["id"] for one in self.messages]

    def _apply(self, message: dict[str, Any]) -> None:
        known = {one["id"]: one for one in self.messages}
        if message["id"] in known:
            assert message["data"] == known[message["id"]]["data"]
            self.repeated.append(message["id"])
        else:
            self.messages.append(message)

    def _next_trouble(self) -> str:
        if self.trouble is None or self.trouble.random() >= self.share:
            return ""
        self.failed.append(self.trouble.choice(TROUBLES))
        return self.failed[-1]

    async def _fail(self, trouble: str) -> Response | None:
        if trouble == "429":
            return Response(429, "slow down", {"Retry-After": "1"})
        if trouble == "503":
            return Response(503, "<html>down for a moment</html>")
        if trouble.startswith("late"):
            await asyncio.sleep(self.late)
        return None


@contextmanager
def fake_receiver(answers: Sequence[Response] = ()) -> Iterator[FakeReceiver]:
    """Serve one until the block ends."""
    receiver = FakeReceiver(answers=list(answers))
    with Server(receiver.answer) as server:
        receiver.url = f"{server.url}/webhooks"
        yield receiver
