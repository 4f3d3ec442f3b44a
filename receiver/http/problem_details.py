"""Answers that say what was wrong, as problem details (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

PAGES = "/problems"


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """What a status means here, and what helps; code stands between backticks."""

    meaning: str
    remedy: str


PROBLEMS: Mapping[int, ProblemKind] = {
    400: ProblemKind(
        "The request is no HTTP, its body ended early, or its `Occurred-At` is no past time.",
        "Send it again as a whole. If it comes through a proxy, look into the log of that.",
    ),
    401: ProblemKind(
        "The token of a source (`/events`) or of an operator (`/api`) is missing or wrong.",
        "Send `Authorization: Bearer TOKEN`. `aom-gateway urls` shows the tokens of sources; those "
        "of operators stand in the configuration.",
    ),
    403: ProblemKind(
        "The role of the operator does not allow it; the detail says which one does.",
        "Ask somebody who has that role, or have yours changed under `[operators]`.",
    ),
    404: ProblemKind(
        "There is nothing at this address; under `/in/`, no source has this token.",
        "Copy the address anew: `aom-gateway urls` and the console's Set-up show those of sources. "
        "A token that was rotated away opens nothing any more.",
    ),
    405: ProblemKind(
        "The address is right and the method is not; `Allow` names those that are.",
        "Events are handed in by `POST`.",
    ),
    408: ProblemKind(
        "The head or the body did not come in time.",
        "Send it again. If it happens often, look for what is slow between sender and gateway.",
    ),
    413: ProblemKind(
        "The body is larger than `server.max_body_bytes`, as it came or unpacked.",
        "Nothing of it was kept. If such events are wanted, raise `server.max_body_bytes`, and the "
        "limit of a proxy before it; then have them sent again.",
    ),
    414: ProblemKind(
        "The path of the address is too long.",
        "Copy the address anew: it holds nothing but a token and the name of an event.",
    ),
    422: ProblemKind(
        "What was sent does not fit; `errors` says where and why. A call of AOM is kept all the "
        "same (`kept` is true, `id` finds it in quarantine), and answered 202 where the source "
        "says so.",
        "Look at the call in the console under Attention. Amend it there, or mend what sends it "
        "and have the quarantine checked again. Of an operation of the API, mend what `errors` "
        "names.",
    ),
    429: ProblemKind(
        "A source sends more than its `limit`, or too many wrong tokens of an operator came from "
        "one address; `Retry-After` says how long to wait.",
        "Nothing of it was kept: send it again later. If the source may send so much, raise its "
        "`limit`.",
    ),
    431: ProblemKind(
        "The head of the request is too large or has too many headers.",
        "Send fewer or shorter headers; cookies are not needed for events.",
    ),
    500: ProblemKind(
        "The gateway met a defect of its own; its log says where.",
        "Report it with that part of the log. The call may not have been kept: send it again.",
    ),
    503: ProblemKind(
        "The store cannot be used, the gateway shuts down, or it has no connection left; "
        "`Retry-After` says when to try again.",
        "Send it again later. If it lasts, look at `/readyz`, at the room on the disk, and at the "
        "database.",
    ),
}
"""Every status that a problem is answered with: when, and what helps.

The status says all that the type does. Each has a page at `PAGES`, which the answer links to.
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

    The title is the status' own unless given. A `Link` leads to the page of the problem.
    """
    body = {
        "type": "about:blank",
        "title": title or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **members,
    }
    linked = {"Link": f'<{PAGES}/{_page_of(status)}>; rel="help"', **(headers or {})}
    return Response(json.dumps(body), status, linked, media_type="application/problem+json")


def _page_of(status: int) -> int:
    """A source may have what it does not understand answered 202: it is the same problem."""
    return status if status in PROBLEMS else HTTPStatus.UNPROCESSABLE_ENTITY.value


def defect_response() -> Response:
    return problem_response(500, "The gateway failed. Its log says where.")
