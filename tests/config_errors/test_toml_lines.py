"""On which line of a TOML file each key stands."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import registry
from connectors.base import read_shipped_mappings
from receiver.config_errors import ConfigFault, Step, find_lines, format_place, line_of, with_lines
from tests.docs.pages import ROOT

TEXT = '''\
# a [comment] = 1
[server]
port = 80  # ] = "x"
"quoted \\u00fc.x" = "a # b = [c]"

[[routes]]
events = [
    "order.*",  # the first
    "quiz.submitted",
]
[[routes.upsert]]
fields.a = { value = "{{ [1, 2] }}", map = { x = "y", "z z" = """
two
lines""" } }
fields.b.value = 1979-05-27 07:32:00
[[routes.upsert]]
[routes.upsert.fields.stage]
value = 1.5
[[routes]]
'name' = 'its'
'''

LINES = {
    "server": 2,
    "server.port": 3,
    'server."quoted ü.x"': 4,
    "routes": 6,
    "routes[0]": 6,
    "routes[0].events": 7,
    "routes[0].events[0]": 8,
    "routes[0].events[1]": 9,
    "routes[0].upsert": 11,
    "routes[0].upsert[0]": 11,
    "routes[0].upsert[0].fields": 12,
    "routes[0].upsert[0].fields.a": 12,
    "routes[0].upsert[0].fields.a.value": 12,
    "routes[0].upsert[0].fields.a.map": 12,
    "routes[0].upsert[0].fields.a.map.x": 12,
    'routes[0].upsert[0].fields.a.map."z z"': 12,
    "routes[0].upsert[0].fields.b": 15,
    "routes[0].upsert[0].fields.b.value": 15,
    "routes[0].upsert[1]": 16,
    "routes[0].upsert[1].fields": 17,
    "routes[0].upsert[1].fields.stage": 17,
    "routes[0].upsert[1].fields.stage.value": 18,
    "routes[1]": 19,
    "routes[1].name": 20,
}


def test_each_key_has_its_line() -> None:
    """In tables, lists of tables, inline tables, lists, and behind texts of several lines."""
    tomllib.loads(TEXT)
    assert find_lines(TEXT) == LINES
    assert find_lines(TEXT.replace("\n", "\r\n")) == LINES


def test_a_place_that_is_missing_has_the_line_of_the_table_around_it() -> None:
    """And what stands nowhere has none."""
    assert line_of("routes[0].upsert[1].fields.stage.map.x", LINES) == 17
    assert line_of("server.porter", LINES) == 2
    assert line_of("servers", LINES) is None
    (told,) = with_lines([ConfigFault("server.porter", "is unknown", "none")], LINES)
    assert str(told) == "server.porter (line 2): is unknown; none"


def shipped() -> list[str]:
    """All mappings that ship, and the example of a configuration."""
    texts = [(ROOT / "config.example.toml").read_text("utf-8")]
    for name in ("hubspot", "salesforce", "sandbox", "webhook"):
        texts += read_shipped_mappings(registry.load(name)).values()
    return texts


@pytest.mark.parametrize("text", shipped())
def test_every_key_of_real_files_is_found(text: str) -> None:
    """Nothing that the reader of the standard library finds is missing, and nothing else is there;
    the line holds the key.
    """
    lines, written = find_lines(text), text.splitlines()
    found = dict(places(tomllib.loads(text), ()))
    assert lines.keys() == found.keys()
    for place, key in found.items():
        assert key in written[lines[place] - 1], place


def places(value: Any, steps: tuple[Step, ...]) -> list[tuple[str, str]]:
    """Each place of a document, with the text that its line must hold."""
    inner: list[tuple[Step, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    found = []
    for step, one in inner:
        held = str(step) if isinstance(step, str) else one if isinstance(one, str) else ""
        found += [(format_place((*steps, step)), held), *places(one, (*steps, step))]
    return found


@given(st.text(alphabet="ab.=[]{}\",'\n# \\", max_size=60))
def test_any_text_comes_to_an_end(text: str) -> None:
    """A file that is no TOML has no places to rely on, and no traceback."""
    assert all(1 <= line <= text.count("\n") + 1 for line in find_lines(text).values())


def test_a_large_file_is_no_burden() -> None:
    """Each token is looked at once."""
    text = "".join(
        f'[[routes]]\nname = "{n}"\nfields.a = {{ b = [1, 2] }}\n' for n in range(20_000)
    )
    assert find_lines(text)["routes[19999].name"] == 59_999
