"""Mistakes of a configuration, each planted alone: found, at its place, with the words that
help, and nothing else is told.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.program import run_program

GOOD = """\
[server]
port = 8080
admin_token = "admin-token-0123456789"

[store]
url = "sqlite:///aom-gateway.db"

[sources.springfield]
tokens = ["springfield-token-0123456789"]
timezone = "America/New_York"
currency = "USD"

[connectors.hubspot]
type = "hubspot"
access_token = "pat-na1-0123456789"
mapping = "standard"

[connectors.box]
type = "sandbox"

[[routes]]
name = "sales"
sources = ["springfield"]
events = ["order.placed", "order.failed"]
connector = "box"
when = "{{ order.total }}"

[[routes.upsert]]
object = "contact"
fields.firstname = "{{ person.first_name | title }}"
fields.last_order_at = "{{ order.date_created }}"

[[routes.upsert]]
object = "deal"
key = "{{ source.name }}:{{ order.id }}"
links = ["contact"]
fields.dealname = "Order {{ order.id }}"
fields.amount = "{{ order.total }}"
fields.stage = { value = "{{ order.status }}", map = { COMPLETED = "won" }, default = "open" }

[[routes]]
name = "learners"
events = ["course.enrolled"]
connector = "box"

[[routes.upsert]]
object = "enrollment"
key_field = "aom_key"
each = "course in courses"
key = "{{ source.name }}:{{ person.key }}:{{ course.id }}"
fields.course = "{{ course.name }}"
"""


@dataclass(frozen=True, slots=True)
class Mistake:
    """`right` becomes `wrong`; the fault is told at `where`, on the line that holds `on`."""

    name: str
    right: str
    wrong: str
    where: str
    on: str
    says: tuple[str, ...]
    warning: bool = False


DEAL = "routes[0].upsert[1]"

MISTAKES = (
    Mistake(
        "an unknown key",
        "port = 8080",
        "prot = 8080",
        "server.prot",
        "prot",
        ("is not a known key", "did you mean 'port'?"),
    ),
    Mistake(
        "a number as a text",
        "port = 8080",
        'port = "eighty"',
        "server.port",
        "port",
        ("must be a whole number",),
    ),
    Mistake(
        "a time zone that is none",
        "America/New_York",
        "America/New_Yrok",
        "sources.springfield.timezone",
        "timezone",
        ("there is no time zone 'America/New_Yrok'", "did you mean 'America/New_York'?"),
    ),
    Mistake(
        "a currency that is none",
        '"USD"',
        '"US$"',
        "sources.springfield.currency",
        "currency",
        ("there is no currency 'US$'", "ISO 4217"),
    ),
    Mistake(
        "one token twice",
        "admin-token-0123456789",
        "springfield-token-0123456789",
        "sources.springfield.tokens[0]",
        "tokens",
        ("is the same token as server.admin_token", "give each a token of its own"),
    ),
    Mistake(
        "a short token",
        "springfield-token-0123456789",
        "secret",
        "sources.springfield.tokens[0]",
        "tokens",
        ("is short for a token", "use at least 16"),
    ),
    Mistake(
        "a token that no URL holds",
        "springfield-token-0123456789",
        "springfield token 0123456789",
        "sources.springfield.tokens[0]",
        "tokens",
        ("holds characters that do not go into a URL",),
    ),
    Mistake(
        "a variable that is not set",
        '"springfield-token-0123456789"',
        '"${SPRINGFIELD_TOKEN}"',
        "sources.springfield.tokens[0]",
        "tokens",
        ("the environment variable SPRINGFIELD_TOKEN is not set", "set it"),
    ),
    Mistake(
        "a variable of the console's token that is not set",
        '"admin-token-0123456789"',
        '"${ADMIN_TOKEN_OF_NOBODY}"',
        "server.admin_token",
        "admin_token",
        ("the environment variable ADMIN_TOKEN_OF_NOBODY is not set",),
    ),
    Mistake(
        "a secret that is missing",
        'access_token = "pat-na1-0123456789"\n',
        "",
        "connectors.hubspot.access_token",
        "[connectors.hubspot]",
        ("is missing", 'write access_token = "${HUBSPOT_ACCESS_TOKEN}"'),
    ),
    Mistake(
        "a connector type that is none",
        'type = "hubspot"',
        'type = "hubspto"',
        "connectors.hubspot.type",
        "hubspto",
        ("there is no connector type 'hubspto'", "did you mean 'hubspot'?"),
    ),
    Mistake(
        "a shipped mapping that is none",
        'mapping = "standard"',
        'mapping = "standrad"',
        "connectors.hubspot.mapping",
        "standrad",
        ("the connector ships no mapping 'standrad'", "did you mean 'standard'?"),
    ),
    Mistake(
        "a store that is none",
        "sqlite:///aom-gateway.db",
        "mysql://aom/gateway",
        "store.url",
        "mysql",
        ("is no database that the gateway can use", "sqlite:///FILE or postgresql://"),
    ),
    Mistake(
        "a path of Windows",
        "sqlite:///aom-gateway.db",
        "sqlite:///C:\\aom\\gateway.db",
        "config.toml, line 6, column 22",
        "",
        ("is no TOML", "a backslash begins an escape; write a path with slashes"),
    ),
    Mistake(
        "curly quotes",
        '"USD"',
        "\u201cUSD\u201d",
        "config.toml, line 11, column 12",
        "",
        ("is no TOML", "\u201c is a curly quote; write texts in straight ones"),
    ),
    Mistake(
        "an unknown table",
        "[sources.springfield]",
        "[schools.springfield]",
        "schools",
        "[schools",
        ("is not a known table", "write [sources.springfield]"),
    ),
    Mistake(
        "a connector's table at the top",
        "[connectors.box]",
        "[box]",
        "box",
        "[box]",
        ("is not a known table", "write [connectors.box]"),
    ),
    Mistake(
        "single brackets around routes",
        '[[routes]]\nname = "sales"',
        '[routes]\nname = "sales"',
        "config.toml, line 21",
        "",
        ("[routes] is one table, and there are several", "write [[routes]] in double brackets"),
    ),
    Mistake(
        "a connector that is not there",
        'connector = "box"\nwhen',
        'connector = "bax"\nwhen',
        "routes[0].connector",
        '"bax"',
        ("there is no connector 'bax'", "did you mean 'box'?"),
    ),
    Mistake(
        "a source that is not there",
        'sources = ["springfield"]',
        'sources = ["springfeild"]',
        "routes[0].sources[0]",
        "springfeild",
        ("there is no source 'springfeild'", "did you mean 'springfield'?"),
    ),
    Mistake(
        "an event that is none",
        '"order.placed", ',
        '"order.payed", ',
        "routes[0].events[0]",
        "order.payed",
        ("there is no event 'order.payed'", "did you mean 'order.placed'?"),
    ),
    Mistake(
        "an event that is none, in a condition",
        "{{ order.total }}",
        "{{ event.name == 'order.payed' }}",
        "routes[0].when",
        "order.payed",
        ("event.name is never 'order.payed'", "did you mean 'order.placed'?"),
    ),
    Mistake(
        "a condition that never holds",
        "{{ order.total }}",
        "{{ order.status == 'REFUNDED' }}",
        "routes[0].when",
        "REFUNDED",
        ("never holds for order.placed, order.failed", "change the condition or the events"),
    ),
    Mistake(
        "a link to what the route does not write",
        'links = ["contact"]',
        'links = ["company"]',
        f"{DEAL}.links[0]",
        "company",
        ("the route writes no 'company' to link to",),
    ),
    Mistake(
        "a name that the event does not have",
        "{{ person.first_name | title }}",
        "{{ person.frist_name | title }}",
        "routes[0].upsert[0].fields.firstname",
        "frist_name",
        (
            "'person.frist_name' is not part of order.placed, order.failed",
            "did you mean 'first_name'?",
        ),
    ),
    Mistake(
        "a filter that is none",
        "| title",
        "| titel",
        "routes[0].upsert[0].fields.firstname",
        "titel",
        ("there is no filter 'titel'", "did you mean 'title'?"),
    ),
    Mistake(
        "an expression that is not ended",
        'amount = "{{ order.total }}"',
        'amount = "{{ order.total }"',
        f"{DEAL}.fields.amount",
        "amount",
        ("is no valid expression",),
    ),
    Mistake(
        "a money compared with a text",
        "{{ order.total }}",
        "{{ order.total > '100' }}",
        "routes[0].when",
        "'100'",
        (
            "compares order.total, a number, with '100', a text",
            "write the number without quotes: 100",
        ),
    ),
    Mistake(
        "days added to a date",
        "{{ order.date_created }}",
        "{{ order.date_created + 30 }}",
        "routes[0].upsert[0].fields.last_order_at",
        "+ 30",
        ("a date and time and a number", "order.date_created | plus(days=30)"),
    ),
    Mistake(
        "a deal without a key",
        'key = "{{ source.name }}:{{ order.id }}"\n',
        "",
        f"{DEAL}.key",
        "[[routes.upsert]]",
        ("is missing", 'like key = "{{ order.id }}"'),
    ),
    Mistake(
        "a key that every event shares",
        'key = "{{ source.name }}:{{ order.id }}"',
        'key = "order.id"',
        f"{DEAL}.key",
        '"order.id"',
        ("is the same for every event", "in {{ }}"),
        warning=True,
    ),
    Mistake(
        "an object without its key field",
        'key_field = "aom_key"\n',
        "",
        "routes[1].upsert[0].key_field",
        "",
        ("is missing", "name the CRM's field that holds the key"),
    ),
    Mistake(
        "a status that is nearly known",
        "COMPLETED =",
        "COMPLETD =",
        f"{DEAL}.fields.stage.map.COMPLETD",
        "COMPLETD",
        ("no known status is 'COMPLETD'", "did you mean 'COMPLETED'?"),
    ),
    Mistake(
        "a field that is never written",
        'dealname = "Order {{ order.id }}"',
        'dealname = { value = "Order", when = "{{ false }}" }',
        f"{DEAL}.fields.dealname.when",
        "dealname",
        ("is always false", "write when = false to say that this is meant"),
        warning=True,
    ),
    Mistake(
        "a key that moves",
        'key = "{{ source.name }}:{{ order.id }}"',
        'key = "{{ source.name }}:{{ person.key }}:{{ profile.order_count }}"',
        f"{DEAL}.key",
        "profile",
        ("has profile in it", "makes a second record", "write what stays as it is, like order.id"),
        warning=True,
    ),
    Mistake(
        "a currency that is none, to a filter",
        'amount = "{{ order.total }}"',
        "amount = \"{{ order.total | money('UDS') }}\"",
        f"{DEAL}.fields.amount",
        "UDS",
        ("| money is given 'UDS', which is no currency", "use a code of ISO 4217, like USD"),
    ),
    Mistake(
        "a currency that is none, in a condition",
        "{{ order.total }}",
        "{{ order.currency == 'US$' }}",
        "routes[0].when",
        "US$",
        ("order.currency is never 'US$': there is no such currency", "use a code of ISO 4217"),
    ),
    Mistake(
        "a character that is none",
        'dealname = "Order {{ order.id }}"',
        'dealname = "Order\\u0000{{ order.id }}"',
        f"{DEAL}.fields.dealname",
        "dealname",
        ("U+0000", "no CRM takes"),
    ),
    Mistake(
        "a connector twice in a list",
        'events = ["course.enrolled"]\nconnector = "box"',
        'events = ["course.enrolled"]\nconnector = ["box", "box"]',
        "routes[1].connector[1]",
        '"box", "box"',
        ("'box' is listed already", "leave it out, or name the one that is meant"),
        warning=True,
    ),
    Mistake(
        "two keys of a map that are one",
        'COMPLETED = "won"',
        'COMPLETED = "won", Completed = "lost"',
        f"{DEAL}.fields.stage.map.Completed",
        "Completed",
        ("is 'COMPLETED' but for upper and lower case", "keep one of them"),
        warning=True,
    ),
    Mistake(
        "single brackets around an upsert",
        '[[routes.upsert]]\nobject = "enrollment"',
        '[routes.upsert]\nobject = "enrollment"',
        "routes[1].upsert",
        "[routes.upsert]",
        ("is one table", "write [[routes.upsert]] in double brackets"),
    ),
    Mistake(
        "a snippet twice in a list",
        'fields.course = "{{ course.name }}"\n',
        'use = ["a", "a"]\n\n[snippets.a]\nfields.course = "{{ course.name }}"\n',
        "routes[1].upsert[0].use[1]",
        "use",
        ("'a' is listed already",),
        warning=True,
    ),
    Mistake(
        "two snippets that write one field",
        'fields.course = "{{ course.name }}"\n',
        'use = ["a", "b"]\n\n[snippets.a]\nfields.course = "{{ course.name }}"\n\n'
        '[snippets.b]\nfields.course = "{{ course.id }}"\n',
        "routes[1].upsert[0].use[1]",
        "use",
        (
            "'b' has the field 'course' too, otherwise: that of snippets.a.fields.course counts",
            "write the field in the upsert itself",
        ),
        warning=True,
    ),
    Mistake(
        "two routes of one name",
        'name = "learners"',
        'name = "sales"',
        "routes[1].name",
        'name = "sales"',
        ("'sales' is the name of routes[0] too",),
    ),
    Mistake(
        "items of what is no list",
        "course in courses",
        "course in person.name",
        "routes[1].upsert[0].each",
        "each",
        ("goes through something that is no list",),
    ),
)


def check(directory: Path, text: str) -> list[dict[str, object]]:
    """What `check --json` tells, but for events that no route takes."""
    (directory / "config.toml").write_text(text, "utf-8")
    ended = run_program("check", "--json", cwd=directory)
    told = json.loads(ended.stdout)
    assert any(not one["warning"] for one in told) is (ended.returncode == 1)
    return [one for one in told if "no route takes" not in one["message"]]


def test_the_good_configuration_is_good(tmp_path: Path) -> None:
    """Or the others would prove nothing."""
    assert check(tmp_path, GOOD) == []
    assert len(MISTAKES) >= 30
    assert len({one.name for one in MISTAKES}) == len(MISTAKES)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda one: str(one.name))
def test_a_mistake_is_found_at_its_place_and_nothing_else(tmp_path: Path, mistake: Mistake) -> None:
    """The place, its line, what is wrong, and what would be right."""
    assert mistake.right in GOOD
    text = GOOD.replace(mistake.right, mistake.wrong, 1)
    (fault,) = check(tmp_path, text)
    assert fault["where"] == mistake.where
    assert fault["warning"] is mistake.warning
    words = f"{fault['message']}; {fault['remedy']}"
    for part in mistake.says:
        assert part in words
    assert fault["remedy"] or "whole number" in words
    if mistake.on:
        line = fault["line"]
        assert isinstance(line, int)
        assert mistake.on in text.splitlines()[line - 1]
