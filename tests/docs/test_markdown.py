"""Tables and codes hold whatever text they are given."""

from __future__ import annotations

from docs.hooks.markdown import code, table


def test_a_cell_ends_no_row() -> None:
    """Line breaks and bars would."""
    found = table(("a", "b"), [("one\ntwo", "x | y")])
    assert found == "| a | b |\n| --- | --- |\n| one two | x \\| y |\n"


def test_a_bar_in_code_stays_as_it_is() -> None:
    """There it ends no cell, and an escape would be shown."""
    assert "| `{{ a | b }}` \\| c |" in table(("a",), [("`{{ a | b }}` | c",)])


def test_code_may_hold_the_sign_of_code() -> None:
    """It is then fenced by two."""
    assert code("plain") == "`plain`"
    assert code("a `b` c") == "``a `b` c``"
