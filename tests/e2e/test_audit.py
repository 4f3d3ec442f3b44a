"""A scripted day of several operators, by the console, the API and the command line: the audit
names each of their acts.
"""

from __future__ import annotations

import csv
import getpass
import io
import json
from pathlib import Path
from typing import Any

from tests.cli.command import command
from tests.console.visitor import Visitor
from tests.e2e.operators import REFUSED, TOKENS, Operators, command_as, operated
from tests.processes import until

CLERK = f"command line ({getpass.getuser()})"


def test_the_audit_names_each_act_of_a_day(tmp_path: Path) -> None:
    """Who, what, about what and with which outcome; nobody's address; also what was done while no
    gateway ran. The command, the page and the file tell the same.
    """
    with operated(tmp_path) as operators:
        expected = _by_the_api(operators) + _by_the_console(operators)
        expected += _by_the_command_line(tmp_path)
        assert operators.audit() == expected
        before = operators.get("/api/audit?limit=500")["items"]
        _shown_alike(operators, before, tmp_path)
        assert operators.running.terminate() == 0
    command("replay", "--state", "dead", "--yes", at=tmp_path)
    command("forget", REFUSED, "--yes", at=tmp_path)
    page = command("audit", "--json", "--limit", "500", at=tmp_path).json
    newest = [(one["who"], one["what"], one["outcome"]) for one in page["items"][:2]]
    assert newest == [(CLERK, "forget", "done"), (CLERK, "replay", "done")]
    assert page["items"][3:] == before  # and that somebody signed in to look at the page
    assert "@" not in json.dumps(page)


ALL = {"scope": "all", "confirmed": "yes"}


def _by_the_api(operators: Operators) -> list[tuple[str, str, str]]:
    dead, aside = operators.take(1, REFUSED), operators.take(2, None)
    until(lambda: operators.get("/api/status")["dead"] == 1, "one is dead")
    asks: list[tuple[str, str, str, dict[str, Any], str, str]] = [
        ("olaf", "POST", "/api/replay", {"ids": [dead]}, "replay", "done"),
        ("dana", "POST", "/api/replay", {"ids": [dead]}, "replay", "refused"),
        ("olaf", "POST", "/api/deliveries/99/discard", {}, "discard", "failed"),
        ("olaf", "POST", "/api/connectors/sandbox/pause", {"reason": "x"}, "pause", "done"),
        ("olaf", "POST", "/api/connectors/sandbox/resume", {}, "resume", "done"),
        ("olaf", "POST", f"/api/quarantine/{aside}/amend", {"body": {}}, "amend", "failed"),
        ("olaf", "POST", "/api/quarantine/revalidate", {}, "revalidate", "done"),
        ("olaf", "DELETE", f"/api/people/{REFUSED}", {}, "forget", "refused"),
        ("admin", "POST", "/api/reload", {}, "reload", "done"),
        ("admin", "DELETE", "/api/people/nobody@example.edu", {}, "forget", "done"),
    ]
    for who, method, path, body, _, _ in asks:
        operators.ask(who, method, path, **({"json": body} if method == "POST" else {}))
    return [(who, what, outcome) for who, _, _, _, what, outcome in asks]


def _by_the_console(operators: Operators) -> list[tuple[str, str, str]]:
    until(lambda: operators.get("/api/status")["dead"] == 1, "it is dead again")
    group = operators.get("/api/groups")["dead"][0]["id"]
    (aside,) = operators.get("/api/groups")["quarantined"]
    event = operators.get(f"/api/events?group={aside['id']}")["items"][0]["id"]
    olaf, admin = Visitor(operators.running.url), Visitor(operators.running.url)
    olaf.sign_in(TOKENS["olaf"])
    acts: list[tuple[Visitor, str, dict[str, str], str, str]] = [
        (olaf, f"/console/attention/{group}/replay", ALL, "replay", "done"),
        (olaf, "/console/attention/revalidate", {}, "revalidate", "done"),
        (olaf, f"/console/events/{event}/amend", {"body": "{}"}, "amend", "failed"),
        (olaf, f"/console/events/{event}/discard", {"confirmed": "yes"}, "discard", "done"),
        (olaf, "/console/people/forget", {"email": REFUSED}, "forget", "refused"),
        (olaf, "/console/sign-out", {}, "sign out", "done"),
        (admin, "/console/set-up/urls", {"source": "springfield"}, "show tokens", "done"),
        (admin, "/console/people/forget", {"email": "a@example.edu"}, "forget", "done"),
    ]
    for visitor, path, form, _, _ in acts:
        if visitor is admin and "aom_gateway_console" not in admin.cookies:
            admin.sign_in()
        visitor.get("/console")
        assert visitor.post(path, form).status_code in {200, 303, 403, 422}
    noted = [
        ("olaf" if who is olaf else "admin", what, outcome) for who, _, _, what, outcome in acts
    ]
    at = noted.index(("admin", "show tokens", "done"))
    return [
        ("olaf", "sign in", "done"),
        *noted[:at],
        ("admin", "sign in", "done"),
        *noted[at:],
    ]


def _by_the_command_line(directory: Path) -> list[tuple[str, str, str]]:
    command_as("olaf", "pause", "sandbox", "--reason", "the night", at=directory)
    command("resume", "sandbox", at=directory)
    command("reload", at=directory)
    return [("olaf", "pause", "done"), ("admin", "resume", "done"), ("admin", "reload", "done")]


def _shown_alike(operators: Operators, items: list[Any], directory: Path) -> None:
    shown = json.loads(command_as("dana", "audit", "--json", "--limit", "500", at=directory))
    assert shown["items"] == items
    some = command("audit", "--who", "olaf", "--what", "pause", at=directory).out
    assert "the night" in some
    assert "resume" not in some
    visitor = Visitor(operators.running.url)
    visitor.sign_in(TOKENS["dana"])
    rows = list(csv.DictReader(io.StringIO(visitor.get("/console/audit.csv").text)))
    assert [(one["who"], one["what"], one["outcome"]) for one in rows[1:]] == [
        (one["who"], one["what"], one["outcome"]) for one in items
    ]
    page = visitor.get("/console/audit?who=olaf&what=pause").text
    assert "the night" in page
    assert "sign out" not in page
