"""How a place in the configuration is written."""

from __future__ import annotations

import tomllib

import pytest

from receiver.config_errors.place import Step, format_place


@pytest.mark.parametrize(
    ("steps", "written"),
    [
        (("server", "port"), "server.port"),
        (("routes", 1, "upsert", 0, "fields", "amount"), "routes[1].upsert[0].fields.amount"),
        (("connectors", "a.b", "type"), 'connectors."a.b".type'),
        (("", "Zoë"), '""."Zoë"'),
        ((), ""),
    ],
)
def test_a_place_is_written_as_toml_has_it(steps: tuple[Step, ...], written: str) -> None:
    """Names that TOML takes bare stand bare, all others in quotes."""
    assert format_place(steps) == written


@pytest.mark.parametrize("name", ['say "so"', "back\\slash", "new\nline", "tab\t", "a b"])
def test_a_quoted_name_is_a_key_of_toml(name: str) -> None:
    """What is shown can be pasted into the configuration, and means the same there."""
    assert tomllib.loads(f"{format_place((name,))} = 1") == {name: 1}
