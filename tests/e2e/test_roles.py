"""Who may what: every route of the admin API and the console, tried with every role."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from receiver.admin.operation_list import list_operations
from receiver.gateway import open_store
from receiver.settings import Role, load_settings
from tests.console.routes import list_console_routes
from tests.console.visitor import Visitor
from tests.e2e.operators import BODY, REFUSED, TOKENS, Operators, operated
from tests.processes import ADMIN_TOKEN, until, write_config

ROLES: tuple[Role, ...] = ("viewer", "operator", "admin")
OPERATOR_OF: dict[Role, str] = {"viewer": "dana", "operator": "olaf", "admin": "admin"}

API: dict[str, Role] = {
    "POST /api/replay": "operator",
    "POST /api/discard": "operator",
    "POST /api/deliveries/{id}/discard": "operator",
    "POST /api/quarantine/revalidate": "operator",
    "POST /api/quarantine/{id}/amend": "operator",
    "POST /api/quarantine/discard": "operator",
    "POST /api/connectors/{name}/pause": "operator",
    "POST /api/connectors/{name}/resume": "operator",
    "POST /api/alarms/{alarm:path}/acknowledge": "operator",
    "POST /api/alarms/{alarm:path}/snooze": "operator",
    "POST /api/reload": "admin",
    "POST /api/connectors/{name}/new-account": "admin",
    "DELETE /api/people/{email:path}": "admin",
}
"""Whatever is no GET; all that is one is for viewers."""

CONSOLE: dict[str, Role] = {
    "GET /console/people/forget": "admin",
    "POST /console/sign-out": "viewer",
    "POST /console/set-up/explain": "viewer",
    "POST /console/set-up/diff": "viewer",
    "POST /console/operators/end": "viewer",
    "POST /console/alarms/acknowledge": "operator",
    "POST /console/alarms/snooze": "operator",
    "POST /console/attention/revalidate": "operator",
    "POST /console/attention/dead/replay": "operator",
    "POST /console/attention/dead/discard": "operator",
    "POST /console/attention/{group}/replay": "operator",
    "POST /console/attention/{group}/discard": "operator",
    "POST /console/attention/{group}/revalidate": "operator",
    "POST /console/connectors/{name}/pause": "operator",
    "POST /console/connectors/{name}/resume": "operator",
    "POST /console/events/replay": "operator",
    "POST /console/events/{id}/replay": "operator",
    "POST /console/events/{id}/discard": "operator",
    "POST /console/events/{id}/revalidate": "operator",
    "POST /console/events/{id}/amend": "operator",
    "POST /console/people/forget": "admin",
    "POST /console/set-up/urls": "admin",
}
"""Whatever is no GET, and what of those is not for viewers."""

ASIDE = ("/console/sign-in", "/console/live")
"""For everybody; and the answer that never ends, see tests/console/pages/test_live.py."""

BODIES: dict[str, dict[str, Any]] = {
    "/api/replay": {"state": "dead"},
    "/api/discard": {"state": "dead"},
    "/api/connectors/{name}/pause": {"reason": "a test"},
    "/api/alarms/{alarm:path}/snooze": {"hours": 1},
    "/api/quarantine/{id}/amend": {"body": {"id": 9}},
}


@dataclass(frozen=True, slots=True)
class Stage:
    """What the routes are tried on."""

    operators: Operators
    dead: str
    aside: str
    delivery: int
    group: str

    @property
    def parts(self) -> dict[str, str]:
        return {
            "id": self.dead,
            "group": self.group,
            "name": "sandbox",
            "object": "contact",
            "source": "springfield",
            "kind": "csv",
            "job": "gone",
            "email": REFUSED,
            "email:path": REFUSED,
            "alarm:path": "dead_letters:sandbox",
        }

    def path(self, path: str) -> str:
        """With something in the place of each parameter."""
        parts = self.parts | {"id": self.aside if "quarantine" in path else self.dead}
        if "/deliveries/" in path:
            parts["id"] = str(self.delivery)
        if "/api/groups/" in path or "/held/" in path:
            parts["id"] = self.group
        return re.sub(r"{([^}]+)}", lambda found: parts[found[1]], path)

    def visitor(self, role: Role) -> Visitor:
        """Signed in at the console, with the token for its forms."""
        visitor = Visitor(self.operators.running.url)
        assert visitor.sign_in(TOKENS[OPERATOR_OF[role]]).status_code == 303
        visitor.get("/console")
        return visitor

    def store(self) -> Any:
        """All that an act could change."""
        events = self.operators.get("/api/events?limit=500")["items"]
        details = [self.operators.get(f"/api/events/{one['id']}") for one in events]
        connector = self.operators.get("/api/status")["connectors"]["sandbox"]
        return events, details, connector["state"], connector["pending"], connector["dead"]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A gateway with a dead delivery and a call in quarantine."""
    with operated(tmp_path_factory.mktemp("roles")) as operators:
        dead, aside = operators.take(1, REFUSED), operators.take(2, None)
        operators.take(3, "fine@example.edu")
        until(lambda: _is_settled(operators), "one is delivered and one is dead")
        delivery = operators.get(f"/api/events/{dead}")["deliveries"][0]["id"]
        group = operators.get("/api/groups")["dead"][0]["id"]
        yield Stage(operators, dead, aside, delivery, group)


def _is_settled(operators: Operators) -> bool:
    status = operators.get("/api/status")
    return (status["pending"], status["dead"], status["quarantined"]) == (0, 1, 1)


def routes(directory: Path) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Method and path of every route that is for operators: of the API, and of the console."""

    async def ask() -> list[tuple[str, str]]:
        async with open_store(load_settings(write_config(directory, BODY))) as gateway:
            return [(one.method, one.path) for one in list_operations(gateway)]

    console = [(method, route.path) for method, route in list_console_routes(directory)]
    return asyncio.run(ask()), [one for one in console if one[1] not in ASIDE]


def test_each_route_has_a_role(tmp_path: Path) -> None:
    """Whoever adds one says here who may use it."""
    api, console = routes(tmp_path)
    assert {f"{method} {path}" for method, path in api if method != "GET"} == API.keys()
    listed = {f"{method} {path}" for method, path in console}
    assert {one for one in listed if not one.startswith("GET")} == {
        one for one in CONSOLE if not one.startswith("GET")
    }
    assert listed >= CONSOLE.keys()


def test_the_description_says_the_role(stage: Stage) -> None:
    """And that others are refused."""
    paths = stage.operators.get("/openapi.json")["paths"]
    for name, role in API.items():
        method, path = name.split()
        operation = paths[path.replace(":path", "")][method.lower()]
        assert operation["description"] == f"Needs the role {role}."
        assert "403" in operation["responses"]
    assert paths["/api/status"]["get"]["description"] == "Needs the role viewer."
    assert "403" not in paths["/api/status"]["get"]["responses"]


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_what_a_role_may_not_is_refused_and_changes_nothing(
    stage: Stage, tmp_path: Path, role: Role
) -> None:
    """By the API and by the console, with the token for its forms; each refusal is in the audit."""
    before, noted = stage.store(), len(stage.operators.audit())
    who = OPERATOR_OF[role]
    refused = 0
    for name, needed in API.items():
        method, path = name.split()
        if ROLES.index(needed) > ROLES.index(role):
            answer = stage.operators.ask(who, method, stage.path(path), json=BODIES.get(path, {}))
            assert answer.status_code == 403, name
            assert answer.json()["detail"].endswith(f"that needs the role {needed}.")
            refused += 1
    visitor = stage.visitor(role)
    for name, needed in CONSOLE.items():
        method, path = name.split()
        if ROLES.index(needed) > ROLES.index(role):
            form = {"email": REFUSED, "connector": "sandbox", "scope": "all", "confirmed": "yes"}
            at = stage.path(path)
            page = visitor.get(at) if method == "GET" else visitor.post(at, form)
            assert page.status_code == 403, name
            assert f"needs the role {needed}" in page.text
            refused += method == "POST"
    assert stage.store() == before
    entries = stage.operators.audit()[noted:]
    assert [one for one in entries if one[2] == "refused"] == [
        (who, what, outcome) for who, what, outcome in entries if what != "sign in"
    ]
    assert len(entries) == refused + 1
    assert {one[0] for one in entries} == {who}


def test_a_viewer_sees_everything_and_changes_nothing(stage: Stage, tmp_path: Path) -> None:
    """Every GET of the API and the console, and the forms that are a viewer's."""
    api, console = routes(tmp_path)
    before = stage.store()
    for method, path in api:
        if method == "GET":
            query = {"key": REFUSED} if "/held/" in path else {}
            answer = stage.operators.ask("dana", method, stage.path(path), params=query)
            assert answer.status_code == 200, (path, answer.text)
    for method, path in console:
        name = f"{method} {path}"
        if CONSOLE.get(name, "viewer") == "viewer":
            visitor, at = stage.visitor("viewer"), stage.path(path)
            page = visitor.get(at) if method == "GET" else visitor.post(at, {"payload": "{}"})
            assert page.status_code in {200, 303, 404, 422}, (name, page.text)
            assert TOKENS["olaf"] not in page.text
            assert ADMIN_TOKEN not in page.text
    assert stage.store() == before


class Forms(HTMLParser):
    """Where the forms of a page are posted to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.posted: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form" and given.get("method") == "post":
            self.posted.add(given.get("action") or "")
        if given.get("formaction"):
            self.posted.add(given["formaction"] or "")


@pytest.mark.parametrize("role", ROLES)
def test_pages_show_no_button_that_a_role_may_not_use(
    stage: Stage, tmp_path: Path, role: Role
) -> None:
    """And each that it may; the page says who is signed in."""
    _, console = routes(tmp_path)
    visitor = stage.visitor(role)
    shown: set[str] = set()
    paths = [stage.path(path) for method, path in console if method == "GET"]
    for path in [*paths, f"/console/events/{stage.aside}", f"/console/people?email={REFUSED}"]:
        page = visitor.get(path)
        if page.status_code == 200 and page.headers["content-type"].startswith("text/html"):
            assert OPERATOR_OF[role] in page.text
            shown |= Forms(page.text).posted
            if "/console/people/forget?" in page.text:
                shown.add("/console/people/forget")
    patterns = {
        re.sub(r"{[^}]+}", "[^/]+", name.partition(" ")[2]): needed
        for name, needed in CONSOLE.items()
    }
    needed_by = {
        address: {needed for pattern, needed in patterns.items() if re.fullmatch(pattern, address)}
        for address in shown
    }
    for address, needed in needed_by.items():
        assert any(ROLES.index(one) <= ROLES.index(role) for one in needed), address
    assert ("operator" in set().union(*needed_by.values())) == (role != "viewer")
    assert ("admin" in set().union(*needed_by.values())) == (role == "admin")


@pytest.mark.parametrize("role", ROLES)
def test_what_a_role_may_is_not_refused(stage: Stage, role: Role) -> None:
    """Whatever comes of it."""
    who = OPERATOR_OF[role]
    for name, needed in API.items():
        method, path = name.split()
        if needed == role:
            request = {} if method == "DELETE" else {"json": BODIES.get(path, {})}
            answer = stage.operators.ask(who, method, stage.path(path), **request)
            assert answer.status_code in {200, 404, 422}, (name, answer.text)
    for name, needed in CONSOLE.items():
        method, path = name.split()
        if needed == role:
            visitor, at = stage.visitor(role), stage.path(path)
            form = {"email": REFUSED, "source": "springfield", "connector": "sandbox"}
            page = visitor.post(at, form) if method == "POST" else visitor.get(f"{at}?email=a@b.c")
            assert page.status_code in {200, 303, 404, 422}, (name, page.text)
