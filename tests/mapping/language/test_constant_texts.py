"""The constant texts that an expression can come to."""

from __future__ import annotations

from typing import Any

import pytest

from receiver.mapping.language.constant_texts import constant_texts


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ("customer", {"customer"}),
        ("{{ 'a' if order.total else 'b' }}", {"a", "b"}),
        ("{{ 'customer' if order.total else none }}", {"customer"}),
        ("{{ person.title or 'none given' }}", {"none given"}),
        ("{{ person.title | default('other') }}", {"other"}),
        ("{{ 'a' if x else ('b' if y else 'c') }}", {"a", "b", "c"}),
        ("{{ person.title }}", set()),
        ("{{ 'a' ~ person.title }}", set()),
        ("Dear {{ person.title }}", set()),
        ("", set()),
        (7, set()),
    ],
)
def test_what_stands_in_quotes_is_found(source: Any, texts: set[str]) -> None:
    """Whatever the expression can come to as it stands there; what is worked out is not told."""
    assert constant_texts(source) == texts
