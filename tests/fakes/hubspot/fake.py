"""A HubSpot to write to in tests: a real HTTP server with an account behind it, and a handle on
both.

In a test:

    with FakeHubSpot() as hubspot:
        ...  # base_url = hubspot.url, access_token = hubspot.token
        assert hubspot.records("contacts") == [...]

Every method whose arguments are plain values is also there over HTTP: `POST /_fake/seed_contact
{"email": "a@example.test"}` answers `{"result": …}`; faults are objects there: `POST /_fake/script
{"faults": [{"kind": "drop", "applied": true}]}`.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Self

from tests.fakes.hubspot.app import App
from tests.fakes.hubspot.faults import RANDOM, Fault
from tests.fakes.hubspot.options import Options
from tests.fakes.hubspot.portal import Pipeline, Token
from tests.fakes.hubspot.properties import Property
from tests.fakes.hubspot.properties import options as property_options
from tests.fakes.server import Request, Response, Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tests.fakes.hubspot.records import Record

ADMIN = "/_fake/"
OVER_HTTP = {
    *(
        "seed_contact",
        "merge",
        "merge_records",
        "delete",
        "edit",
        "define",
        "drop_option",
        "required",
        "required_if",
        "lift_rules",
        "add_object",
        "add_pipeline",
        "add_token",
        "set_token",
        "set_options",
    ),
    *(
        "script",
        "at_random",
        "clear_faults",
        "records",
        "associations",
        "calls",
        "created",
        "reset_calls",
    ),
}


class FakeHubSpot:
    token = "pat-na1-test"

    def __init__(
        self,
        options: Options | None = None,
        port: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.options = options or Options()
        self.app = App(self.options, clock)
        self.portal = self.app.portal
        self._server = Server(self._handle, port)

    @property
    def url(self) -> str:
        return self._server.url

    def start(self) -> Self:
        self._server.start()
        return self

    def stop(self) -> None:
        self._server.stop()

    def join(self) -> None:
        self._server.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    # the account

    def seed_contact(
        self, email: str, secondary: Sequence[str] = (), properties: Mapping[str, str] | None = None
    ) -> str:
        """Make a contact that was there before; returns its id."""
        with self.app.lock:
            contacts = self.portal.records("contacts")
            made = contacts.write(None, {"email": email, **(properties or {})})
            made.writes = 0
            contacts.created -= 1
            for address in secondary:
                contacts.add_email(made, address)
            return made.id

    def merge(self, kept: str, gone: str) -> str:
        """Merge the contacts of two addresses; returns the new id."""
        contacts = self.portal.records("contacts")
        one, other = contacts.find("email", kept), contacts.find("email", gone)
        assert one is not None
        assert other is not None
        return self.merge_records("contacts", one.id, other.id)

    def merge_records(self, object: str, kept: str, gone: str) -> str:
        """Merge two records by their ids, as people do; returns the new id."""
        with self.app.lock:
            records = self.portal.records(object)
            one, other = records.records[kept], records.records[gone]
            new = records.merge(one, other)
            moved = {one.id: new.id, other.id: new.id}
            pairs = {(moved.get(a, a), moved.get(b, b)) for a, b in self.portal.associations}
            self.portal.associations = {(min(pair), max(pair)) for pair in pairs}
            return new.id

    def define(
        self,
        object: str,
        name: str,
        type: str = "string",
        field_type: str = "text",
        *,
        options: Sequence[str] = (),
        unique: bool = False,
    ) -> None:
        """Make a property that was there before."""
        made = property_options(*((value, value) for value in options))
        with self.app.lock:
            defined = Property(name, type, field_type, options=made, unique=unique, built_in=False)
            self.portal.records(object).properties[name] = defined

    def delete(self, object: str, id: str) -> None:
        """Delete a record, as people do."""
        with self.app.lock:
            self.portal.delete(object, id)

    def edit(self, object: str, id: str, **properties: str) -> None:
        """Change a record, as people do."""
        with self.app.lock:
            records = self.portal.records(object)
            record = records.get(id)
            assert record is not None
            records.write(record, properties)

    def drop_option(self, object: str, name: str, value: str) -> None:
        """Take an option of a property away."""
        known = self.portal.records(object).properties[name]
        known.options[:] = [option for option in known.options if option["value"] != value]

    def required_if(self, object: str, name: str, value: str, needed: str) -> None:
        """Require a property of records whose other property comes to a value, as conditional rules
        do.
        """
        self.portal.records(object).required_if[name, value] = needed

    def lift_rules(self, object: str) -> None:
        """The admin takes all rules about required properties away."""
        self.portal.records(object).required.clear()
        self.portal.records(object).required_if.clear()

    def required(self, object: str, *names: str) -> None:
        """Require these properties of new records, as an admin's rules do."""
        self.portal.records(object).required = set(names)

    def add_object(self, name: str, linked_to: Sequence[str] = ()) -> None:
        with self.app.lock:
            self.portal.add_object(name)
            for number, other in enumerate(linked_to):
                self.portal.types[name, other] = (1000 + 2 * number, 1001 + 2 * number)

    def add_pipeline(self, object: str, id: str, label: str, stages: Mapping[str, str]) -> None:
        self.portal.pipelines.setdefault(object, []).append(Pipeline(id, label, dict(stages)))

    def add_token(
        self, token: str, *, scopes: Iterable[str] | None = None, without: Iterable[str] = ()
    ) -> str:
        """Make a token, with all scopes but those of `without` unless they are given."""
        given = frozenset(scopes) if scopes is not None else Token().scopes
        self.portal.tokens[token] = Token(given - frozenset(without))
        return token

    def set_token(self, state: str, token: str | None = None) -> None:
        """Let a token be `good`, `expired` or `revoked`."""
        self.portal.tokens[token or self.token].state = state

    def set_options(self, **changed: Any) -> None:
        for name, value in changed.items():
            assert hasattr(self.options, name), name
            setattr(self.options, name, value)

    # faults

    def script(self, *faults: Fault) -> None:
        with self.app.lock:
            self.app.faults.script(*faults)

    def at_random(
        self, rate: float, kinds: Sequence[Fault] = RANDOM, seed: int | None = None
    ) -> None:
        with self.app.lock:
            self.app.faults.at_random(rate, kinds, seed)

    def clear_faults(self) -> None:
        with self.app.lock:
            self.app.faults.clear()

    # what came of it

    def records(self, object: str) -> list[dict[str, Any]]:
        """List the records of an object, oldest first."""
        with self.app.lock:
            return [_shown(record) for record in self.portal.records(object).records.values()]

    def associations(self) -> set[tuple[str, str]]:
        """Give the pairs of ids that are associated, the smaller one first."""
        with self.app.lock:
            return set(self.portal.associations)

    def created(self) -> dict[str, int]:
        """Count what was created by calls, by object."""
        counted = {name: records.created for name, records in self.portal.objects.items()}
        return {name: count for name, count in counted.items() if count or name != "line_items"}

    def calls(self, path: str = "", status: int | None = None) -> int:
        """Count the calls whose path has this in it; status 0 counts those that got no answer."""
        return sum(
            path in call.path and status in (None, call.status) for call in list(self.app.calls)
        )

    def reset_calls(self) -> None:
        self.app.calls.clear()

    async def _handle(self, request: Request) -> Response | None:
        return (
            self._administer(request)
            if request.path.startswith(ADMIN)
            else await self.app.answer(request)
        )

    def _administer(self, request: Request) -> Response:
        name = request.path.removeprefix(ADMIN)
        if name not in OVER_HTTP:
            return Response(404, {"known": sorted(OVER_HTTP)})
        given = json.loads(request.body or b"{}")
        positional = [Fault(**fault) for fault in given.pop("faults", ())] or given.pop("names", [])
        if "kinds" in given:
            given["kinds"] = [Fault(**fault) for fault in given["kinds"]]
        return Response(200, {"result": getattr(self, name)(*positional, **given)})


def _shown(record: Record) -> dict[str, Any]:
    return {
        "id": record.id,
        **record.properties,
        "emails": list(record.emails),
        "writes": record.writes,
    }
