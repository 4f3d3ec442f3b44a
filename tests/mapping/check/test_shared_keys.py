"""One school cannot write another's records."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from connectors import registry
from connectors.base import read_shipped_mappings
from receiver.mapping import RouteTable
from receiver.mapping.check.shared_keys import keeps_apart
from receiver.settings import load_settings

SOURCE = '[sources.{name}]\ntokens = ["{name}-0123456789abcdef"]\ntimezone = "UTC"\n'
ROUTE = """
[[routes]]
name = "{name}"
events = ["order.*"]
connector = "sandbox"
{sources}
[[routes.upsert]]
object = "{object}"
key = '{key}'
fields.amount = "{{{{ order.total }}}}"
"""


def warnings(
    directory: Path, *routes: str, sources: tuple[str, ...] = ("a", "a-b")
) -> list[tuple[str, str, str]]:
    config = directory / "config.toml"
    config.write_text(
        "".join(SOURCE.format(name=name) for name in sources)
        + '[connectors.sandbox]\ntype = "sandbox"\n'
        + "".join(routes)
    )
    found = RouteTable.compile(load_settings(config)).warnings
    return [(one.where, one.message, one.remedy) for one in found if one.where.endswith(".key")]


def route(key: str, *sources: str, object: str = "deal") -> str:
    return ROUTE.format(
        key=key,
        object=object,
        name=f"{object} {key} {sources}",
        sources=f"sources = {list(sources)}" if sources else "",
    )


@pytest.mark.parametrize(
    ("key", "apart"),
    [
        ("{{ source.name }}:{{ order.id }}", True),
        ("{{ source.name ~ ':' ~ order.id }}", True),
        ("{{ source['name'] }}/{{ order.id }}", True),
        ("aom {{ source.name }} {{ order.id }}", True),
        ("{{ order.id }}@{{ source.name }}", True),
        ("{{ person.email }}", True),
        ("{{ person.email }}{{ source.name }}", True),
        ("everything", True),
        ("{{ event.id }}", True),
        ("{{ event.id }}{{ order.id }}", True),
        ("{{ order.id }}:{{ event['id'] }}", True),
        ("{{ order.id }}{{ event.id }}{{ order.total }}", False),
        ("{{ event.id | upper }}", False),
        ("{{ event.name }}", False),
        ("{{ source.name }}-{{ order.id }}", False),
        ("{{ source.name }}_{{ order.id }}", False),
        ("{{ source.name }}{{ order.id }}", False),
        ("{{ source.name ~ order.id }}", False),
        ("{{ source.name | upper }}:{{ order.id }}", False),
        ("{{ order.id }}", False),
        ("{{ person.email }}:{{ order.id }}", False),
        ("{{ order.id }}:{{ source.name }}:{{ order.total }}", False),
    ],
)
def test_a_key_keeps_the_sources_apart(key: str, apart: bool) -> None:
    """With the source's name at an end of it, beside what no name can hold; or made of the person
    alone, who is shared on purpose.
    """
    assert keeps_apart(key) is apart


def test_check_warns_of_keys_that_two_sources_can_share(tmp_path: Path) -> None:
    """Source `a` with the order `b-1` and source `a-b` with the order `1` had the same key."""
    (where, message, remedy), *others = warnings(
        tmp_path, route("{{ source.name }}-{{ order.id }}")
    )
    assert where == "routes[0].upsert[0].key"
    assert message.startswith("can be the same for a and a-b")
    assert "'-'" in message
    assert '"{{ source.name }}:"' in remedy
    assert not others


def test_check_knows_who_writes_such_records(tmp_path: Path) -> None:
    """One source alone cannot share; two routes of one source each can, and so can a good key with
    a bad one.
    """
    bad, good = "{{ order.id }}", "{{ source.name }}:{{ order.id }}"
    assert warnings(tmp_path, route(bad), sources=("a",)) == []
    assert warnings(tmp_path, route(bad, "a")) == []
    assert warnings(tmp_path, route(bad, "a"), route(bad, "a-b", object="contact")) == []
    assert [where for where, *_ in warnings(tmp_path, route(bad, "a"), route(bad, "a-b"))] == [
        "routes[0].upsert[0].key",
        "routes[1].upsert[0].key",
    ]
    assert [where for where, *_ in warnings(tmp_path, route(good, "a"), route(bad, "a-b"))] == [
        "routes[1].upsert[0].key"
    ]


@pytest.mark.parametrize("name", ["sandbox", "hubspot", "salesforce", "webhook"])
def test_shipped_keys_keep_the_sources_apart(name: str) -> None:
    """Every key that a connector ships."""
    tables = tomllib.loads(read_shipped_mappings(registry.load(name))["standard"])["routes"]
    keys = [
        upsert["key"] for table in tables for upsert in table.get("upsert", ()) if "key" in upsert
    ]
    assert keys
    assert [key for key in keys if not keeps_apart(key)] == []
