"""Answers of an HTTP API, read whole, and never more of one than fits."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from connectors.http.json_bodies import Json, read_json

LARGEST_ANSWER = 32 * 1024 * 1024  # bytes, unpacked; what is larger is not read to its end
ENCODING = "gzip"  # the one that is asked for
_GZIP = 31  # `wbits` of zlib


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer, read whole. Headers are found in any case; neither they nor the body are shown."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    complete: bool = True  # False: it was larger than is read

    @property
    def json(self) -> Json:
        """The body as JSON, None where it is none."""
        return read_json(self.body)


async def read_answer(response: httpx.Response) -> HttpAnswer:
    """Read an answer and unpack it, as far as LARGEST_ANSWER: some kilobytes can hold gigabytes.

    Raises httpx.HTTPError where the connection breaks, or nobody can unpack it.
    """
    body = bytearray()
    unpack = Gunzip() if _is_packed(response) else _as_it_is
    async for chunk in response.aiter_raw():
        body += unpack(chunk, LARGEST_ANSWER + 1 - len(body))
        if len(body) > LARGEST_ANSWER:
            return HttpAnswer(response.status_code, response.headers, b"", complete=False)
    if isinstance(unpack, Gunzip):
        unpack.require_end()
    return HttpAnswer(response.status_code, response.headers, bytes(body))


def describe_no_json(answer: HttpAnswer) -> str:
    """Say what came in place of JSON."""
    if not answer.complete:
        return f"the answer is larger than {LARGEST_ANSWER // 1024**2} MiB"
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip() or "without a type"
    return f"the answer is no JSON (HTTP {answer.status}, {kind})"


def _is_packed(response: httpx.Response) -> bool:
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise httpx.DecodingError("the answer has an encoding that was not asked for")
    return "gzip" in encoding


class Gunzip:
    """Unpacks chunks, up to a length each time."""

    def __init__(self) -> None:
        self._unpacker = zlib.decompressobj(wbits=_GZIP)
        self._begun = False

    def __call__(self, chunk: bytes, most: int) -> bytes:
        self._begun |= bool(chunk)
        try:
            return self._unpacker.decompress(chunk, most)
        except zlib.error as error:
            raise httpx.DecodingError("the answer is not packed as it says") from error

    def require_end(self) -> None:
        """Raise httpx.DecodingError where a part is missing; nothing at all is an empty body."""
        if self._begun and not self._unpacker.eof:
            raise httpx.DecodingError("the answer ends before its end")


def _as_it_is(chunk: bytes, most: int) -> bytes:
    return chunk[:most]
