"""config.example.toml is complete, and right."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from connectors import registry
from connectors.base import ConnectorSettings, RateLimit
from receiver.mapping import FieldSettings, RouteTable, UpsertSettings
from receiver.settings import (
    Alerts,
    Delivery,
    Limit,
    Log,
    Operator,
    RouteSettings,
    Server,
    Settings,
    Source,
    Store,
    load_settings,
)
from tests.fakes.webhook import new_secret

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"

MODELS: list[type[BaseModel]] = [
    Server,
    Operator,
    Store,
    Source,
    Limit,
    ConnectorSettings,
    RateLimit,
    RouteSettings,
    UpsertSettings,
    FieldSettings,
    Delivery,
    Log,
    Alerts,
]


def environment() -> dict[str, str]:
    """A value for every variable that the example names."""
    names = set(re.findall(r"\$\{([A-Z_]+)\}", EXAMPLE.read_text("utf-8"))) - {"NAME"}
    values = {name: f"example-{name.lower().replace('_', '-')}" for name in names}
    return values | {"WEBHOOK_SECRET": new_secret()}


def example() -> Settings:
    """The example, loaded."""
    return load_settings(EXAMPLE, environment())


def test_the_example_loads_without_a_warning_of_its_own() -> None:
    """With its variables set, all of it is right."""
    settings = example()
    assert settings.warnings == ()
    assert RouteTable.compile(settings).warnings == ()


@pytest.mark.parametrize("model", MODELS)
def test_every_key_is_shown(model: type[BaseModel]) -> None:
    """A key that is not in the example is not documented."""
    shown = EXAMPLE.read_text("utf-8")
    assert [
        name
        for name in model.model_fields
        if not re.search(rf"\b{name}(\.\w+)? = |\.{name}\]\]", shown)
    ] == []


def test_every_key_of_the_connectors_in_use_is_shown() -> None:
    """The example grows with each connector."""
    shown = EXAMPLE.read_text("utf-8")
    for one in example().connectors.values():
        keys = registry.load(one.type).Settings.model_fields
        assert [name for name in keys if not re.search(rf"\b{name} = |\.{name}\]", shown)] == []


def test_defaults_in_the_example_are_the_defaults() -> None:
    """Where the example shows a value as the default, it is."""
    settings = example()
    assert (settings.delivery, settings.log) == (Delivery(), Log())
    assert (settings.server.host, settings.server.port) == (Server().host, Server().port)
    assert settings.server.max_body_bytes == Server().max_body_bytes
    assert (settings.store.keep_days, settings.store.dedup_hours) == (
        Store().keep_days,
        Store().dedup_hours,
    )
