"""HTTP as uvicorn speaks it, with limits: on the size of a request's head, on the time that a request takes to come, on how many
connections are open. Who is turned away is told so in a problem, and gets to read it.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

import structlog
import uvicorn
from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from starlette.responses import Response
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from receiver.http.descriptor_limit import used_up
from receiver.http.problem_details import problem

HEAD_BYTES = 64 * 1024
HEAD_SECONDS = 10.0
BODY_SECONDS = 30.0
BODY_BYTES_PER_SECOND = 64 * 1024  # that many more bytes may take a second more: a large body is no slow one
DROPPED_BYTES = 8 * 1024 * 1024  # that much of what is not wanted is read, so that the answer is not lost in a reset
DROPPED_SECONDS = 5.0
STALLED_SECONDS = 30.0  # in which a client takes nothing of its answer
SILENCE_SECONDS = 60.0

_UPGRADE = frozenset((b"upgrade", b"http2-settings"))

_CLOSE = {"Connection": "close"}
_HEADERS = {503: {**_CLOSE, "Retry-After": "10"}, 405: {**_CLOSE, "Allow": "GET, HEAD, POST"}}

Count = Callable[[str], None]


class Connections(ServerState):
    """What the connections share: how many there may be, and who counts those that are turned away, by a reason."""

    def __init__(self, most: int, turned_away: Count) -> None:
        super().__init__()
        self.most = most
        self.turned_away = turned_away
        self._told: dict[str, float] = {}

    def admit(self, now: float) -> bool:
        """Whether one more may stay."""
        if len(self.connections) <= self.most:
            return True
        self._complain("http.connections_used_up", now)
        return False

    def sweep(self, now: float) -> None:
        """End what has taken too long; call it about once a second. uvloop says nothing of what it could not accept: it is told here."""
        if used_up():
            self._complain("http.descriptors_used_up", now)
        for connection in list(self.connections):
            if isinstance(connection, LimitedProtocol):
                connection.look(now)

    def _complain(self, event: str, now: float) -> None:
        """Once a minute, however many it concerns."""
        if now - self._told.get(event, -math.inf) > SILENCE_SECONDS:
            self._told[event] = now
            structlog.get_logger().error(event, connections=len(self.connections), most=self.most)


class LimitedProtocol(HttpToolsProtocol):
    """One connection. Requests that come whole, as nearly all do, cost no timer: `look` finds the others."""

    def __init__(
        self, config: uvicorn.Config, server_state: Connections, app_state: dict[str, Any], _loop: asyncio.AbstractEventLoop | None = None
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._shared = server_state
        self._arrived = 0  # bytes since the last whole request
        self._in_body = False
        self._deadline = math.inf
        self._keep_alive = True  # as the request under way wants it
        self._dropping = -1  # bytes that are still read, and dropped, before the end; below 0: this is not the end
        self._unsent, self._unsent_since = 0, 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        now = self.loop.time()
        self._deadline = now + HEAD_SECONDS
        if not self._shared.admit(now):
            self._answer(503, "The gateway has as many connections as it can serve. Send the event again later.", "connections")
            transport.close()

    def data_received(self, data: bytes) -> None:
        if self._dropping >= 0:
            self._drop(len(data))
            return
        self._arrived += len(data)
        self._unset_keepalive_if_required()
        self._parse(data)
        if self._arrived == 0:
            self._deadline = math.inf
        elif self._dropping < 0:
            self._incomplete(len(data))

    def on_headers_complete(self) -> None:
        if self._dropping >= 0 or self.parser.should_upgrade():
            return
        if self._arrived > HEAD_BYTES and self._head_bytes() > HEAD_BYTES:
            self._head_too_large()
            return
        self._in_body = True
        self._deadline = math.inf
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self._dropping < 0:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if self._dropping >= 0 or self.parser.should_upgrade():
            return
        if isinstance(self.cycle.transport, _Lingering) and not self.cycle.response_started:
            self.cycle.keep_alive = self._keep_alive
        self._arrived, self._in_body = 0, False
        super().on_message_complete()

    def shutdown(self) -> None:
        self._keep_alive = False
        super().shutdown()

    def look(self, now: float) -> None:
        """End the connection if something has taken too long."""
        if self._is_stalled(now):
            self.transport.abort()
        elif now <= self._deadline or self.transport.is_closing():
            return
        elif self._dropping >= 0 or not self._arrived:
            self.transport.close()
        elif self.flow.read_paused or (not self._in_body and self._is_busy()):
            self._deadline = now + HEAD_SECONDS  # it is us that it waits for
        elif self._in_body:
            self._refuse(408, f"The body did not come within {BODY_SECONDS:g} seconds.", "slow")
        else:
            self._refuse(408, f"The head of the request did not come within {HEAD_SECONDS:g} seconds.", "slow")

    def end(self) -> None:
        """Close, once the other side had a chance to read what was sent: data that nobody read would make the system reset it."""
        if self.transport.is_closing():
            return
        if not self._arrived:
            self.transport.close()
            return
        self._dropping = DROPPED_BYTES
        self._deadline = self.loop.time() + DROPPED_SECONDS
        self._unset_keepalive_if_required()
        self.flow.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()

    def _parse(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            if self._dropping < 0:
                self._stay(data[upgrade.args[0] :])
        except HttpParserError:
            self._refuse(400, "This is no HTTP request.", "not_http")

    def _stay(self, rest: bytes) -> None:
        """Serve a request that asks for another protocol in this one, as RFC 9110 allows: the parser would leave out its body."""
        method = self.parser.get_method()
        if method == b"CONNECT":
            self._refuse(405, "This is no proxy.", "not_http")
            return
        self.parser = HttpRequestParser(self)
        kept = (b": ".join(header) for header in self.headers if header[0] not in _UPGRADE)
        self._parse(b"\r\n".join([b"%b %b HTTP/1.1" % (method, self.url), *kept, b"", rest]))

    def _incomplete(self, came: int) -> None:
        """Only a part of a request is there."""
        if self._in_body:
            if self._deadline == math.inf:
                self._deadline = self.loop.time() + BODY_SECONDS
                self._linger()
            self._deadline += came / BODY_BYTES_PER_SECOND
        elif self._arrived > HEAD_BYTES:
            self._head_too_large()
        elif self._deadline == math.inf:
            self._deadline = self.loop.time() + HEAD_SECONDS

    def _linger(self) -> None:
        """An answer before the body's end is to be the connection's last."""
        self.cycle.transport = _Lingering(self)  # type: ignore[assignment]
        self._keep_alive, self.cycle.keep_alive = self.cycle.keep_alive, False

    def _head_bytes(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + len(": \r\n") for name, value in self.headers)

    def _head_too_large(self) -> None:
        self._refuse(431, f"The head of the request is larger than {HEAD_BYTES} bytes.", "head")

    def _drop(self, number: int) -> None:
        self._dropping -= number
        if self._dropping < 0:
            self._dropping = 0
            self.transport.close()

    def _is_busy(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _is_stalled(self, now: float) -> bool:
        """Whether the other side has long taken nothing of what waits for it."""
        unsent = self.transport.get_write_buffer_size()
        if unsent == 0 or unsent != self._unsent:
            self._unsent, self._unsent_since = unsent, now
        return now - self._unsent_since > STALLED_SECONDS

    def _refuse(self, status: int, detail: str, reason: str) -> None:
        """Answer and close. Say nothing where that would be taken for the answer to an earlier request, or for a part of one."""
        if self._dropping >= 0 or self.transport.is_closing():
            return
        structlog.get_logger().info("http.refused", status=status, reason=reason, client=self.client[0] if self.client else None)
        if self._is_busy() and not self._in_body:  # the requests before this one are answered, the last of them as the last
            self.cycle.keep_alive = False
            self._dropping, self._deadline = DROPPED_BYTES, math.inf
            return
        if self._is_busy():
            awaited = not self.cycle.response_started and not self.pipeline
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            if not awaited:
                self.transport.close()
                return
        self._answer(status, detail, reason)
        self.end()

    def _answer(self, status: int, detail: str, reason: str) -> None:
        self._shared.turned_away(reason)
        self.transport.write(_written(problem(status, detail, headers=_HEADERS.get(status, _CLOSE)), self._shared.default_headers))


class _Lingering:
    """The transport of a request whose body is still on its way: it closes in a way that lets the other side read the answer."""

    def __init__(self, protocol: LimitedProtocol) -> None:
        self.write = protocol.transport.write
        self.is_closing = protocol.transport.is_closing
        self.close = protocol.end


def _written(response: Response, headers: Sequence[tuple[bytes, bytes]]) -> bytes:
    status = f"HTTP/1.1 {response.status_code} {HTTPStatus(response.status_code).phrase}".encode()
    return b"\r\n".join([status, *(b": ".join(header) for header in (*headers, *response.raw_headers)), b"", bytes(response.body)])
