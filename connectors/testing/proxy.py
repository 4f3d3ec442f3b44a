"""A reverse proxy between a connector and its account, over real sockets, that fails when it is
told to.

It speaks HTTP to the connector, and HTTP or HTTPS to the account. It has a thread and a loop of its
own, so it goes on where the connector holds the loop that it runs in.
"""

from __future__ import annotations

import asyncio
import http.client
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal, Self
from urllib.parse import urlsplit, urlunsplit

PATIENCE = 8.0
"""Seconds after which the proxy ends what the connector should have ended long before."""

ACCOUNT_SECONDS = 60.0
LARGEST_HEAD = 1 << 20
NOT_PASSED_ON = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Headers that speak of one connection, not of the message."""

Kind = Literal["answer", "cut", "silence", "trickle", "reset"]


@dataclass(frozen=True, slots=True)
class InjectedFault:
    """What befalls a request. `applied`: the account has done what was asked, its answer is lost.

    `answer` gives `status`, `headers` and `body`; `cut` closes in the middle of the account's
    answer; `silence` answers nothing; `trickle` begins an answer that never ends; `reset` resets
    the connection.
    """

    name: str  # for people: "503", "an HTML page with the status 200"
    kind: Kind = "answer"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    applied: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One request that reached the proxy; `taken` is what the gate had allowed by then."""

    method: str
    target: str
    taken: int


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def head(self, length: int | None = None) -> bytes:
        """Write the status line and the headers; `length` other than the body's is a lie."""
        has_body = self.status >= 200 and self.status not in (204, 304)  # noqa: PLR2004
        size = len(self.body) if length is None else length
        lines = [
            f"HTTP/1.1 {self.status} {self.reason}",
            *(f"{name}: {value}" for name, value in self.headers),
            *([f"Content-Length: {size}"] if has_body else []),
        ]
        return "\r\n".join((*lines, "", "")).encode("latin-1")


class FaultProxy:
    """Stands before the account at `account`, inside a `with`; a connector reaches it at `url`.

    `taken` says what the gate has allowed, and `beats` how often the connector's loop has come
    round: where that is given, no answer goes out before the loop has turned.
    """

    def __init__(
        self,
        account: str,
        taken: Callable[[], int] = lambda: 0,
        beats: Callable[[], int] | None = None,
    ) -> None:
        self.calls: list[Call] = []
        self.out_of_patience = False
        """Whether it had to end a call that the connector did not give up."""
        self.loop_was_held = False
        """Whether the connector's loop stood still while it had an answer to wait for."""
        self._account = urlsplit(account)
        self._taken, self._beats = taken, beats
        self._fault: InjectedFault | None = None
        self._first = 0
        self._port = 0
        self._connections: set[asyncio.Task[None]] = set()
        self._released: asyncio.Event
        self._loop: asyncio.AbstractEventLoop
        self._stop: asyncio.Event
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The account's address, but for its scheme, host and port."""
        place = f"127.0.0.1:{self._port}"
        return urlunsplit(("http", place, self._account.path, self._account.query, ""))

    @property
    def open_connections(self) -> int:
        return len(self._connections)

    def fail(self, fault: InjectedFault, first: int = 0) -> None:
        """Let this befall all requests from now on, but for so many that come before."""
        self._fault, self._first = fault, len(self.calls) + first

    def pass_on(self) -> None:
        """Pass on all requests from now on, and end what is still being kept waiting."""
        self._fault = None
        self._loop.call_soon_threadsafe(self._release)

    def _release(self) -> None:
        self._released.set()
        self._released = asyncio.Event()

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(ready)), name="fault proxy", daemon=True
        )
        self._thread.start()
        ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._thread is not None  # noqa: S101 - it was entered
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def _serve(self, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop, self._released = asyncio.Event(), asyncio.Event()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0, limit=LARGEST_HEAD)
        self._port = server.sockets[0].getsockname()[1]
        ready.set()
        await self._stop.wait()
        server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - asyncio runs this as one
        self._connections.add(task)
        try:
            while await self._exchange(reader, writer):
                pass
        except (asyncio.IncompleteReadError, asyncio.CancelledError, OSError):
            pass  # the connector has gone, or the proxy stops
        finally:
            self._connections.discard(task)
            writer.transport.abort()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; False where the connection is over."""
        request = await _read_request(reader)
        number = len(self.calls)
        self.calls.append(Call(request.method, request.target, self._taken()))
        if self._beats is not None:
            await self._wait_for_the_loop(self._beats)
        fault = self._fault if number >= self._first else None
        answer = (
            await asyncio.to_thread(self._ask_account, request)
            if fault is None or fault.applied
            else None
        )
        if fault is not None:
            return await self._befall(fault, request, answer, reader, writer)
        if answer is None:
            _reset(writer)
            return False
        writer.write(answer.head() + answer.body)
        await writer.drain()
        return True

    async def _wait_for_the_loop(self, beats: Callable[[], int]) -> None:
        seen, end = beats(), time.monotonic() + (0 if self.loop_was_held else PATIENCE)
        while beats() < seen + 2:
            if time.monotonic() > end:
                self.loop_was_held = True
                return
            await asyncio.sleep(0.005)

    async def _befall(
        self,
        fault: InjectedFault,
        request: _Request,
        answer: _Answer | None,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> bool:
        match fault.kind:
            case "answer":
                reason = http.client.responses.get(fault.status, "Unknown")
                given = _Answer(fault.status, reason, tuple(fault.headers.items()), fault.body)
                writer.write(given.head() + (b"" if request.method == "HEAD" else given.body))
                await writer.drain()
                return True
            case "cut":
                cut = answer or _Answer(200, "OK", (), b"{")
                writer.write(cut.head(len(cut.body) + 100) + cut.body[: len(cut.body) // 2])
                await writer.drain()
            case "silence":
                await self._keep_waiting(reader)
            case "trickle":
                kind = (("Content-Type", "application/json"),)
                writer.write(_Answer(200, "OK", kind, b"").head(1 << 30))
                await self._keep_waiting(reader, writer)
            case "reset":
                _reset(writer)
        return False

    async def _keep_waiting(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter | None = None
    ) -> None:
        """Give no answer, or blank by blank, until the connector hangs up or patience ends."""
        gone = asyncio.ensure_future(reader.read(1))
        released = asyncio.ensure_future(self._released.wait())
        end = time.monotonic() + (0 if self.out_of_patience else PATIENCE)
        try:
            while not (gone.done() or released.done()):
                if time.monotonic() > end:
                    self.out_of_patience = True
                    return
                if writer is not None:
                    writer.write(b" ")
                    await writer.drain()
                await asyncio.wait(
                    {gone, released}, timeout=0.1, return_when=asyncio.FIRST_COMPLETED
                )
        finally:
            for task in (gone, released):
                task.cancel()
            await asyncio.gather(gone, released, return_exceptions=True)

    def _ask_account(self, request: _Request) -> _Answer | None:
        """Pass a request on; None where the account gives no answer."""
        secure = self._account.scheme == "https"
        client = (http.client.HTTPSConnection if secure else http.client.HTTPConnection)(
            str(self._account.hostname), self._account.port, timeout=ACCOUNT_SECONDS
        )
        try:
            client.putrequest(request.method, request.target, skip_accept_encoding=True)
            for name, value in request.headers:
                client.putheader(name, value)
            if request.body or request.method not in ("GET", "HEAD", "DELETE"):
                client.putheader("Content-Length", str(len(request.body)))
            client.endheaders(request.body)
            answer = client.getresponse()
            headers = tuple(_passed_on(answer.getheaders()))
            return _Answer(answer.status, answer.reason, headers, answer.read())
        except (OSError, http.client.HTTPException):
            return None
        finally:
            client.close()


def _passed_on(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name.lower() not in NOT_PASSED_ON]


async def _read_request(reader: asyncio.StreamReader) -> _Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").rstrip()
    first, *lines = head.split("\r\n")
    method, target, _ = first.split(" ")
    parts = [line.partition(":") for line in lines]
    headers = [(name.strip(), value.strip()) for name, _, value in parts]
    named = {name.lower(): value for name, value in headers}
    if "chunked" in named.get("transfer-encoding", "").lower():
        body = await _read_chunks(reader)
    else:
        body = await reader.readexactly(int(named.get("content-length", "0")))
    return _Request(method, target, tuple(_passed_on(headers)), body)


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readuntil(b"\r\n")
    while (await reader.readuntil(b"\r\n")) != b"\r\n":
        pass  # trailers
    return body


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with a reset rather than in order."""
    raw = writer.get_extra_info("socket")
    with suppress(OSError):
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
