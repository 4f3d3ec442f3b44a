"""Every table and key of the configuration is in the reference, and described."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docs.hooks.configuration import config_tables, default_of, type_and_bounds
from tests.docs.pages import ROOT, shown

NAMED = ("operators", "sources", "connectors", "snippets", "fields")  # whose keys are anybody's own


def documented() -> set[tuple[str, str]]:
    """Table and key of all that the reference has; the type of a connector is left out."""
    return {(one.path.partition(" ")[0], key) for one in config_tables() for key in one.fields}


def used(path: str, table: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Table and key of all that a document holds."""
    for key, value in table.items():
        if path:
            yield path, key
        for one in value if isinstance(value, list) else [value]:
            if not isinstance(one, dict) or key in ("map", "headers"):
                continue
            place = f"{path}.{key}".lstrip(".")
            if key not in NAMED:
                yield from used(place, one)
                continue
            for inner in one.values():
                yield from used(
                    f"{place}.NAME", inner if isinstance(inner, dict) else {"value": inner}
                )


def test_all_that_the_example_uses_is_documented() -> None:
    """config.example.toml shows every key; the reference is made of the models."""
    example = tomllib.loads((ROOT / "config.example.toml").read_text("utf-8"))
    found = set(used("", example))
    assert len(found) > 80
    assert sorted(found - documented()) == []


def test_every_key_is_described() -> None:
    """A key without a description is a riddle."""
    bare = [
        f"{one.path}.{key}"
        for one in config_tables()
        for key, field in one.fields.items()
        if not field.description
    ]
    assert bare == []


def test_types_bounds_and_defaults_are_told() -> None:
    """A few of them, to the letter."""
    fields = {
        (one.path, key): field for one in config_tables() for key, field in one.fields.items()
    }
    port, tokens = fields["server", "port"], fields["sources.NAME", "tokens"]
    assert (type_and_bounds(port), default_of(port)) == (
        "whole number, at least 0, at most 65,535",
        "`8080`",
    )
    assert (type_and_bounds(tokens), default_of(tokens)) == ("list of text, secret", "needed")
    assert default_of(fields["sources.NAME", "timezone"]) == '`"UTC"`'
    assert (
        default_of(fields["connectors.NAME with type = salesforce", "timeout_seconds"]) == "`120.0`"
    )


def test_the_page_shows_all(site: Path) -> None:
    """Each table with its heading, each key with its description."""
    page = shown(site, "reference/configuration.html")
    for one in config_tables():
        assert one.path in page
        for key, field in one.fields.items():
            words = " ".join((field.description or "").split()).replace("`", "")
            assert f"{key} " in page
            assert words in page, (one.path, key)
