"""The mapping of a configuration as a document of its own."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from receiver.settings import ConfigError
from receiver.settings.mapping_document import (
    MappingDocument,
    load_mapping,
    read_mapping,
    replace_routes,
)
from tests.settings.configs import TOKEN, loaded, write

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"

CONFIG = f"""
[server]
admin_token = "admin-token-that-nobody-may-see"

[sources.springfield]
tokens = ["{TOKEN}"]
timezone = "America/New_York"

[connectors.crm]
type = "hubspot"
access_token = "pat-that-nobody-may-see"
mapping = ["standard"]
batch_size = 7

[snippets.who]
fields.firstname = {{ value = "{{{{ person.first_name }}}}", overwrite = "if_empty" }}

[[routes]]
events = ["order.*"]
connector = "crm"
[[routes.upsert]]
object = "contact"
use = ["who"]
fields."a name.of letters" = 2026-05-01
fields.flag = true
fields.price = 1.50
fields.whole = 2.0
[routes.upsert.fields.stage]
value = "{{{{ order.status }}}}"
map = {{ COMPLETED = "won", "REF*" = 3 }}
default = ""
[[routes]]
name = "quizzes"
events = ["quiz.submitted"]
connector = ["crm"]
"""


@pytest.mark.parametrize("given", [CONFIG, EXAMPLE.read_text()], ids=["all kinds", "the example"])
def test_what_is_written_is_read_again(tmp_path: Path, given: str) -> None:
    """To the letter and to the type, and without a secret."""
    mapped = load_mapping(write(tmp_path, given))
    text = mapped.to_toml()
    again = read_mapping(text)
    assert (again, again.to_toml()) == (mapped, text)
    assert "nobody-may-see" not in text
    assert TOKEN not in text


def test_types_stay_what_they_are(tmp_path: Path) -> None:
    """A number that is written as a fraction stays one."""
    mapped = read_mapping(MappingDocument.of(loaded(tmp_path, CONFIG)).to_toml())
    fields = mapped.routes[0].upsert[0].fields
    assert [type(fields[name].value) for name in ("flag", "price", "whole")] == [
        bool,
        Decimal,
        Decimal,
    ]


def test_routes_in_the_place_of_others(tmp_path: Path) -> None:
    """A file of routes and snippets alone takes the rest from what is in force."""
    base = MappingDocument.of(loaded(tmp_path, CONFIG))
    routes = tmp_path / "routes.toml"
    routes.write_text('[[routes]]\nname = "x"\nevents = ["quiz.submitted"]\nconnector = "crm"\n')
    found = load_mapping(routes, base)
    assert [one.name for one in found.routes] == ["x"]
    assert (found.snippets, found.connectors) == ({}, base.connectors)
    with pytest.raises(ConfigError, match="sources: is missing"):
        load_mapping(routes)


def test_a_whole_configuration_needs_no_secret(tmp_path: Path) -> None:
    """It may be looked at where they are not."""
    path = write(tmp_path, CONFIG.replace("pat-that-nobody-may-see", "${NOT_SET_ANYWHERE}"))
    assert load_mapping(path, None).connectors["crm"].batch_size == 7


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[server]\nport = 1\n", "server"),
        ('[[routes]]\nname = "${HOME}"\nevents = []\nconnector = "crm"\n', "the mapping"),
        ("[[routes]\n", "the mapping, line 1"),
        ("[routes]\nname = 1\n", "routes"),
        ("snippets = 1\n", "snippets"),
        ('[[routes]]\nevent = ["order.*"]\nconnector = "crm"\n', "routes[0].event"),
    ],
)
def test_what_is_no_mapping(tmp_path: Path, text: str, where: str) -> None:
    """Its place is told; it is not given what this machine keeps secret."""
    with pytest.raises(ConfigError) as wrong:
        replace_routes(MappingDocument.of(loaded(tmp_path, CONFIG)), text)
    assert wrong.value.faults[0].where.startswith(where)


def test_a_map_of_thousands_is_written_and_read() -> None:
    """As it was; each entry costs the same, however many there are."""
    entries = "\n".join(f'"Course {number} \\" ü" = "c{number}"' for number in range(5_000))
    text = f"""
[[routes]]
events = ["quiz.*"]
connector = "box"
[[routes.upsert]]
object = "quiz"
key = "{{{{ quiz.id }}}}"
[routes.upsert.fields.course]
value = "{{{{ course.name }}}}"
[routes.upsert.fields.course.map]
{entries}
"""
    document = read_mapping(text)
    assert read_mapping(document.to_toml()) == document
