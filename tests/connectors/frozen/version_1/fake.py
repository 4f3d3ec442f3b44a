"""A small CRM on a port of its own, as strict as the real one is: replace it by what yours does."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

Json = Any

TOKEN = "the-token-of-the-tests"
UNIQUE = {"contact": "email", "deal": "aom_order_key"}
TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "boolean": (bool,),
    "date": (str,),
    "datetime": (str,),
    "choice": (str,),
    "choices": (list,),
}


class Failure(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, code: str, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"code": code, "message": message, "field": field}


class FakeCrm:
    """Contacts and deals, with fields of their types and one unique field each."""

    def __init__(self) -> None:
        self.url = ""
        self.fields = {
            "contact": {"email": "string", "first_name": "string", "last_name": "string"},
            "deal": {"title": "string", "amount": "number"},
        }
        self.records: dict[str, dict[str, dict[str, Json]]] = {"contact": {}, "deal": {}}
        self.links: set[tuple[str, str]] = set()  # ids: source, target
        self._ids = count(1)
        self._lock = threading.Lock()

    def answer(self, method: str, path: list[str], query: Mapping[str, str], body: Json) -> Json:
        """Give the body of a success. Raises Failure."""
        with self._lock:
            match method, path:
                case "GET", ["account"]:
                    return {"name": "an account"}
                case "GET", ["fields", name]:
                    known = self._of(self.fields, name)
                    return {"items": [{"name": one, "type": kind} for one, kind in known.items()]}
                case "POST", ["fields", name]:
                    if body["name"] in self._of(self.fields, name):
                        raise Failure(409, "DUPLICATE", "this field exists", "name")
                    self.fields[name][body["name"]] = body["type"]
                    return {}
                case "PUT", [name, source, "links", other, target]:
                    self._record(name, source), self._record(other, target)
                    self.links.add((source, target))
                    return None
                case "GET", [name]:
                    held = self._of(self.records, name)
                    wanted = query["value"].casefold()
                    ids = (one for one in held if self._key(held[one], query["field"]) == wanted)
                    return {"items": [self._record(name, one) for one in ids]}
                case "GET", [name, id]:
                    return self._record(name, id)
                case "POST", [name]:
                    return {"id": self._write(name, None, body["fields"])}
                case "PATCH", [name, id]:
                    return {"id": self._write(name, id, body["fields"])}
        raise Failure(404, "UNKNOWN_OBJECT", "there is nothing at this address")

    def delete(self, name: str, id: str) -> None:
        """Delete a record, as people do."""
        with self._lock:
            del self.records[name][id]

    def _write(self, name: str, id: str | None, fields: Mapping[str, Json]) -> str:
        held = self._of(self.records, name)
        if id is not None:
            self._record(name, id)
        for field, value in fields.items():
            kind = self.fields[name].get(field)
            if kind is None:
                raise Failure(400, "UNKNOWN_FIELD", f"there is no field {field}", field)
            if value is not None and type(value) not in TYPES[kind]:
                raise Failure(400, "INVALID_VALUE", f"{field} is no {kind}", field)
        unique = UNIQUE[name]
        key = self._key(fields, unique)
        others = (one for other, one in held.items() if other != id)
        if key and any(self._key(one, unique) == key for one in others):
            raise Failure(409, "DUPLICATE", f"another {name} has this {unique}", unique)
        id = id or str(next(self._ids))
        held[id] = {**held.get(id, {}), **fields}
        return id

    def _record(self, name: str, id: str) -> Json:
        held = self._of(self.records, name)
        if id not in held:
            raise Failure(404, "NOT_FOUND", f"there is no {name} {id}")
        return {"id": id, "fields": held[id]}

    def _of(self, table: Mapping[str, dict[str, Any]], name: str) -> dict[str, Any]:
        if name not in table:
            raise Failure(404, "UNKNOWN_OBJECT", f"there is no object {name}")
        return table[name]

    def _key(self, fields: Mapping[str, Json], name: str) -> str:
        return str(fields.get(name) or "").casefold()


@contextmanager
def fake_crm() -> Iterator[FakeCrm]:
    """Serve a fresh CRM for as long as the block runs."""
    crm = FakeCrm()
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(crm)) as server:
        server.daemon_threads = True
        crm.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield crm
        finally:
            server.shutdown()


def _handler(crm: FakeCrm) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            address = urlsplit(self.path)
            path = [unquote(part) for part in address.path.strip("/").split("/")]
            try:
                if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                    raise Failure(401, "UNAUTHORIZED", "this token is not known")
                query = dict(parse_qsl(address.query))
                said = crm.answer(self.command, path, query, json.loads(body or b"null"))
                self._say(200, said)
            except Failure as failure:
                self._say(failure.status, failure.body)

        do_POST = do_PATCH = do_PUT = do_GET

        def _say(self, status: int, said: Json) -> None:
            body = b"" if said is None else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing: the tests speak."""

    return Handler
