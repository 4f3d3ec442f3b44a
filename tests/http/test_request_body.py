"""How the body of a request is read and unpacked, up to a limit."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Sequence
from typing import Any

import pytest

from receiver.http.request_body import (
    CutOff,
    NotGzip,
    TooLarge,
    gunzip_body,
    is_gzip,
    read_body,
)

LAST = {"type": "http.request", "body": b"cd", "more_body": False}
FIRST = {"type": "http.request", "body": b"ab", "more_body": True}
GONE = {"type": "http.disconnect"}


def pack(body: bytes) -> bytes:
    """The same whenever it is made: tests are named by it."""
    return gzip.compress(body, mtime=0)


def read(messages: Sequence[dict[str, Any]], limit: int, length: bytes | None = None) -> bytes:
    headers = [] if length is None else [(b"content-length", length)]
    left = list(messages)

    async def receive() -> dict[str, Any]:
        return left.pop(0)

    return asyncio.run(read_body({"type": "http", "headers": headers}, receive, limit))


def test_a_body_is_read_whole_up_to_the_limit() -> None:
    """In one piece or in several, with exactly as many bytes as are allowed."""
    assert read([LAST], 2) == b"cd"
    assert read([FIRST, LAST], 4) == b"abcd"


@pytest.mark.parametrize("messages", [[FIRST, LAST], [{**LAST, "body": b"abcd"}]])
def test_one_byte_too_many_is_too_large(messages: Sequence[dict[str, Any]]) -> None:
    """What goes over the limit is refused, however it is cut into pieces."""
    with pytest.raises(TooLarge):
        read(messages, 3)


@pytest.mark.parametrize("length", [b"4", b"0004", b"9" * 5000])
def test_a_length_over_the_limit_is_refused_unread(length: bytes) -> None:
    """Where the header says that it is too large, nothing is received at all."""
    with pytest.raises(TooLarge):
        read([], 3, length)


def test_a_length_that_is_no_number_says_nothing() -> None:
    """Leading zeros and what is no number at all are no reason to refuse a body."""
    assert read([LAST], 3, b"00000002") == b"cd"
    assert read([LAST], 3, b"much") == b"cd"


def test_a_sender_that_goes_away_is_told_apart() -> None:
    """A body that ends before its end is never taken for a shorter one."""
    with pytest.raises(CutOff):
        read([FIRST, GONE], 10)


@pytest.mark.parametrize(
    ("said", "body", "packed"),
    [
        (b"gzip", pack(b"a"), True),
        (b" X-GZIP ", pack(b"a"), True),
        (b"gzip", b'{"a": 1}', False),
        (b"identity", pack(b"a"), False),
    ],
)
def test_gzip_is_what_says_so_and_looks_so(said: bytes, body: bytes, packed: bool) -> None:
    """A relay that unpacks a body and leaves the header does not spoil it."""
    assert is_gzip({"headers": [(b"content-encoding", said)]}, body) is packed


def test_all_members_are_unpacked() -> None:
    """Several members make one body; what follows them and is none is left."""
    assert gunzip_body(pack(b"ab") + pack(b"cd"), 4) == b"abcd"
    assert gunzip_body(pack(b"ab") + b"\0\0", 4) == b"ab"


@pytest.mark.parametrize("packed", [pack(b"x" * 100_000), pack(b"x" * 6) + pack(b"x" * 6)])
def test_what_unpacks_to_too_much_is_too_large(packed: bytes) -> None:
    """The limit is of what is unpacked, over all members together."""
    with pytest.raises(TooLarge):
        gunzip_body(packed, 10)


@pytest.mark.parametrize(
    ("packed", "why"),
    [
        (pack(b"abc")[:-4], "ends early"),
        (b"\x1f\x8b" + b"\xff" * 20, "."),
        (pack(b"") * 101, "more than 100 members"),
    ],
)
def test_what_is_no_gzip_is_told_with_why(packed: bytes, why: str) -> None:
    """A cut, a broken or an endless body is refused in words."""
    with pytest.raises(NotGzip, match=why):
        gunzip_body(packed, 10)
