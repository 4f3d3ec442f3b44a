"""Reads the body of a request, up to a limit."""

from __future__ import annotations

from starlette.types import Receive, Scope


class TooLarge(Exception):
    """The body is, or says that it is, larger than allowed."""


class CutOff(Exception):
    """The sender went away before the body's end."""


async def read_body(scope: Scope, receive: Receive, limit: int) -> bytes:
    """All of it, or TooLarge as soon as that is known, or CutOff."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and _exceeds(value.lstrip(b"0"), limit):
            raise TooLarge
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        return _within(message.get("body", b""), limit)
    parts: list[bytes] = []
    size = 0
    while True:
        if message["type"] == "http.disconnect":
            raise CutOff
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            raise TooLarge
        if not message.get("more_body"):
            return b"".join(parts)
        message = await receive()


def _exceeds(digits: bytes, limit: int) -> bool:
    """Compare without reading a number of any length: Python refuses those of thousands of digits."""
    return len(digits) > len(str(limit)) or int(digits or b"0") > limit


def _within(body: bytes, limit: int) -> bytes:
    if len(body) > limit:
        raise TooLarge
    return body
