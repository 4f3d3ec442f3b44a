"""Requests that are too large, too many, or no requests at all."""

from __future__ import annotations

import inspect
import json
import select
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from uvicorn.protocols.http import httptools_impl

from receiver.aom import read_sample
from receiver.server import request_limits
from tests.processes import Running, gateway, until, write_config
from tests.server.wire import DOOR, connect, head, is_alive, problem_in, sent


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with gateway(write_config(tmp_path_factory.mktemp("limits"))) as running:
        yield running


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
        until(lambda: is_alive(running), "the gateway answers again")


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
        return is_alive(running)
    except OSError:
        return False


@pytest.mark.parametrize("count", [99, 101])
def test_the_number_of_headers(running: Running, count: int) -> None:
    """A hundred are taken, with Host; more are 431, however short."""
    lines = [b"X-%d: a" % number for number in range(count - 2)]
    answer = sent(running, head(b"Connection: close", *lines, start=b"GET /healthz"))
    assert answer.startswith(
        b"HTTP/1.1 200 " if count <= request_limits.HEADERS else b"HTTP/1.1 431 "
    )


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
