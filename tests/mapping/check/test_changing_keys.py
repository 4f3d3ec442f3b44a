"""Keys that a new address changes."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from connectors import registry
from connectors.base import read_shipped_mappings
from receiver.mapping import RouteTable
from receiver.mapping.check.changing_keys import changes_with_address
from receiver.settings import load_settings

CONFIG = """
[sources.one]
tokens = ["one-0123456789abcdef"]
timezone = "UTC"
{identity}

[connectors.sandbox]
type = "sandbox"

[[routes]]
events = ["quiz.*"]
connector = "sandbox"

[[routes.upsert]]
object = "quiz"
key_field = "aom_key"
key = "{key}"
fields.name = "{{{{ quiz.name }}}}"
"""
KEY = "{{ source.name }}:{{ person.email }}:{{ quiz.id }}"


@pytest.mark.parametrize(
    ("key", "changes"),
    [
        (KEY, True),
        ("{{ person['email'] ~ quiz.id }}", True),
        ("{{ person.email.split('@')[0] }}", True),
        ("{{ person.email | upper }}", True),
        ("{{ person.email }}", False),
        ("{{ person.email | trim | lower }}", False),
        ("{{ source.name }}:{{ person.key }}:{{ quiz.id }}", False),
        ("{{ source.name }}:{{ order.id }}", False),
        ("everything", False),
    ],
)
def test_a_key_with_the_address_and_more_changes(key: str, changes: bool) -> None:
    """One that is the address alone is followed."""
    assert changes_with_address(key) is changes


@pytest.mark.parametrize(
    ("key", "identity", "warned"),
    [
        (KEY, "", True),
        (KEY, 'identity = "email"', False),
        (KEY.replace("person.email", "person.key"), "", False),
    ],
)
def test_check_warns_where_people_are_followed(
    tmp_path: Path, key: str, identity: str, warned: bool
) -> None:
    """By its place, with what to write; an address that is a person never changes."""
    config = tmp_path / "config.toml"
    config.write_text(CONFIG.format(key=key, identity=identity))
    found = RouteTable.compile(load_settings(config)).warnings
    told = [(one.where, one.remedy) for one in found if one.where.endswith(".key")]
    place = "routes[0].upsert[0].key"
    assert told == ([(place, "write person.key, which stays as it is")] if warned else [])


@pytest.mark.parametrize("name", ["sandbox", "hubspot", "salesforce", "webhook"])
def test_shipped_keys_stay(name: str) -> None:
    """Every key that a connector ships."""
    keys = [
        upsert["key"]
        for mapping in read_shipped_mappings(registry.load(name)).values()
        for table in tomllib.loads(mapping)["routes"]
        for upsert in table.get("upsert", ())
        if "key" in upsert
    ]
    assert keys
    assert [key for key in keys if changes_with_address(key)] == []
