"""The proxy of the contract kit passes on what it is given, and fails as it is told to."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest

from connectors.testing.proxy import FaultProxy, InjectedFault
from tests.fakes.server import Request, Response, Server
from tests.fakes.tls import self_signed


class Account:
    """Answers with what it was asked."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    async def answer(self, request: Request) -> Response:
        self.requests.append(request)
        said = {"method": request.method, "target": request.target, "body": request.body.decode()}
        return Response(201, said, {"X-Account": "here"})


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.fixture
def server(account: Account) -> Iterator[Server]:
    with Server(account.answer) as server:
        yield server


@pytest.fixture
def proxy(server: Server) -> Iterator[FaultProxy]:
    with FaultProxy(f"{server.url}/base") as proxy:
        yield proxy


def test_a_call_passes_both_ways(proxy: FaultProxy, account: Account) -> None:
    """With its address, headers and body; the answer with its status and headers."""
    answer = httpx.put(f"{proxy.url}/a%20b?c=d%26e", content=b"body", headers={"X-Key": "k"})
    assert answer.status_code == 201
    assert answer.headers["X-Account"] == "here"
    assert answer.json() == {"method": "PUT", "target": "/base/a%20b?c=d%26e", "body": "body"}
    assert account.requests[0].headers["x-key"] == "k"
    assert [(call.method, call.target) for call in proxy.calls] == [("PUT", "/base/a%20b?c=d%26e")]


def test_a_body_may_come_in_chunks(proxy: FaultProxy, account: Account) -> None:
    """As clients send what has no length yet."""
    httpx.post(proxy.url, content=iter([b"one ", b"", b"two"]))
    assert account.requests[0].body == b"one two"


def test_a_connection_serves_many_calls_and_is_counted(proxy: FaultProxy) -> None:
    """Until the client closes it."""
    with httpx.Client() as client:
        assert [client.get(proxy.url).status_code for _ in range(3)] == [201] * 3
        assert proxy.open_connections == 1


@pytest.mark.parametrize(
    ("fault", "reached"),
    [
        (InjectedFault("reset", "reset"), 0),
        (InjectedFault("reset", "reset", applied=True), 1),
        (InjectedFault("cut", "cut", applied=True), 1),
        (InjectedFault("cut", "cut"), 0),
    ],
)
def test_a_connection_is_lost_before_or_after(
    fault: InjectedFault, reached: int, proxy: FaultProxy, account: Account
) -> None:
    """The account has done what was asked, or knows nothing of it."""
    proxy.fail(fault)
    with pytest.raises(httpx.TransportError):
        httpx.post(proxy.url, content=b"x")
    assert len(account.requests) == reached
    proxy.pass_on()
    assert httpx.post(proxy.url, content=b"x").status_code == 201


def test_a_fault_may_leave_the_first_calls_alone(proxy: FaultProxy) -> None:
    """It befalls those that follow, until it is lifted."""
    proxy.fail(InjectedFault("503", status=503, headers={"Retry-After": "9"}), first=1)
    answers = [httpx.get(proxy.url) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 503, 503]
    assert answers[1].headers["Retry-After"] == "9"


@pytest.mark.parametrize("kind", ["silence", "trickle"])
def test_silence_lasts_until_the_client_hangs_up_or_it_is_lifted(
    proxy: FaultProxy, kind: str
) -> None:
    """A client that gives up in time costs no patience."""
    proxy.fail(InjectedFault(kind, kind))  # type: ignore[arg-type]

    async def give_up() -> None:
        async with httpx.AsyncClient(timeout=None) as client:  # noqa: S113 - it is given up
            call = asyncio.create_task(client.get(proxy.url))
            while not proxy.calls:
                await asyncio.sleep(0.01)
            call.cancel()
            await asyncio.gather(call, return_exceptions=True)

    asyncio.run(give_up())
    assert not proxy.out_of_patience


def test_an_account_behind_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connector speaks HTTP to the proxy, and that HTTPS to the account."""
    certificate = self_signed(tmp_path / "server.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with HTTPServer(("127.0.0.1", 0), Hello) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            with FaultProxy(f"https://127.0.0.1:{server.server_port}") as proxy:
                assert proxy.url.startswith("http://")
                assert httpx.get(proxy.url).text == "hello"
        finally:
            server.shutdown()
            thread.join()


class Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_an_account_that_is_gone_is_a_reset(server: Server, proxy: FaultProxy) -> None:
    """The proxy makes up no answer."""
    server.stop()
    with pytest.raises(httpx.TransportError):
        httpx.get(proxy.url)
