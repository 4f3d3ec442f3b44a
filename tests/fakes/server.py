"""HTTP/1.1 as far as a fake needs it, on a thread and loop of its own: keep-alive, bodies with a
length, and hanging up when told to.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Request:
    """`target` is the address as it came, `path` and `query` are its parts, decoded; header names
    are in lower case.
    """

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def path(self) -> str:
        return unquote(urlsplit(self.target).path)

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Response:
    """A `body` that is text goes out as HTML, None as nothing, anything else as JSON; `headers` may
    say another type.
    """

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        kind, body = (
            ("text/html", self.body.encode())
            if isinstance(self.body, str)
            else ("application/json", _json(self.body))
        )
        head = {
            "Content-Type": f"{kind};charset=UTF-8",
            **self.headers,
            "Content-Length": str(len(body)),
        }
        lines = [
            f"HTTP/1.1 {self.status} {_reason(self.status)}",
            *(f"{name}: {value}" for name, value in head.items()),
        ]
        return "\r\n".join((*lines, "", "")).encode("latin-1") + body


Handler = Callable[[Request], Awaitable[Response | None]]
"""Answers a request; None hangs up without an answer."""


class Server:
    """Serves from `start` to `stop`, or inside a `with`.

    Port 0 takes a free one; a server that was stopped starts again on its own.
    """

    def __init__(self, handler: Handler, port: int = 0) -> None:
        self.port = port
        self._handler = handler
        self._connections: set[asyncio.Task[None]] = set()
        self._failure: OSError | None = None
        self._loop: asyncio.AbstractEventLoop
        self._stop: asyncio.Event
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Self:
        """Raises OSError where the port can't be had."""
        ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(ready)), name="fake", daemon=True
        )
        self._thread.start()
        ready.wait()
        if self._failure:
            raise self._failure
        return self

    def stop(self) -> None:
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()
            self._thread = None

    def join(self) -> None:
        """Return when the server has stopped."""
        if self._thread is not None:
            self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def _serve(self, ready: threading.Event) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        try:
            server = await asyncio.start_server(self._connection, "127.0.0.1", self.port)
            self.port = server.sockets[0].getsockname()[1]
        except OSError as error:
            self._failure = error
            return
        finally:
            ready.set()
        await self._stop.wait()
        server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await server.wait_closed()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            await self._talk(reader, writer)
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass  # the client has gone, or the server stops
        finally:
            self._connections.discard(task)
            writer.transport.abort()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (response := await self._handler(await _read(reader))) is not None:
            writer.write(response.encoded())
            await writer.drain()


async def _read(reader: asyncio.StreamReader) -> Request:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").rstrip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines)
    }
    return Request(
        method, target, headers, await reader.readexactly(int(headers.get("content-length", "0")))
    )


def _json(body: Any) -> bytes:
    return b"" if body is None else json.dumps(body, default=sorted).encode()  # sets in order


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
