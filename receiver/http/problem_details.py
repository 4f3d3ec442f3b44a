"""Answers that say what was wrong, as problem details (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import Response


def problem(status: int, detail: str, *, headers: Mapping[str, str] | None = None, title: str | None = None, **members: Any) -> Response:
    """`detail` is a sentence for a person; `members` are added for programs. The title is the status' own unless given."""
    body = {"type": "about:blank", "title": title or HTTPStatus(status).phrase, "status": status, "detail": detail, **members}
    return Response(json.dumps(body), status, headers, media_type="application/problem+json")


def defect() -> Response:
    return problem(500, "The gateway failed. Its log says where.")
