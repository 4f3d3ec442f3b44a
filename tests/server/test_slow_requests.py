"""Requests that come too slowly, and answers that nobody takes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import uvicorn
import uvloop
from starlette.types import Receive, Scope, Send

from receiver.server import request_limits
from receiver.server.connections import Connections
from receiver.server.request_limits import LimitedProtocol
from tests.server.wire import head, problem_in


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers 200 with the length of the body once it is there, and nothing if it never comes."""
    length = 0
    while (message := await receive())["type"] == "http.request":
        length += len(message.get("body", b""))
        if not message.get("more_body"):
            await asyncio.sleep(1 if scope["path"] == "/later" else 0)
            body = (str(length) if scope["path"] != "/large" else "x" * 20_000_000).encode()
            await send(
                {
                    "type": "http.response.start",
                    "status": 200,
                    "headers": [(b"content-length", str(len(body)).encode())],
                }
            )
            await send({"type": "http.response.body", "body": body})
            return


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def served(
    counted: Counter[str], shared: Connections | None = None
) -> AsyncIterator[Callable[[], Awaitable[Streams]]]:
    """`echo` behind the protocol; gives what connects to it."""
    config = uvicorn.Config(echo, http=LimitedProtocol, lifespan="off", log_config=None)
    config.load()
    shared = shared or Connections(100, lambda reason: counted.update([reason]))
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(
        lambda: LimitedProtocol(config, shared, {}), "127.0.0.1", 0
    )

    async def sweep() -> None:
        while True:
            shared.sweep(loop.time())
            await asyncio.sleep(0.02)

    sweeping = asyncio.create_task(sweep())
    try:
        yield lambda: asyncio.open_connection(*listening.sockets[0].getsockname())
    finally:
        sweeping.cancel()
        for connection in list(shared.connections):
            connection.shutdown()
        listening.close()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (
            b"POST /in/x HTTP/1.1\r\nHost: x",
            "The head of the request did not come within 0.3 seconds.",
        ),
        (b"\r\n", "The head of the request did not come within 0.3 seconds."),
        (head(b"Content-Length: 10") + b"123", "The body did not come within 0.3 seconds."),
        (
            head(b"Transfer-Encoding: chunked") + b"3\r\n123\r\n",
            "The body did not come within 0.3 seconds.",
        ),
    ],
)
def test_a_request_that_never_ends(monkeypatch: pytest.MonkeyPatch, data: bytes, says: str) -> None:
    """408, and the connection is closed, though a byte comes now and then."""
    monkeypatch.setattr(request_limits, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(request_limits, "BODY_SECONDS", 0.3)
    counted = Counter[str]()

    async def main() -> None:
        async with served(counted) as connect, asyncio.timeout(20):
            reader, writer = await connect()
            writer.write(data)
            problem = problem_in(await reader.read())
            assert (problem["status"], problem["detail"]) == (408, says)
            writer.close()

    uvloop.run(main())
    assert counted == {"slow": 1}


def test_a_connection_without_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is closed without a word: some clients connect before they have anything to say."""
    monkeypatch.setattr(request_limits, "HEAD_SECONDS", 0.3)
    counted = Counter[str]()

    async def main() -> None:
        async with served(counted) as connect, asyncio.timeout(20):
            reader, writer = await connect()
            assert await reader.read() == b""
            writer.close()

    uvloop.run(main())
    assert not counted


@pytest.mark.parametrize(("others", "ends"), [(0, False), (51, True)])
def test_a_connection_between_two_requests(
    monkeypatch: pytest.MonkeyPatch, others: int, ends: bool
) -> None:
    """It stays for longer than its client keeps it; not for long where half of all are in use."""
    monkeypatch.setattr(request_limits, "CROWDED_IDLE_SECONDS", 0.1)

    async def main() -> None:
        async with served(Counter()) as connect, asyncio.timeout(60):
            crowd = [await connect() for _ in range(others)]
            reader, writer = await connect()
            writer.write(head(b"Content-Length: 1") + b"1")
            await reader.readuntil(b"\r\n\r\n1")
            if ends:
                assert await reader.read() == b""
            else:
                await asyncio.sleep(0.5)
                writer.write(head(b"Content-Length: 2") + b"12")
                await reader.readuntil(b"\r\n\r\n2")
            for _, other in (*crowd, (reader, writer)):
                other.close()

    uvloop.run(main())


def test_what_came_while_the_gateway_was_busy_is_read_before_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A request that lies in the socket when its connection has been idle for too long."""
    monkeypatch.setattr(request_limits, "IDLE_SECONDS", 5.0)
    shared = Connections(100, lambda _reason: None)

    async def main() -> None:
        async with served(Counter(), shared) as connect, asyncio.timeout(60):
            reader, writer = await connect()
            writer.write(head(b"Content-Length: 1") + b"1")
            await reader.readuntil(b"\r\n\r\n1")
            writer.write(head(b"Content-Length: 2") + b"12")
            shared.sweep(asyncio.get_running_loop().time() + 6)  # before the loop has read it
            await reader.readuntil(b"\r\n\r\n2")
            shared.sweep(asyncio.get_running_loop().time() + 6)
            shared.sweep(asyncio.get_running_loop().time() + 7)
            assert await reader.read() == b""
            writer.close()

    uvloop.run(main())


def test_a_large_body_gets_more_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes steadily is no slow request, however long it takes in all."""
    monkeypatch.setattr(request_limits, "BODY_SECONDS", 0.2)
    monkeypatch.setattr(request_limits, "BYTES_PER_SECOND", 10_000)

    async def main() -> None:
        async with served(Counter()) as connect, asyncio.timeout(20):
            reader, writer = await connect()
            writer.write(head(b"Connection: close", b"Content-Length: 10000"))
            for _ in range(10):
                writer.write(b"a" * 1000)
                await asyncio.sleep(0.08)
            assert (await reader.read()).endswith(b"10000")
            writer.close()

    uvloop.run(main())


@pytest.mark.parametrize("framed", [b"Content-Length: 10", b"Transfer-Encoding: chunked"])
def test_an_answer_that_takes_longer_than_a_body_may(
    monkeypatch: pytest.MonkeyPatch, framed: bytes
) -> None:
    """Once a body is there, in however many pieces, nobody is hung up on for the time that the
    gateway takes.
    """
    monkeypatch.setattr(request_limits, "BODY_SECONDS", 0.2)
    monkeypatch.setattr(request_limits, "BYTES_PER_SECOND", 1_000_000_000)
    pieces = (
        (b"12345", b"67890")
        if b"Length" in framed
        else (b"5\r\n12345\r\n", b"5\r\n67890\r\n0\r\n\r\n")
    )

    async def main() -> None:
        async with served(Counter()) as connect, asyncio.timeout(20):
            reader, writer = await connect()
            writer.write(head(b"Connection: close", framed, start=b"POST /later"))
            for piece in pieces:
                await writer.drain()
                await asyncio.sleep(0.02)
                writer.write(piece)
            assert (await reader.read()).endswith(b"10")
            writer.close()

    uvloop.run(main())


def test_an_answer_that_nobody_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection is ended, with all that waits for it."""
    monkeypatch.setattr(request_limits, "ANSWER_SECONDS", 0.3)
    monkeypatch.setattr(request_limits, "BYTES_PER_SECOND", 1_000_000_000)

    async def main() -> None:
        async with served(Counter()) as connect, asyncio.timeout(20):
            reader, writer = await connect()
            writer.write(head(start=b"GET /large"))
            await reader.readuntil(b"\r\n\r\n")
            await asyncio.sleep(1)
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await reader.readexactly(20_000_000)
            writer.close()

    uvloop.run(main())


def test_an_answer_that_is_taken_drop_by_drop(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has a time in all: who reads a little now and then is ended as well."""
    monkeypatch.setattr(request_limits, "ANSWER_SECONDS", 0.3)
    monkeypatch.setattr(request_limits, "BYTES_PER_SECOND", 1_000_000_000)

    async def main() -> None:
        async with served(Counter()) as connect, asyncio.timeout(20):
            reader, writer = await connect()
            writer.write(head(start=b"GET /large"))
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await take_for_ever(reader)
            writer.close()

    uvloop.run(main())


async def take_for_ever(reader: asyncio.StreamReader) -> None:
    while True:
        await reader.readexactly(20_000)
        await asyncio.sleep(0.02)
