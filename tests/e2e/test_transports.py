"""How senders speak HTTP, through the real process: whatever way a call comes in, it is kept and
answered.
"""

from __future__ import annotations

import http.client
import json
import socket
import struct
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from tests.processes import TOKEN, Running, gateway, until, write_config

_numbers = count(1)

JSON_TYPE = b"Content-Type: application/json"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with gateway(write_config(tmp_path_factory.mktemp("transports"))) as running:
        yield running


def account(number: int | None = None) -> bytes:
    """Of somebody new, unless it is told of whom."""
    number = next(_numbers) if number is None else number
    body = {
        "id": number,
        "email": f"t{number}@example.edu",
        "date_registered": "Aug 11, 2020 04:58 PM",
    }
    return json.dumps(body).encode()


def connect(running: Running) -> socket.socket:
    host, _, port = running.url.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=30)


def request(
    body: bytes,
    *lines: bytes,
    path: bytes = TOKEN.encode(),
    method: bytes = b"POST",
    version: bytes = b"1.1",
) -> bytes:
    """As it goes over the wire."""
    start = b"%b /in/%b HTTP/%b" % (method, path, version)
    return b"\r\n".join([start, *lines, b"Content-Length: %d" % len(body), b"", body])


def answered(running: Running, data: bytes) -> bytes:
    """All that comes back until the gateway closes."""
    with connect(running) as client:
        client.sendall(data)
        return b"".join(iter(lambda: client.recv(65536), b""))


def is_kept(running: Running, number: int) -> bool:
    return bool(running.admin(f"/api/events?person=t{number}@example.edu")["items"])


@pytest.mark.parametrize("before", [b"\r\n", b"\r\n\r\n", b"\n\n"])
def test_blank_lines_before_a_request(running: Running, before: bytes) -> None:
    """Some senders end the request before with one too many."""
    answer = answered(running, before + request(account(), b"Host: x", b"Connection: close"))
    assert answer.startswith(b"HTTP/1.1 202 ")


def test_a_byte_order_mark_before_the_body(running: Running) -> None:
    """One is no part of it."""
    answer = answered(
        running, request(b"\xef\xbb\xbf" + account(), b"Host: x", b"Connection: close")
    )
    assert answer.startswith(b"HTTP/1.1 202 ")


@pytest.mark.parametrize(
    "behind",
    ["/", "?a=b", "/?a=b", "/account.created/", "/account.created?a=b", "/account.created/?a=/b"],
)
def test_a_slash_or_a_query_behind_an_address(running: Running, behind: str) -> None:
    """It is no part of the token or of the event's name."""
    path = f"{TOKEN}{behind}".encode()
    answer = answered(running, request(account(), b"Host: x", b"Connection: close", path=path))
    assert answer.startswith(b"HTTP/1.1 202 ")


@pytest.mark.parametrize(
    "path", [TOKEN, f"{TOKEN}/", f"{TOKEN}/order.placed", f"{TOKEN}/order.placed?a=b"]
)
def test_who_only_looks_is_greeted(running: Running, path: str) -> None:
    """With GET; HEAD has no body; any other method is told which there are.

    None of them says a secret.
    """
    answers = {
        method: answered(
            running,
            request(b"", b"Host: x", b"Connection: close", path=path.encode(), method=method),
        )
        for method in (b"GET", b"HEAD", b"PUT", b"DELETE", b"PATCH", b"OPTIONS")
    }
    assert b"ready to receive webhooks" in answers[b"GET"]
    head, _, body = answers[b"HEAD"].partition(b"\r\n\r\n")
    assert (head.startswith(b"HTTP/1.1 200 "), body) == (True, b"")
    for method in (b"PUT", b"DELETE", b"PATCH", b"OPTIONS"):
        assert answers[method].startswith(b"HTTP/1.1 405 ")
        assert b"\r\nallow: get, head, post\r\n" in answers[method].lower()
    assert not any(TOKEN.encode() in answer for answer in answers.values())


@pytest.mark.parametrize(
    "line",
    [
        JSON_TYPE,
        b"Content-Type: application/json; charset=iso-8859-1",
        b"Content-Type: text/plain",
        b"Content-Type: text/html",
        b"Content-Type: application/x-www-form-urlencoded",
        b"Content-Type: multipart/form-data",
        b"Content-Type:",
        b"Content-Type: \xff",
        b"X-None: x",
    ],
)
def test_any_content_type(running: Running, line: bytes) -> None:
    """What counts is what the body is."""
    answer = answered(running, request(account(), b"Host: x", b"Connection: close", line))
    assert answer.startswith(b"HTTP/1.1 202 ")


@pytest.mark.parametrize("host", [(b"Host: x",), ()])
@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
def test_an_old_http(running: Running, version: bytes, host: tuple[bytes, ...]) -> None:
    """With and without Host; in HTTP/1.0 the connection ends with the answer."""
    close = () if version == b"1.0" else (b"Connection: close",)
    answer = answered(running, request(account(), *host, *close, version=version))
    assert answer.split(b" ", 2)[1] == b"202"


def test_a_sender_that_expects_to_be_asked_for_the_body(running: Running) -> None:
    """It is, and then it is answered."""
    body = account()
    head = request(body, b"Host: x", b"Expect: 100-continue", b"Connection: close").removesuffix(
        body
    )
    with connect(running) as client:
        client.sendall(head)
        assert client.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(body)
        assert b"".join(iter(lambda: client.recv(65536), b"")).startswith(b"HTTP/1.1 202 ")


@pytest.mark.parametrize("pieces", [1, 3, 50])
def test_a_body_in_chunks(running: Running, pieces: int) -> None:
    """However many."""
    body = account()
    size = len(body) // pieces + 1
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
    head = (
        b"POST /in/%b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
    )
    answer = answered(running, head % TOKEN.encode() + chunks + b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 202 ")


@pytest.mark.parametrize("reset", [False, True])
def test_a_sender_that_does_not_wait_for_the_answer(running: Running, reset: bool) -> None:
    """What it sent is kept, whether it closes the connection or resets it."""
    number = next(_numbers)
    with connect(running) as client:
        client.sendall(request(account(number), b"Host: x"))
        if reset:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    until(lambda: is_kept(running, number), "the call is kept")


@pytest.mark.parametrize(("path", "status"), [(b"wrong", b"404"), (TOKEN.encode(), b"422")])
def test_a_connection_goes_on_after_a_refusal(running: Running, path: bytes, status: bytes) -> None:
    """Where the whole request came, the next one on the same connection is answered as if it were
    the first.
    """
    refused = request(b"{}", b"Host: x", path=path)
    with connect(running) as client:
        statuses = []
        for data in (refused, request(account(), b"Host: x"), refused):
            client.sendall(data)
            statuses.append(answer_on(client).split(b" ", 2)[1])
    assert statuses == [status, b"202", status]


def answer_on(client: socket.socket) -> bytes:
    """One answer, which ends with a JSON object, on a connection that goes on."""
    answer = client.recv(65536)
    while not answer.endswith(b"}"):
        more = client.recv(65536)
        assert more, answer
        answer += more
    return answer


def test_a_session_goes_on_after_a_body_that_is_too_large(running: Running) -> None:
    """The client is told to connect anew, and its next call is kept."""
    client = http.client.HTTPConnection(running.url.removeprefix("http://"), timeout=30)
    for body, status in ((b"a" * 1_048_577, 413), (account(), 202), (b"a" * 1_048_577, 413)):
        client.request("POST", f"/in/{TOKEN}", body)
        answer = client.getresponse()
        answer.read()
        assert answer.status == status
    client.close()


def test_two_requests_in_one_go(running: Running) -> None:
    """Both are answered, in their order."""
    first, second = account(), account()
    answer = answered(
        running, request(first, b"Host: x") + request(second, b"Host: x", b"Connection: close")
    )
    assert answer.count(b"HTTP/1.1 202 ") == 2


def test_equal_calls_at_once(running: Running) -> None:
    """Of six one is accepted; the others are its duplicates and say its id."""
    for _ in range(10):
        data = request(account(), b"Host: x", b"Connection: close")
        with ThreadPoolExecutor(6) as pool:
            answers = [
                json.loads(one.partition(b"\r\n\r\n")[2])
                for one in pool.map(answered, [running] * 6, [data] * 6)
            ]
        assert Counter(one["status"] for one in answers) == {"accepted": 1, "duplicate": 5}
        assert len({one["id"] for one in answers}) == 1
