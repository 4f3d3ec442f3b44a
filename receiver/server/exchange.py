"""One request and its answer."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

if TYPE_CHECKING:
    from uvicorn._types import ASGISendEvent, HTTPResponseStartEvent


_EVENT_STREAM = b"text/event-stream; charset=utf-8"


class HttpExchange(RequestResponseCycle):
    """An answer that is there at once, as nearly all are, goes out in one write; any other goes the
    way of uvicorn.

    A failure between the start of an answer and its body has sent nothing yet, and is answered 500.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._start: HTTPResponseStartEvent | None = None  # not sent yet
        self._is_endless = False  # the answer
        self._input_ended = False

    def end_input(self) -> bool:
        """The client sends nothing more. Returns whether it still waits for its answer: whoever
        follows one without an end, and closes, is gone.
        """
        self._input_ended = True
        return not (self.response_complete or self._is_endless)

    async def send(self, message: ASGISendEvent) -> None:
        if message["type"] == "http.response.start" and not self.response_started:
            self._start = message
            self._is_endless = (b"content-type", _EVENT_STREAM) in message.get("headers", ())
            if self._is_endless and self._input_ended:
                self.transport.close()
            return
        if self._start is not None:
            start, self._start = self._start, None
            if message["type"] == "http.response.body" and self._send_whole(start, message):
                return
            await super().send(start)
        await super().send(message)

    def _send_whole(self, start: HTTPResponseStartEvent, message: Any) -> bool:
        """Whether it could be sent so."""
        body = message.get("body", b"")
        if message.get("more_body") or self.disconnected or self.flow.write_paused:
            return False
        head = self._head(start, len(body))
        if head is None:
            return False
        self.response_started = self.response_complete = True
        self.message_event.set()
        self.transport.write(head + body)
        if not self.keep_alive:
            self.transport.close()
        self.on_response()
        return True

    def _head(self, start: HTTPResponseStartEvent, length: int) -> bytes | None:
        """None where it is not simple: no plain length, or a header that needs to be looked at, or
        that would be two lines.
        """
        parts, lines, length_header = [STATUS_LINE[start["status"]]], 2, None
        for name, value in chain(self.default_headers, start.get("headers", ())):
            if name == b"connection":
                return None
            if name == b"content-length":
                length_header = value
            parts += (name, b": ", value, b"\r\n")
            lines += 1
        if length_header != b"%d" % length or self.scope["method"] == "HEAD":
            return None
        if not self.keep_alive:
            parts.append(b"connection: close\r\n")
            lines += 1
        parts.append(b"\r\n")
        head = b"".join(parts)
        return (
            head if head.count(b"\n") == head.count(b"\r") == lines and b"\0" not in head else None
        )
