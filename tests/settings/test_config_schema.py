"""The JSON Schema of config.toml takes what the gateway takes, and refuses slips."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest

from connectors import registry
from receiver.settings import describe_config
from tests.cli.command import command
from tests.processes import gateway, write_config

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
SMALL = """
[server]
port = 8080

[sources.springfield]
tokens = ["a-token-of-springfield"]

[connectors.crm]
type = "sandbox"
mapping = "standard"

[[routes]]
events = ["order.*"]
connector = ["crm"]

[[routes.upsert]]
object = "contact"
fields.x = { value = "{{ order.id }}", map = { a = 1 }, default = 2 }
fields.y = "{{ person.email }}"
"""


@pytest.fixture(scope="module")
def validator() -> Any:
    return jsonschema_rs.validator_for(describe_config())


def faults(validator: Any, text: str) -> list[str]:
    """The places of what is wrong."""
    found = validator.iter_errors(tomllib.loads(text))
    return [".".join(map(str, error.instance_path)) for error in found]


def test_the_whole_example_is_valid(validator: Any) -> None:
    """It shows every key."""
    assert faults(validator, EXAMPLE.read_text("utf-8")) == []
    assert faults(validator, SMALL) == []


@pytest.mark.parametrize(
    ("right", "wrong", "place"),
    [
        ("[server]", "[sever]", ""),
        ("port = 8080", "prot = 8080", "server"),
        ("port = 8080", 'port = "8080"', "server.port"),
        ("port = 8080", "port = 80800", "server.port"),
        ('tokens = ["a-token-of-springfield"]', "", "sources.springfield"),
        ('type = "sandbox"', 'type = "sandbx"', "connectors.crm.type"),
        ('type = "sandbox"', 'type = "sandbox"\naccess_token = "x"', "connectors.crm"),
        ('type = "sandbox"', 'type = "hubspot"', "connectors.crm"),
        ('events = ["order.*"]', 'events = "order.*"', "routes.0.events"),
        ("fields.y", "feilds.y", "routes.0.upsert.0"),
        ("default = 2", "defualt = 2", "routes.0.upsert.0.fields.x"),
        ('object = "contact"', "object = 3", "routes.0.upsert.0.object"),
    ],
)
def test_slips_are_found(validator: Any, right: str, wrong: str, place: str) -> None:
    """Each at its place."""
    assert right in SMALL
    assert faults(validator, SMALL.replace(right, wrong)) == [place]


def test_variables_stand_for_anything(validator: Any) -> None:
    """A port may come from the environment."""
    assert faults(validator, SMALL.replace("port = 8080", 'port = "${PORT:-8080}"')) == []


def test_every_key_has_a_description() -> None:
    """It is what an editor shows."""
    schema = describe_config()
    tables = {name: one for name, one in schema["$defs"].items() if "properties" in one}
    lacking = [
        f"{name}.{key}"
        for name, table in tables.items()
        for key, value in table["properties"].items()
        if "description" not in value
    ]
    assert lacking == []
    assert {f"connector_{name}" for name in registry.types()} <= tables.keys()


def test_it_is_printed_written_and_served(tmp_path: Path) -> None:
    """By the command, by `init` beside the configuration that names it, and by the gateway."""
    printed = json.loads(command("schemas", "--config", at=tmp_path).out)
    assert printed == describe_config()
    command("schemas", "--config", "--to", "some", at=tmp_path)
    assert json.loads((tmp_path / "some" / "config.schema.json").read_text("utf-8")) == printed
    command("init", at=tmp_path)
    assert (tmp_path / "config.toml").read_text().startswith("#:schema ./config.schema.json\n")
    written = (tmp_path / "config.schema.json").read_text("utf-8")
    assert json.loads(written) == printed
    with gateway(write_config(tmp_path)) as running:
        answer = httpx.get(f"{running.url}/schemas/config.json")
        assert answer.headers["content-type"] == "application/schema+json"
        assert answer.json() == printed


def test_it_is_not_of_an_event(tmp_path: Path) -> None:
    """The two are told apart."""
    assert (
        "leave the event out"
        in command("schemas", "order.placed", "--config", at=tmp_path, code=2).err
    )
