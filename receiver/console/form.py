"""Reads what a form sent."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qsl

from starlette.datastructures import ImmutableMultiDict
from starlette.requests import Request

from receiver.http.request_body import CutOff, TooLarge, read_body

MOST = 64 * 1024  # bytes; a page of ticked events has some thousand
FIELDS = 1_000
_AT_ONCE = 64 * 1024  # bytes that are parsed in the event loop

Form = ImmutableMultiDict[str, str]


class BadForm(Exception):
    """What came is not a form of the console."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


async def read_form(request: Request, *, most: int = MOST, fields: int = FIELDS) -> Form:
    """The fields, with those that were left empty, of up to `most` bytes. Raises BadForm."""
    if (
        request.headers.get("content-type", "").partition(";")[0].strip().lower()
        != "application/x-www-form-urlencoded"
    ):
        raise BadForm(415, "This is no form of the console.")
    try:
        body = await read_body(request.scope, request.receive, most)
        return (
            _parsed(body, fields)
            if len(body) <= _AT_ONCE
            else await asyncio.to_thread(_parsed, body, fields)
        )
    except TooLarge:
        raise BadForm(413, "This is more than the console takes.") from None
    except (CutOff, ValueError):
        raise BadForm(400, "This form is incomplete.") from None


def _parsed(body: bytes, fields: int) -> Form:
    return ImmutableMultiDict(
        parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=fields)
    )
