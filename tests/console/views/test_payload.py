"""Payloads as people can read them."""

from __future__ import annotations

import json

import pytest

from receiver.console.views.payload import TextExcerpt, as_json, indent_json


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ('{"a":1.50,"b":[],"a":"x: {,"}', '{\n  "a": 1.50,\n  "b": [],\n  "a": "x: {,"\n}'),
        (' [ "\\u202e\\"" , {} , [ null ] ] ', '[\n  "\\u202e\\"",\n  {},\n  [\n    null\n  ]\n]'),
        ("1e400", "1e400"),
        ("not { JSON", "not { JSON"),
        ("[" * 5000 + "]" * 5000, "[" * 5000 + "]" * 5000),
        ("[" * 60 + "]" * 60, "[" * 60 + "]" * 60),
        ("", ""),
    ],
)
def test_payloads_are_indented_and_nothing_else(sent: str, shown: str) -> None:
    """Every token stands as it was sent, twice where it came twice; what is no JSON or too deep
    stays verbatim.
    """
    assert indent_json(sent) == TextExcerpt(shown, cut=False)


@pytest.mark.parametrize(
    "sent",
    [
        "[" + "[]," * 300_000 + "[]]",
        '"' + "a" * 300_000 + '"',
        "no JSON " * 300_000,
        "[" * 60 + "]" * 60,
    ],
)
def test_of_a_large_payload_the_beginning_is_shown(sent: str) -> None:
    """As many characters as are asked for, indented where that can be."""
    excerpt = indent_json(sent, 100)
    assert (len(excerpt.text), excerpt.cut) == (100, True)
    assert as_json([{}] * 300_000, 100) == TextExcerpt(
        json.dumps([{}] * 50, indent=2)[:100], cut=True
    )
    assert as_json({"a": [1]}, 100) == TextExcerpt('{\n  "a": [\n    1\n  ]\n}', cut=False)
