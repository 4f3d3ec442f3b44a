"""Answers that say what was wrong, as problem details (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

PROBLEMS: Mapping[int, str] = {
    400: "The request is no HTTP, its body ended early, or its `Occurred-At` is no past time.",
    401: "The token of a source (`/events`) or of an operator (`/api`) is missing or wrong.",
    403: "The role of the operator does not allow it; the detail says which one does.",
    404: "There is nothing at this address; under `/in/`, no source has this token.",
    405: "The address is right and the method is not; `Allow` names those that are.",
    408: "The head or the body did not come in time.",
    413: "The body is larger than `server.max_body_bytes`, as it came or unpacked.",
    414: "The path of the address is too long.",
    422: "What was sent does not fit; `errors` says where and why. A call of AOM is kept all the "
    "same "
    "(`kept` is true, `id` finds it in quarantine), and answered 202 where the source says so.",
    429: "A source sends more than its `limit`, or too many wrong tokens of an operator came from "
    "one "
    "address; `Retry-After` says how long to wait.",
    431: "The head of the request is too large or has too many headers.",
    500: "The gateway met a defect of its own; its log says where.",
    503: "The store cannot be used, the gateway shuts down, or it has no connection left; "
    "`Retry-After` says when to try again.",
}
"""Every status that a problem is answered with, and when.

The status says all that the type does.
"""


def problem_response(
    status: int,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    title: str | None = None,
    **members: Any,
) -> Response:
    """`detail` is a sentence for a person; `members` are added for programs.

    The title is the status' own unless given.
    """
    body = {
        "type": "about:blank",
        "title": title or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **members,
    }
    return Response(json.dumps(body), status, headers, media_type="application/problem+json")


def defect_response() -> Response:
    return problem_response(500, "The gateway failed. Its log says where.")
