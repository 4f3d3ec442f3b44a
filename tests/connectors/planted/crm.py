"""A plain CRM as a real HTTP server: one record a call, nothing unique, what it does not know is
ignored. So all that a connector promises is the connector's own doing.
"""

from __future__ import annotations

import itertools
import json
import threading
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Self

from tests.fakes.server import Request, Response, Server

KEY = "key-81f2&b7/c"
MAX_TEXT = 200

FIELDS = {
    "contact": {
        "email": "text",
        "name": "text",
        "nickname": "text",
        "newsletter": "yesno",
        "logins": "number",
        "spent": "number",
        "born": "day",
        "registered_at": "moment",
        "courses": "options",
    },
    "deal": {"order_key": "text", "title": "text", "amount": "number"},
}


@dataclass(slots=True)
class Row:
    fields: dict[str, Any]
    links: list[str] = field(default_factory=list)


class PlainCrm:
    """The server, inside a `with`, and a handle on what it holds."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Row]] = {name: {} for name in FIELDS}
        self.fields = {name: dict(fields) for name, fields in FIELDS.items()}
        self._ids = itertools.count(100)
        self._lock = threading.Lock()
        self._server = Server(self._handle)

    @property
    def url(self) -> str:
        return self._server.url

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    def delete(self, object: str, id: str) -> None:
        """Delete a record, as people do."""
        with self._lock:
            del self.rows[object][id]

    async def _handle(self, request: Request) -> Response:
        if KEY not in (request.headers.get("x-api-key"), request.query.get("api_key")):
            return _error(401, "no_key", "the key is not known")
        body = json.loads(request.body) if request.body else {}
        with self._lock:
            return self._answer(request, request.path.strip("/").split("/"), body)

    def _answer(self, request: Request, path: list[str], body: Any) -> Response:  # noqa: PLR0911 - one for each call
        if len(path) > 1 and path[1] not in self.rows:
            return _error(404, "no_object", f"there is no {path[1]}")
        match request.method, path:
            case "GET", ["fields", name]:
                return Response(200, {"fields": self.fields[name]})
            case "POST", ["fields", name]:
                self.fields[name][body["name"]] = body["type"]
                return Response(201, {})
            case "GET", ["records", name]:
                (by, value), *_ = [one for one in request.query.items() if one[0] != "api_key"]
                found = [id_ for id_, row in self.rows[name].items() if row.fields.get(by) == value]
                return Response(200, {"ids": found})
            case "POST", ["records", name]:
                id_ = str(next(self._ids))
                return self._write(name, id_, Row({}), body)
            case (("GET" | "PATCH"), ["records", name, id_]) if id_ in self.rows[name]:
                row = self.rows[name][id_]
                if request.method == "PATCH":
                    return self._write(name, id_, row, body)
                return Response(200, {"fields": row.fields, "links": row.links})
            case "POST", ["records", name, id_, "links"] if id_ in self.rows[name]:
                self.rows[name][id_].links.append(body["to"])
                return Response(201, {})
        return _error(404, "not_found", "there is nothing")

    def _write(self, name: str, id_: str, row: Row, body: dict[str, Any]) -> Response:
        types = self.fields[name]
        known = {key: value for key, value in body.items() if key in types}
        for key, value in known.items():
            if value is not None and not _fits(types[key], value):
                return _error(422, "bad_value", f"{value!r} is no {types[key]}", key)
        row.fields |= known
        self.rows[name][id_] = row
        return Response(200, {"id": id_})


def _fits(kind: str, value: Any) -> bool:  # noqa: PLR0911 - one for each type
    try:
        match kind:
            case "text":
                return isinstance(value, str) and len(value) <= MAX_TEXT
            case "yesno":
                return isinstance(value, bool)
            case "number":
                return not isinstance(value, bool) and Decimal(str(value)).is_finite()
            case "day":
                return date.fromisoformat(value) is not None
            case "moment":
                return datetime.fromisoformat(value) is not None
            case _:
                return isinstance(value, list)
    except (ValueError, TypeError, InvalidOperation):
        return False


def _error(status: int, code: str, message: str, name: str | None = None) -> Response:
    return Response(status, {"error": {"code": code, "message": message, "field": name}})
