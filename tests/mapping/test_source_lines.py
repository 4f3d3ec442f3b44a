"""Which line of which file a place of the mapping is."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors import registry
from connectors.base import read_shipped_mappings
from receiver.mapping import RouteTable
from receiver.mapping.source_lines import SourceLines
from receiver.settings import Settings, load_settings
from tests.cases.shipped import MAPPINGS, ShippedMapping
from tests.settings.configs import SANDBOX, loaded


def lines_of(settings: Settings) -> SourceLines:
    return SourceLines.read("config.toml", settings.lines, settings.connectors)


def test_an_own_field_is_on_a_line_of_the_configuration(tmp_path: Path) -> None:
    """Also one that comes of a snippet; what stands nowhere is told by its place."""
    text = f"""{SANDBOX}
[snippets.who]
fields.a = "{{{{ person.email }}}}"
[[routes]]
events = ["order.*"]
connector = "box"
[[routes.upsert]]
object = "contact"
use = ["who"]
fields.b = 1
"""
    lines = lines_of(loaded(tmp_path, text))
    written = text.splitlines()
    for place, key in (
        ("routes[0].upsert[0].fields.b", "fields.b"),
        ("snippets.who.fields.a", "fields.a"),
    ):
        told = lines.written(place)
        assert told.startswith("config.toml, line ")
        assert key in written[int(told.rpartition(" ")[2]) - 1]
    assert lines.written("nowhere.at.all") == "nowhere.at.all"


@pytest.mark.parametrize("shipped", MAPPINGS, ids=lambda one: str(one.name))
def test_a_shipped_field_is_on_a_line_of_its_mapping(
    tmp_path: Path, shipped: ShippedMapping
) -> None:
    """Each field of each route: the line holds its name."""
    settings = load_settings(shipped.write_config(tmp_path), {}, stand_ins=True)
    lines = lines_of(settings)
    files = {
        f"{shipped.name} {name}": written.splitlines()
        for name, written in read_shipped_mappings(registry.load(shipped.name)).items()
    }
    seen = 0
    for one in RouteTable.compile(settings).placed:
        for index, upsert in enumerate(one.route.upsert):
            for name in upsert.fields:
                file, _, line = lines.written(one.field_place(index, name)).rpartition(", line ")
                assert name in files[file][int(line) - 1]
                seen += 1
    assert seen > 20
