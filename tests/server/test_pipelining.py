"""What is sent ahead of an answer, and senders that stop sending."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator

import pytest

from receiver.aom import read_sample
from tests.processes import Running, gateway, write_config
from tests.server.wire import connect, head, sent


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with gateway(write_config(tmp_path_factory.mktemp("pipelining"))) as running:
        yield running


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
