"""Reads what a form sent."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.datastructures import ImmutableMultiDict
from starlette.requests import Request

from receiver.body import CutOff, TooLarge, read_body

MOST = 4 * 1024 * 1024  # bytes: a pasted payload of the largest size, each of its characters escaped
FIELDS = 10_000

Form = ImmutableMultiDict[str, str]


class BadForm(Exception):
    """What came is no form of the console."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


async def read_form(request: Request) -> Form:
    """The fields, with those that were left empty. Raises BadForm."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise BadForm(415, "This is no form of the console.")
    try:
        body = await read_body(request.scope, request.receive, MOST)
        fields = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=FIELDS)
    except TooLarge:
        raise BadForm(413, "This is more than the console takes.") from None
    except (CutOff, ValueError):
        raise BadForm(400, "This form is incomplete.") from None
    return ImmutableMultiDict(fields)
