"""Reads the body of a request, up to a limit."""

from __future__ import annotations

import zlib

from starlette.types import Receive, Scope


class TooLarge(Exception):
    """The body is, or says that it is, larger than allowed."""


class CutOff(Exception):
    """The sender went away before the body's end."""


class NotGzip(Exception):
    """The body is not the gzip that it is said to be; the text says why."""


async def read_body(scope: Scope, receive: Receive, limit: int) -> bytes:
    """Read a whole body. Raises TooLarge as soon as that is known, or CutOff."""
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


def is_gzip(scope: Scope, body: bytes) -> bool:
    """Whether a body says that it is gzip, and looks so: some relays unpack it and leave the
    header.
    """
    return body.startswith(_MAGIC) and any(
        name == b"content-encoding" and value.strip().lower() in _GZIP
        for name, value in scope["headers"]
    )


def gunzip_body(data: bytes, limit: int) -> bytes:
    """Unpack a gzip body, all its members.

    Raises TooLarge beyond the limit, however little it is packed into, or NotGzip.
    """
    parts: list[bytes] = []
    left = limit
    for _ in range(_MEMBERS):
        if not data.startswith(_MAGIC):
            return b"".join(parts)
        member = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        try:
            parts.append(member.decompress(data, left + 1))
        except zlib.error as error:
            raise NotGzip(str(error)) from None
        left -= len(parts[-1])
        if left < 0:
            raise TooLarge
        if not member.eof:
            raise NotGzip("it ends early")
        data = member.unused_data
    raise NotGzip(f"it has more than {_MEMBERS} members")


_MAGIC = b"\x1f\x8b"
_MEMBERS = 100
_GZIP = frozenset((b"gzip", b"x-gzip"))


def _exceeds(digits: bytes, limit: int) -> bool:
    """Compare without reading a number of any length: Python refuses those of thousands of
    digits.
    """
    return len(digits) > len(str(limit)) or int(digits or b"0") > limit


def _within(body: bytes, limit: int) -> bytes:
    if len(body) > limit:
        raise TooLarge
    return body
