"""What connections cost without a token: they may be many, and their heads as bad as can be."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from receiver.server import request_limits
from tests.processes import Running, gateway, until, write_config
from tests.server.wire import connect, head, is_alive, sent


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with gateway(write_config(tmp_path_factory.mktemp("memory"))) as running:
        yield running


def test_requests_sent_ahead_take_no_memory(running: Running) -> None:
    """Sixteen connections with 256 kB of tiny requests each: one of each is parsed at a time, and
    the rest is not kept.
    """
    before = running.resident_mb()
    clients = [connect(running) for _ in range(16)]
    for client in clients:
        client.sendall(b"GET /x HTTP/1.1\r\n\r\n" * 14_000)
    for client in clients:
        with client:
            assert client.recv(65536).startswith(b"HTTP/1.1 404 ")
    assert running.resident_mb() - before < 40
    assert is_alive(running)


CONNECTIONS = 9_900
OPEN_FILES = CONNECTIONS + 300
LINES = [b"X-%03d: " % number + b"a" * 155 for number in range(95)]
LONG_PATH = b"POST /in/x/%F0%9F%98%80"  # a character beyond U+FFFF makes four bytes of each

WORST = {
    "head that does not end": head(*LINES)[:-2],
    "body that does not come": head(*LINES, b"Content-Length: 9", start=b"POST /in/unknown"),
    "next request": head(*LINES, start=b"GET /healthz"),
    "long path": head(b"Content-Length: 9", start=LONG_PATH + b"a" * 4_050),
    "longer path": head(b"Content-Length: 9", start=LONG_PATH + b"a" * 16_000),
}


@pytest.fixture
def open_files() -> Iterator[None]:
    """As many as the test's side of the connections needs."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < OPEN_FILES:
        pytest.skip(f"{OPEN_FILES} open files are needed, and the system allows {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, OPEN_FILES), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def open_all(running: Running, number: int, data: bytes) -> list[socket.socket]:
    """So many connections, each with this sent on it and read by the gateway."""
    clients = [connect(running) for _ in range(number)]
    for client in clients:
        with suppress(ConnectionError):
            client.sendall(data)
    until(lambda: _is_read(running), "the gateway has read all")
    return clients


def _is_read(running: Running) -> bool:
    """Whether nothing that came to its port waits in the system."""
    port = f":{int(running.url.rpartition(':')[2]):04X}"
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    waiting = [one.split() for one in lines]
    return not any(
        one[1].endswith(port) and one[3] == "01" and one[4].rpartition(":")[2] != "00000000"
        for one in waiting
    )


def test_ten_thousand_connections_with_the_worst_head(tmp_path: Path, open_files: None) -> None:
    """They stay under 500 MB: 16 KiB each, in nearly a hundred headers that never end."""
    with gateway(write_config(tmp_path)) as running:
        clients = open_all(running, CONNECTIONS, WORST["head that does not end"])
        assert running.most_resident_mb() < 500
        for client in clients:
            client.close()
        until(lambda: is_alive(running), "the gateway answers again")


@pytest.mark.parametrize("kind", WORST)
def test_what_a_connection_costs(tmp_path: Path, open_files: None, kind: str) -> None:
    """Of any kind of head so little that ten thousand of them stay under 500 MB, also once the
    request is answered.
    """
    number = 1_000
    with gateway(write_config(tmp_path)) as running:
        for client in open_all(running, 50, WORST[kind]):
            client.close()
        until(lambda: is_alive(running), "what all share is there")
        before = running.resident_mb()
        clients = open_all(running, number, WORST[kind])
        cost = (running.most_resident_mb() - before) / number
        for client in clients:
            client.close()
    assert before + 10_000 * cost < 500


@pytest.mark.parametrize(
    ("length", "status"), [(request_limits.PATH_BYTES, 404), (request_limits.PATH_BYTES + 1, 414)]
)
def test_the_length_of_a_path(running: Running, length: int, status: int) -> None:
    """What follows the question mark does not count; what comes behind the request is not taken for
    another, also where the sender has stopped.
    """
    path = b"/" + b"a" * (length - 1)
    one = head(b"Content-Length: 3", start=b"POST " + path + b"?" + b"b" * 5_000) + b"{}\n"
    answer = sent(running, one + head(b"Connection: close", start=b"GET /healthz"))
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert answer.count(b"HTTP/1.1 ") == (2 if status == 404 else 1)
    with connect(running) as client:
        client.sendall(head(start=b"GET /healthz") + one)
        client.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    assert re.findall(rb"HTTP/1\.1 (\d+)", answer) == [b"200", b"%d" % status]
    assert "Traceback" not in running.log.read_text()
