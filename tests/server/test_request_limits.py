"""Requests that are too large, too slow, too many, or no requests at all."""

from __future__ import annotations

import asyncio
import inspect
import json
import re
import select
import socket
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
import uvloop
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http import httptools_impl

from receiver.aom import read_sample
from receiver.server import request_limits
from receiver.server.connections import Connections
from receiver.server.request_limits import LimitedProtocol
from tests.processes import TOKEN, Running, gateway, until, write_config

DOOR = f"POST /in/{TOKEN}".encode()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with gateway(write_config(tmp_path_factory.mktemp("protocol"))) as running:
        yield running


def connect(running: Running) -> socket.socket:
    host, _, port = running.url.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=30)


def sent(running: Running, data: bytes) -> bytes:
    """Everything that comes back until the gateway closes.

    Fails where the answer is lost in a reset.
    """
    with connect(running) as client:
        client.sendall(data)
        return b"".join(iter(lambda: client.recv(65536), b""))


def problem_in(answer: bytes) -> dict[str, Any]:
    """The one answer that there must be, as a problem."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head
    assert b"connection: close" in head
    problem: dict[str, Any] = json.loads(body)
    assert head.startswith(f"HTTP/1.1 {problem['status']} ".encode())
    return problem


def head(*lines: bytes, start: bytes = DOOR) -> bytes:
    return b"\r\n".join([start + b" HTTP/1.1", b"Host: x", *lines, b"", b""])


@pytest.mark.parametrize(
    "request_",
    [
        head(b"X-A: " + b"a" * 65536, b"Content-Length: 2") + b"{}",
        head(b"X-A: " + b"a" * 3_000_000),
        head(*(b"X-%d: a" % number for number in range(20_000))),
        head(start=DOOR + b"/" + b"a" * 65536),
    ],
    ids=["one line", "megabytes", "many lines", "path"],
)
def test_a_head_that_is_too_large(running: Running, request_: bytes) -> None:
    """431, and the connection is closed; what is left of it is not taken for a request."""
    assert problem_in(sent(running, request_))["status"] == 431


def test_a_head_within_the_limit(running: Running) -> None:
    """It may come together with a body that is larger than the limit of the head."""
    body = json.dumps(
        {
            "id": 1,
            "email": "a@b.edu",
            "date_registered": "Aug 11, 2020 04:58 PM",
            "more": "a" * 300_000,
        }
    ).encode()
    answer = sent(
        running,
        head(b"X-A: " + b"a" * 16_000, b"Connection: close", b"Content-Length: %d" % len(body))
        + body,
    )
    assert answer.startswith(b"HTTP/1.1 202 ")


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        head(start=b"GET  "),
    ],
)
def test_what_is_no_http(running: Running, data: bytes) -> None:
    """TLS on a plain port, HTTP/2, garbage: 400, as a problem."""
    assert problem_in(sent(running, data))["status"] == 400


def test_what_is_no_http_behind_a_request(running: Running) -> None:
    """The request is kept, so it gets its answer; what follows gets its own, and the connection is
    closed.
    """
    body = json.dumps(
        {"id": 7, "email": "a@b.edu", "date_registered": "Aug 11, 2020 04:58 PM"}
    ).encode()
    answer = sent(running, head(b"Content-Length: %d" % len(body)) + body + b"\0\0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 202 ")
    assert answer.count(b"HTTP/1.1 400 ") == 1


@pytest.mark.parametrize("closing", [b"Connection: close", b"X-A: a"])
@pytest.mark.parametrize(
    ("start", "status"), [(DOOR, 413), (b"POST /in/wrong", 404), (b"POST /events", 401)]
)
def test_an_answer_before_the_bodys_end_is_read(
    running: Running, start: bytes, status: int, closing: bytes
) -> None:
    """Whoever sends first and reads then, as most clients do, must see the answer and no reset."""
    for _ in range(5):
        answer = sent(
            running, head(closing, b"Content-Length: 5000000", start=start) + b"a" * 5_000_000
        )
        assert answer.startswith(f"HTTP/1.1 {status} ".encode())
        assert answer.count(b"HTTP/1.1") == 1


def test_a_body_of_any_size_is_not_read_for_ever(running: Running) -> None:
    """Behind an answer some megabytes are read and dropped; then the connection is closed."""
    with connect(running) as client:
        client.sendall(head(b"Content-Length: 1000000000000"))
        with pytest.raises(OSError, match=r"reset|[Bb]roken pipe"):
            send_for_ever(client)


def send_for_ever(client: socket.socket) -> None:
    while True:
        client.sendall(b"a" * 1_000_000)


@pytest.mark.parametrize("upgrade", [b"h2c", b"websocket"])
def test_a_wish_for_another_protocol_costs_no_body(running: Running, upgrade: bytes) -> None:
    """Java's client asks for h2c with its first POST: it is answered in HTTP/1.1, with all that it
    sent.
    """
    body = read_sample("order.placed") or b""
    lines = (
        b"Connection: Upgrade, HTTP2-Settings",
        b"Upgrade: " + upgrade,
        b"HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA",
    )
    data = head(*lines, b"Content-Length: %d" % len(body)) + body
    answer = sent(running, data + data + head(b"Connection: close", start=b"GET /healthz"))
    assert answer.count(b'"event":"order.placed"') == 2
    assert answer.endswith(b'{"status":"alive"}')


def test_a_request_in_pieces_keeps_its_connection(running: Running) -> None:
    """Head and body apart, as Python's client sends them, and again on the same connection."""
    body = read_sample("account.created") or b""
    with connect(running) as client:
        for _ in range(3):
            client.sendall(head(b"Content-Length: %d" % len(body)))
            client.sendall(body)
            answer = client.recv(65536)
            while not answer.endswith(b"}"):
                answer += client.recv(65536)
            assert b"connection: close" not in answer


def test_too_many_connections(tmp_path: Path) -> None:
    """One more than the system has room for is answered 503; once others are closed, it is
    served.
    """
    with gateway(
        write_config(tmp_path), prefix=["sh", "-c", 'ulimit -n 64; exec "$@"', "sh"]
    ) as running:
        clients = [connect(running) for _ in range(60)]
        until(lambda: '"http.connections_used_up"' in running.log.read_text(), "the log tells it")
        turned_away, _, _ = select.select(clients, [], [], 0)
        assert 0 < len(turned_away) < 60
        assert problem_in(turned_away[0].recv(65536))["status"] == 503
        for client in clients:
            client.close()
        until(lambda: _is_alive(running), "the gateway answers again")


def _is_alive(running: Running) -> bool:
    return sent(running, head(b"Connection: close", start=b"GET /healthz")).endswith(
        b'{"status":"alive"}'
    )


def test_descriptors_that_are_used_up_are_told(tmp_path: Path) -> None:
    """The log says so, and the gateway goes on once there are some again."""
    with gateway(write_config(tmp_path)) as running:
        pid = running.process.pid
        used = len(list(Path(f"/proc/{pid}/fd").iterdir()))
        limit(pid, used + 3)
        clients = [connect(running) for _ in range(20)]
        until(lambda: '"http.descriptors_used_up"' in running.log.read_text(), "the log tells it")
        for client in clients:
            client.close()
        until(lambda: _lives(running), "the gateway answers again")


def limit(pid: int, descriptors: int) -> None:
    resource = pytest.importorskip("resource")
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (descriptors, descriptors))


def _lives(running: Running) -> bool:
    try:
        return _is_alive(running)
    except OSError:
        return False


# --- with shorter times than the real ones ---


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
async def served(counted: Counter[str]) -> AsyncIterator[Callable[[], Awaitable[Streams]]]:
    """`echo` behind the protocol; gives what connects to it."""
    config = uvicorn.Config(echo, http=LimitedProtocol, lifespan="off", log_config=None)
    config.load()
    shared = Connections(100, lambda reason: counted.update([reason]))
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


# --- what is sent ahead of an answer ---


@pytest.mark.parametrize("count", [99, 101])
def test_the_number_of_headers(running: Running, count: int) -> None:
    """A hundred are taken, with Host; more are 431, however short."""
    lines = [b"X-%d: a" % number for number in range(count - 2)]
    answer = sent(running, head(b"Connection: close", *lines, start=b"GET /healthz"))
    assert answer.startswith(
        b"HTTP/1.1 200 " if count <= request_limits.HEADERS else b"HTTP/1.1 431 "
    )


def test_requests_sent_ahead_take_no_memory(running: Running) -> None:
    """Sixteen connections with 256 kB of tiny requests each: one of each is parsed at a time, and
    the rest is not kept.
    """
    before = running.resident_mb()
    clients = [connect(running) for _ in range(16)]
    for client in clients:
        client.sendall(b"GET / HTTP/1.1\r\n\r\n" * 14_000)
    for client in clients:
        with client:
            assert client.recv(65536).startswith(b"HTTP/1.1 404 ")
    assert running.resident_mb() - before < 40
    assert _is_alive(running)


def test_some_requests_sent_ahead_are_all_answered(running: Running) -> None:
    """In their order, each on its own, also where they come in pieces that end anywhere."""
    requests = b"".join(
        head(start=b"GET /healthz") if number % 2 else head(start=b"GET /x") for number in range(40)
    )
    requests += head(b"Connection: close", start=b"GET /healthz")
    for size in (1, 7, 1000, len(requests)):
        with connect(running) as client:
            for start in range(0, len(requests), size):
                client.sendall(requests[start : start + size])
            answer = b"".join(iter(lambda: client.recv(65536), b""))
        statuses = re.findall(rb"HTTP/1\.1 (\d+)", answer)
        assert statuses == [b"404", b"200"] * 20 + [b"200"]


def test_bodies_in_chunks_one_after_another(running: Running) -> None:
    """Their ends are found wherever the pieces are cut; a trailer that speaks of a length changes
    nothing.
    """
    body = read_sample("account.created") or b""
    chunked = b"%x\r\n%b\r\n0\r\nX-Sum: 5\r\n\r\n" % (len(body), body)
    one = head(b"Transfer-Encoding: chunked") + chunked
    for size in (1, 3, 10_000):
        with connect(running) as client:
            data = one + one + head(b"Connection: close", start=b"GET /healthz")
            for start in range(0, len(data), size):
                client.sendall(data[start : start + size])
            answer = b"".join(iter(lambda: client.recv(65536), b""))
        assert answer.count(b'"event":"account.created"') == 2
        assert answer.endswith(b'{"status":"alive"}')


@pytest.mark.parametrize("upgrade", [b"h2c", b"websocket"])
def test_many_wishes_for_another_protocol(running: Running, upgrade: bytes) -> None:
    """They are answered one by one, without depth, and the log has no long line of them."""
    one = head(b"Connection: Upgrade", b"Upgrade: " + upgrade, start=b"GET /healthz")
    answer = sent(running, one * 150 + head(b"Connection: close", start=b"GET /healthz"))
    assert answer.count(b"HTTP/1.1 200 ") == 151
    sent(running, one * 5000)
    assert max(map(len, running.log.read_text().splitlines())) < 2000


@pytest.mark.parametrize("ahead", [0, 1])
def test_a_sender_that_stops_sending_gets_its_answers(running: Running, ahead: int) -> None:
    """Half-closed connections are no closed ones: `nc -N` and some proxies do so right behind the
    request.
    """
    body = json.dumps(
        {"id": ahead, "email": f"half{ahead}@b.edu", "date_registered": "Aug 11, 2020 04:58 PM"}
    ).encode()
    with connect(running) as client:
        client.sendall(
            head(start=b"GET /healthz") * ahead + head(b"Content-Length: %d" % len(body)) + body
        )
        client.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    assert answer.count(b"HTTP/1.1 200 ") == ahead
    assert b'"status":"accepted"' in answer


def test_a_sender_that_sends_far_ahead_and_stops_gets_an_answer(running: Running) -> None:
    """Of requests beyond what is held ahead of an answer only the first is taken; that one is
    answered, and not dropped unsaid.
    """
    one = head(b"X-Padding: " + b"a" * 500, start=b"GET /healthz")
    with connect(running) as client:
        client.sendall(one * 100)
        client.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"connection: close" in answer


def test_a_sender_that_stops_in_the_middle(running: Running) -> None:
    """It gets no answer, and its connection is closed: nothing more can come."""
    for data in (b"", b"POST /in", head(b"Content-Length: 1000") + b"{"):
        with connect(running) as client:
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
            assert b"HTTP/1.1 2" not in b"".join(iter(lambda: client.recv(65536), b""))


def test_uvicorn_is_as_the_protocol_knows_it() -> None:
    """What is used of its private parts is there: where this fails, look at them before the upper
    bound in pyproject.toml is moved.
    """
    protocol_source = inspect.getsource(httptools_impl.HttpToolsProtocol)
    for name in (
        "_start_asgi_task",
        "on_message_begin",
        "on_response_complete",
        "timeout_keep_alive_task",
        "self.pipeline",
    ):
        assert name in protocol_source
    options = inspect.signature(httptools_impl.RequestResponseCycle).parameters
    assert list(options) == [
        *(
            "scope",
            "transport",
            "flow",
            "logger",
            "access_logger",
            "access_log",
            "default_headers",
            "message_event",
        ),
        *("expect_100_continue", "keep_alive", "on_response"),
    ]
    send = inspect.getsource(httptools_impl.RequestResponseCycle.send)
    for name in (
        "response_started",
        "response_complete",
        "self.message_event.set()",
        "self.on_response()",
        "self.flow.write_paused",
    ):
        assert name in send
