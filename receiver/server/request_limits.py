"""HTTP as uvicorn speaks it, with limits: on the size of a request's head, on the time that a
request takes to come and its answer to be taken, on what is sent ahead of an answer, on how many
connections are open. Who is turned away is told so in a problem, and gets to read it.
"""

from __future__ import annotations

import asyncio
import math
import sys
import urllib.parse
from typing import Any

import httptools
import structlog
import uvicorn
from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from receiver.http.problem_details import problem_response
from receiver.server.connections import Connections
from receiver.server.exchange import HttpExchange
from receiver.server.last_answer import LingeringTransport, raw_answer

HEAD_BYTES = 16 * 1024
HEADERS = 100
PATH_BYTES = 4096  # it is kept as it came and decoded, by up to four bytes a character
HEAD_SECONDS = 10.0
BODY_SECONDS = 30.0
ANSWER_SECONDS = 30.0  # in which a client takes its answer
# that many more bytes may take a second more: what is large is not slow
BYTES_PER_SECOND = 64 * 1024
# that much of what is not wanted is read, so that the answer is not lost in a reset
DROPPED_BYTES = 8 * 1024 * 1024
DROPPED_SECONDS = 5.0
# between two requests: longer than clients and proxies keep a connection, so that it is they who
# close it and no request meets an end
IDLE_SECONDS = 75.0
CROWDED_IDLE_SECONDS = 5.0

_END = b"\r\n\r\n"  # of a head, and of a body in chunks
_MOST_DIGITS = 18  # of a length; longer ones are beyond any limit
_UPGRADE = frozenset((b"upgrade", b"http2-settings"))
_CLOSE = {"Connection": "close"}
_HEADERS = {503: {**_CLOSE, "Retry-After": "10"}, 405: {**_CLOSE, "Allow": "GET, HEAD, POST"}}


class LimitedProtocol(HttpToolsProtocol):
    """One connection.

    A request is parsed once the one before it is answered; what comes ahead of that is held as
    bytes.

    There are no timers: `look` finds what has taken too long.
    """

    cycle: HttpExchange

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: Connections,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._shared = server_state
        self._arrived = 0  # bytes since the last whole request
        self._fields: list[bytes] = []  # names and values, until the head is whole
        self._in_body = False
        self._left: int | None = None  # bytes of the body; None where it comes in chunks
        self._tail = b""  # of what was parsed last: an end may be cut in two
        self._ahead = b""
        self._half_closed = False  # the other side sends nothing more
        self._deadline = math.inf
        self._late = math.inf  # the deadline that had passed at the last look
        self._keep_alive = True  # as the request under way wants it
        # bytes that are still read, and dropped, before the end; below 0: this is not the end
        self._dropping = -1
        self._unsent, self._taken_by = 0, math.inf

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        now = self.loop.time()
        self._deadline = now + HEAD_SECONDS
        if not self._shared.admit(now):
            self._answer(
                503,
                "The gateway has as many connections as it can serve. Send the event again later.",
                "connections",
            )
            transport.close()

    def data_received(self, data: bytes) -> None:
        if self._dropping >= 0:
            self._drop(len(data))
        else:
            self._take(data)

    def eof_received(self) -> bool:  # type: ignore[override]
        """Whoever has sent all of a request may stop sending and still gets its answer, if that has
        an end.

        True keeps the connection; not for an answer that would go on for ever.
        """
        self._half_closed = True
        return self._is_busy() and not self._in_body and self.cycle.end_input()

    # --- what comes in, piece by piece ---

    def _take(self, data: bytes) -> None:
        start, size = 0, len(data)
        while start < size and self._dropping < 0:
            if self._is_busy() and not self._in_body:
                self._hold(data[start:])
                return
            in_length = self._in_body and self._left is not None
            end = start + max(self._left or 0, 1) if in_length else self._next_end(data, start)
            part = data[start:end] if start or end < size else data
            start += len(part)
            self._arrived += len(part)
            if self._in_body or self._arrived <= HEAD_BYTES:
                self._parse(part)
            else:
                self._refuse(
                    431, f"The head of the request is larger than {HEAD_BYTES} bytes.", "head"
                )
        if self._arrived and self._dropping < 0:
            self._incomplete(size)

    def _next_end(self, data: bytes, start: int) -> int:
        """Where the head, or the body in chunks, may end, so that nothing behind it is parsed with
        it.
        """
        across = (self._tail + data[start : start + len(_END)]).find(_END) if self._tail else -1
        end = start + across - len(self._tail) if across >= 0 else data.find(_END, start)
        if across < 0 and end < 0:
            self._tail = (self._tail + data[start:])[-len(_END) + 1 :]
            return len(data)
        self._tail = b""
        return end + len(_END)

    def _hold(self, data: bytes) -> None:
        """Keep some of what comes ahead of an answer.

        Where it is too much, the answer is the connection's last.
        """
        self._ahead += data
        if len(self._ahead) > HEAD_BYTES:
            self._arrived, self._ahead = len(self._ahead), b""
            self.cycle.keep_alive = False
            self._let_linger()
            self._dropping, self._deadline = DROPPED_BYTES, math.inf

    def _parse(self, part: bytes) -> None:
        if self._in_body and self._left is not None:
            self._left -= len(part)
        try:
            self.parser.feed_data(part)
        except HttpParserUpgrade:
            if self._dropping < 0:
                self._stay()
        except HttpParserError:
            self._refuse(400, "This is no HTTP request.", "not_http")

    def _stay(self) -> None:
        """Serve a request that asks for another protocol in this one, as RFC 9110 allows: the
        parser would leave out its body.
        """
        method = self.parser.get_method()
        if method == b"CONNECT":
            self._refuse(405, "This is no proxy.", "not_http")
            return
        headers = [b": ".join(header) for header in self.headers if header[0] not in _UPGRADE]
        self.parser = HttpRequestParser(self)
        self._parse(b"\r\n".join([b"%b %b HTTP/1.1" % (method, self.url), *headers, b"", b""]))

    # --- what the parser finds ---

    def on_message_begin(self) -> None:
        self._left, self._fields = 0, []
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._dropping >= 0:
            return
        name = name.lower()
        if name == b"content-length":
            digits = value.lstrip(b"0") or b"0"
            self._left = int(digits) if len(digits) <= _MOST_DIGITS else sys.maxsize
        elif name == b"transfer-encoding":
            self._left = None
        elif name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self._fields += (name, value)
        if len(self._fields) > 2 * HEADERS:
            self._refuse(431, f"The request has more than {HEADERS} headers.", "head")

    def on_headers_complete(self) -> None:
        self.headers += zip(self._fields[::2], self._fields[1::2], strict=True)
        self._fields = []
        if self._dropping >= 0 or self.parser.should_upgrade():
            return
        if not self._set_address():
            self._refuse(414, f"The path is longer than {PATH_BYTES} bytes.", "head")
            return
        self._in_body = True
        self._deadline = math.inf
        self.cycle = HttpExchange(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue,
            keep_alive=self.scope["http_version"] != "1.0" and self.parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )
        self._start_asgi_task(self.cycle, self.app)

    def _set_address(self) -> bool:
        """Whether the path is short enough."""
        version = self.parser.get_http_version()
        address = httptools.parse_url(self.url)
        path = address.path or b"/"
        if len(path) > PATH_BYTES:
            return False
        text = path.decode("utf-8", "replace")
        self.scope["method"] = self.parser.get_method().decode("ascii")
        self.scope["http_version"] = version
        self.scope["path"] = urllib.parse.unquote(text) if "%" in text else text
        self.scope["raw_path"] = path
        self.scope["query_string"] = address.query or b""
        return True

    def on_body(self, body: bytes) -> None:
        if self._dropping < 0:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if self._dropping >= 0 or self.parser.should_upgrade():
            return
        if isinstance(self.cycle.transport, LingeringTransport) and not self.cycle.response_started:
            self.cycle.keep_alive = self._keep_alive
        self._arrived, self._in_body = 0, False
        if self._is_busy():
            self._deadline = math.inf  # all is there: it is us that it waits for
        super().on_message_complete()

    # --- the end of a request, or of the connection ---

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        self._release()
        if self._dropping >= 0 or self.transport.is_closing():
            return
        self.flow.resume_reading()
        crowded = self._shared.crowded
        self._deadline = self.loop.time() + (CROWDED_IDLE_SECONDS if crowded else IDLE_SECONDS)
        ahead, self._ahead = self._ahead, b""
        self._take(ahead)
        if self._half_closed and not self._is_busy() and not self.transport.is_closing():
            self.transport.close()

    def _release(self) -> None:
        """Let go of a request that is answered: its connection may stay for seconds."""
        self.scope = self.cycle = None  # type: ignore[assignment]
        self.headers, self.url = [], b""

    def shutdown(self) -> None:
        self._keep_alive = False
        super().shutdown()

    def look(self, now: float) -> None:
        """End the connection if something has taken too long.

        At the second look: what has come meanwhile, to a gateway that was busy, is read before it.
        """
        if self._is_stalled(now):
            self.transport.abort()
        elif now <= self._deadline or self.transport.is_closing():
            return
        elif self._late != self._deadline:
            self._late = self._deadline
        elif self._dropping >= 0 or not self._arrived:
            self.transport.close()
        elif self.flow.read_paused:
            self._deadline = now + HEAD_SECONDS  # it is us that it waits for
        elif self._in_body:
            self._refuse(408, f"The body did not come within {BODY_SECONDS:g} seconds.", "slow")
        else:
            self._refuse(
                408,
                f"The head of the request did not come within {HEAD_SECONDS:g} seconds.",
                "slow",
            )

    def end(self) -> None:
        """Close, once the other side had a chance to read what was sent: data that nobody read
        would make the system reset it.
        """
        if self.transport.is_closing():
            return
        if not self._arrived or self._half_closed:
            self._dropping = 0
            self.transport.close()
            return
        self._dropping = DROPPED_BYTES
        self._deadline = self.loop.time() + DROPPED_SECONDS
        self.flow.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()

    def _incomplete(self, came: int) -> None:
        """Only a part of a request is there."""
        if not self._in_body:
            if self._arrived <= came:  # the first of it
                self._deadline = self.loop.time() + HEAD_SECONDS
            return
        if self._deadline == math.inf:
            self._deadline = self.loop.time() + BODY_SECONDS
            self._linger()
        self._deadline += came / BYTES_PER_SECOND

    def _linger(self) -> None:
        """An answer before the body's end is to be the connection's last."""
        self._let_linger()
        self._keep_alive, self.cycle.keep_alive = self.cycle.keep_alive, False

    def _let_linger(self) -> None:
        """Who still sends gets to read the answer."""
        lingering = LingeringTransport(self.transport, self.end)
        self.cycle.transport = lingering  # type: ignore[assignment]

    def _drop(self, number: int) -> None:
        self._dropping -= number
        if self._dropping < 0:
            self._dropping = 0
            self.transport.close()

    def _is_busy(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _is_stalled(self, now: float) -> bool:
        """Whether the other side takes what waits for it too slowly, or not at all."""
        unsent = self.transport.get_write_buffer_size()
        if unsent == 0:
            self._unsent, self._taken_by = 0, math.inf
        elif self._taken_by == math.inf:
            self._unsent, self._taken_by = unsent, now + ANSWER_SECONDS + unsent / BYTES_PER_SECOND
        elif unsent > self._unsent:
            self._taken_by += (unsent - self._unsent) / BYTES_PER_SECOND
        self._unsent = unsent
        return now > self._taken_by

    def _refuse(self, status: int, detail: str, reason: str) -> None:
        """Answer and close.

        Say nothing where that would be taken for a part of an answer that has begun.
        """
        if self._dropping >= 0 or self.transport.is_closing():
            return
        structlog.get_logger().info(
            "http.refused",
            status=status,
            reason=reason,
            client=self.client[0] if self.client else None,
        )
        if self._is_busy():
            begun = self.cycle.response_started
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            if begun:
                self.transport.close()
                return
        self._answer(status, detail, reason)
        self.end()
        self._release()

    def _answer(self, status: int, detail: str, reason: str) -> None:
        self._shared.turned_away(reason)
        self.transport.write(
            raw_answer(
                problem_response(status, detail, headers=_HEADERS.get(status, _CLOSE)),
                self._shared.default_headers,
            )
        )
