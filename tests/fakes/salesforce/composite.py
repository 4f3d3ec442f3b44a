"""Composite: several calls as one, which counts once."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.fakes.salesforce.org import CallError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fakes.salesforce.rest import Call

MAX_PARTS = 25
MAX_HEAVY = 5
INHERITED = {"accept", "authorization", "content-type"}


def composite(call: Call, dispatch: Callable[[Call], tuple[int, Any]]) -> tuple[int, Any]:
    parts = call.body["compositeRequest"]
    heavy = [
        part for part in parts if "/query" in part["url"] or "/composite/sobjects" in part["url"]
    ]
    if len(parts) > MAX_PARTS or len(heavy) > MAX_HEAVY:
        raise CallError(
            400,
            "INVALID_INPUT",
            f"at most {MAX_PARTS} subrequests, of which {MAX_HEAVY} queries and collections",
        )
    ids = [part["referenceId"] for part in parts]
    if len({*ids}) != len(ids) or not all(re.fullmatch(r"\w+", each) for each in ids):
        raise CallError(
            400, "INVALID_INPUT", "referenceId must be unique, of letters, digits and _"
        )
    return 200, {"compositeResponse": [_answer(call, part, dispatch) for part in parts]}


def _answer(
    call: Call, part: dict[str, Any], dispatch: Callable[[Call], tuple[int, Any]]
) -> dict[str, Any]:
    headers = {name.lower(): value for name, value in part.get("httpHeaders", {}).items()}
    if headers.keys() & INHERITED:
        raise CallError(
            400, "INVALID_INPUT", f"{headers.keys() & INHERITED} can't be set for a subrequest"
        )
    address = urlsplit(part["url"])
    path = tuple(unquote(address.path).strip("/").split("/"))
    if path[:3] != ("services", "data", call.version):
        raise CallError(400, "INVALID_INPUT", f"{part['url']} is no resource of this version")
    inner = replace(
        call,
        method=part["method"],
        parts=path[3:],
        query=dict(parse_qsl(address.query)),
        body=part.get("body"),
        headers=headers,
    )
    try:
        status, body = dispatch(inner)
    except CallError as error:
        status, body = error.status, error.body
    return {
        "body": body,
        "httpHeaders": {},
        "httpStatusCode": status,
        "referenceId": part["referenceId"],
    }
