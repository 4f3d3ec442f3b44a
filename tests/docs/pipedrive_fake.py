"""Pipedrive on a port of its own, as far as the page for connector authors uses it: persons and
deals by version 2 of the API, their custom fields by version 1. It stands alone, since the page's
test puts it into the package that the page makes.
"""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Json = Any

TOKEN = "0123456789abcdef0123456789abcdef01234567"
KINDS = {"persons": "personFields", "deals": "dealFields"}
NATIVE: dict[str, dict[str, type | tuple[type, ...]]] = {
    "persons": {"name": str, "emails": list, "custom_fields": dict},
    "deals": {
        "title": str,
        "value": (int, float),
        "currency": str,
        "status": str,
        "person_id": int,
        "custom_fields": dict,
    },
}
NEEDED = {"persons": "name", "deals": "title"}
TYPES: dict[str, type | tuple[type, ...]] = {"varchar": str, "double": (int, float), "date": str}


class Failure(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status = status
        self.body = {"success": False, "error": error, "error_info": "See the documentation."}


class FakePipedrive:
    """Persons and deals. Custom fields have names for people, and keys that are hashes."""

    def __init__(self) -> None:
        self.url = ""
        self.records: dict[str, dict[int, dict[str, Json]]] = {"persons": {}, "deals": {}}
        self.fields: dict[str, dict[str, Json]] = {"personFields": {}, "dealFields": {}}
        self._ids = count(1)
        self._lock = threading.Lock()

    def make_field(self, place: str, name: str, kind: str) -> None:
        """Make a custom field; Pipedrive takes a name twice."""
        key = sha1(f"{place} {name} {next(self._ids)}".encode(), usedforsecurity=False).hexdigest()
        self.fields[place][key] = {"key": key, "name": name, "field_type": kind}

    def named(self, place: str) -> dict[str, dict[str, Json]]:
        """Give all records by their ids, each with its custom fields by their names."""
        names = {key: field["name"] for key, field in self.fields[KINDS[place]].items()}
        with self._lock:
            return {
                str(id): {
                    **{name: value for name, value in held.items() if name != "custom_fields"},
                    **{names[key]: one for key, one in held.get("custom_fields", {}).items()},
                }
                for id, held in self.records[place].items()
            }

    def delete(self, place: str, id: str) -> None:
        """Delete a record, as people do."""
        with self._lock:
            del self.records[place][int(id)]

    def authorize(self, token: str | None) -> None:
        """Raise Failure for a token that is not the account's."""
        if token != TOKEN:
            raise Failure(401, "unauthorized access")

    def answer(self, method: str, path: list[str], query: Mapping[str, str], body: Json) -> Json:
        """Give the `data` of a success. Raises Failure."""
        with self._lock:
            match method, path:
                case "GET", ["api", "v1", place] if place in self.fields:
                    return [*self.fields[place].values()]
                case "POST", ["api", "v1", place] if place in self.fields:
                    if body["field_type"] not in TYPES:
                        raise Failure(400, "field_type is not allowed")
                    self.make_field(place, body["name"], body["field_type"])
                    return {}
                case "GET", ["api", "v2", place, "search"] if place in NATIVE:
                    return {"items": [{"item": {"id": id}} for id in self._search(place, query)]}
                case "POST", ["api", "v2", place] if place in NATIVE:
                    if not body.get(NEEDED[place]):
                        raise Failure(400, f"Validation failed: {NEEDED[place]} is required")
                    return self._write(place, next(self._ids), body)
                case "PATCH", ["api", "v2", place, id] if place in NATIVE:
                    if not id.isdecimal() or int(id) not in self.records[place]:
                        raise Failure(404, f"{place} {id} not found")
                    return self._write(place, int(id), body)
        raise Failure(404, "unknown method")

    def _search(self, place: str, query: Mapping[str, str]) -> Iterator[int]:
        term = query["term"].casefold()
        for id, held in self.records[place].items():
            texts = (
                [one["value"] for one in held.get("emails", ())]
                if query["fields"] == "email"
                else held.get("custom_fields", {}).values()
            )
            if any(str(text).casefold() == term for text in texts):
                yield id

    def _write(self, place: str, id: int, body: Mapping[str, Json]) -> Json:
        for name, value in body.items():
            kind = NATIVE[place].get(name)
            if kind is None:
                raise Failure(400, f"Validation failed: {name} is not allowed")
            if value is not None and (not isinstance(value, kind) or value is True):
                raise Failure(400, f"Validation failed: {name} is of a wrong type")
        held = self.records[place].get(id, {"id": id})
        custom = {**held.get("custom_fields", {}), **body.get("custom_fields", {})}
        for key, value in custom.items():
            field = self.fields[KINDS[place]].get(key)
            if field is None:
                raise Failure(400, f"Validation failed: custom field {key} does not exist")
            if value is not None and not isinstance(value, TYPES[field["field_type"]]):
                raise Failure(400, f"Validation failed: {field['name']} is of a wrong type")
        self.records[place][id] = {**held, **body, "custom_fields": custom}
        return {"id": id}


@contextmanager
def fake_crm() -> Iterator[FakePipedrive]:
    """Serve a fresh account for as long as the block runs."""
    crm = FakePipedrive()
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(crm)) as server:
        server.daemon_threads = True
        crm.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield crm
        finally:
            server.shutdown()


def _handler(crm: FakePipedrive) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            address = urlsplit(self.path)
            try:
                crm.authorize(self.headers.get("x-api-token"))
                path, query = address.path.strip("/").split("/"), dict(parse_qsl(address.query))
                data = crm.answer(self.command, path, query, json.loads(body or b"null"))
                self._say(200, {"success": True, "data": data})
            except Failure as failure:
                self._say(failure.status, failure.body)

        do_POST = do_PATCH = do_GET  # noqa: N815 - as the server calls them

        def _say(self, status: int, said: Json) -> None:
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing: the tests speak."""

    return Handler
