"""Tokens changed in the text of a configuration."""

from __future__ import annotations

import pytest

from receiver.settings.token_rotation import (
    NotEditable,
    TokenEntry,
    insert_entry,
    keep_first_entry,
    read_entries,
)

PLAIN = """\
# our school
[sources.springfield]   # the main site
tokens = ["old"]        # since May
timezone = "UTC"

[sources."east.side"]
tokens = [
    "a",  # of the web site
    "${file:east.token}",
]
"""
DOTTED = 'sources.springfield.tokens = ["old"]\n'
INLINE = 'sources = { springfield = { tokens = ["old"], currency = "USD" } }\n'


def test_one_token_more_and_nothing_else_changes() -> None:
    """Comments, blanks and the order of everything stay as a person wrote them."""
    changed = insert_entry(PLAIN, "springfield", 0, "new")
    assert changed == PLAIN.replace('["old"]', '["new", "old"]')
    assert keep_first_entry(changed, "springfield") == PLAIN.replace("old", "new")


@pytest.mark.parametrize("text", [DOTTED, INLINE, PLAIN.replace("\n", "\r\n")])
def test_however_the_table_is_written(text: str) -> None:
    """As dotted keys, as an inline table, with the line breaks of Windows: there and back."""
    changed = insert_entry(text, "springfield", 1, "${file:x.old}")
    assert changed == text.replace('"old"]', '"old", "${file:x.old}"]')
    assert keep_first_entry(changed, "springfield") == text


def test_a_list_of_several_lines_keeps_its_comments() -> None:
    """Also where the name of the source has a dot in it."""
    changed = insert_entry(PLAIN, "east.side", 0, "new")
    assert "# of the web site" in changed
    assert [one.text for one in read_entries(changed, "east.side")] == [
        "new",
        "a",
        "${file:east.token}",
    ]
    assert [
        one.text for one in read_entries(keep_first_entry(changed, "east.side"), "east.side")
    ] == ["new"]


def test_where_a_token_comes_from() -> None:
    """Written down, from a file, from a variable with a default or none, or made of parts."""
    text = """
[sources.a]
tokens = ["plain", "${file:a.token}", "${A_TOKEN}", "${A_TOKEN:-x}", "x-${A_TOKEN}"]
"""
    assert read_entries(text, "a") == [
        TokenEntry("plain", "literal"),
        TokenEntry("${file:a.token}", "file", "a.token"),
        TokenEntry("${A_TOKEN}", "variable", "A_TOKEN"),
        TokenEntry("${A_TOKEN:-x}", "variable", "A_TOKEN"),
        TokenEntry("x-${A_TOKEN}", "mixed"),
    ]


def test_what_is_not_there_is_not_edited() -> None:
    """A source that has no list of tokens in this file is named."""
    for text in ("", "[sources.b]\n", '[sources.a]\ntokens = "x"\n'):
        with pytest.raises(NotEditable, match=r"sources\.a\.tokens"):
            insert_entry(text, "a", 0, "new")
