"""Requests that come in pieces, wherever these are cut, with others right behind them."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from receiver.server.connections import Connections
from receiver.server.request_limits import LimitedProtocol
from tests.server.wire import head

BODY = b"x" * 9
LONG = head(b"Content-Length: %d" % len(BODY)) + BODY
CHUNKED = head(b"Transfer-Encoding: chunked") + b"9\r\n%b\r\n0\r\n\r\n" % BODY
TRAILER = head(b"Transfer-Encoding: chunked") + b"9\r\n%b\r\n0\r\nX-Sum: 5\r\n\r\n" % BODY
LAST = head(b"Connection: close", start=b"GET /healthz")


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with what was asked, and how much came."""
    request = Request(scope, receive)
    text = f"<{request.method} {len(await request.body())}>"
    await PlainTextResponse(text)(scope, receive, send)


class Wire(asyncio.Transport):
    """Keeps what is written, so that the pieces that come are those that a test cuts."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = asyncio.Event()

    def write(self, data: Any) -> None:
        self.written += data

    def close(self) -> None:
        self.closed.set()

    def is_closing(self) -> bool:
        return self.closed.is_set()

    def get_write_buffer_size(self) -> int:
        return 0


async def send_pieces(pieces: list[bytes]) -> bytes:
    """What is answered by the time that the connection is closed."""
    config = uvicorn.Config(echo, http=LimitedProtocol, ws="none", lifespan="off", log_config=None)
    config.load()
    connections = Connections(10, lambda _reason: None)
    protocol = LimitedProtocol(config, connections, {}, asyncio.get_running_loop())
    wire = Wire()
    protocol.connection_made(wire)
    for piece in pieces:
        protocol.data_received(piece)
    async with asyncio.timeout(60):
        await wire.closed.wait()
    return wire.written


@pytest.mark.parametrize("first", [LONG, CHUNKED, TRAILER], ids=["length", "chunks", "trailer"])
def test_one_cut_anywhere(first: bytes) -> None:
    """Each request is answered, and none is taken for a part of the one before it."""
    data = first + LONG + LAST
    for cuts in [(one, other) for one in range(1, len(first)) for other in (one + 1, one + 3)]:
        pieces = [data[begin:end] for begin, end in pairwise((0, *cuts, len(data)))]
        answer = asyncio.run(send_pieces(pieces))
        found = [part.partition(b">")[0] for part in answer.split(b"<")[1:]]
        assert found == [b"POST 9", b"POST 9", b"GET 0"], cuts
