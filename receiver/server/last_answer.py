"""The answer that is a connection's last: written as bytes, and left to be read before the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from http import HTTPStatus

from starlette.responses import Response


class LingeringTransport:
    """The transport of a request whose body is still on its way: it closes in a way that lets the
    other side read the answer.
    """

    def __init__(self, transport: asyncio.Transport, end: Callable[[], None]) -> None:
        self.write = transport.write
        self.is_closing = transport.is_closing
        self.close = end


def raw_answer(response: Response, headers: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Write a response as HTTP/1.1, with the server's own headers before its own."""
    status = f"HTTP/1.1 {response.status_code} {HTTPStatus(response.status_code).phrase}".encode()
    return b"\r\n".join(
        [
            status,
            *(b": ".join(header) for header in (*headers, *response.raw_headers)),
            b"",
            bytes(response.body),
        ]
    )
