"""Paths into a payload, as an operator writes them."""

from __future__ import annotations

from typing import Any

import pytest

from receiver.importer.payload_paths import (
    WrongMapping,
    find_value,
    format_path,
    is_within,
    parse_path,
    remove_value,
)

ORDER = {"id": 7, "customer": {"email": "ann"}, "line_items": [{"total": 5}, {"total": 0}]}


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("id", ("id",)),
        ("customer.email", ("customer", "email")),
        ("line_items[1].total", ("line_items", 1, "total")),
        ("a[0][12].first name", ("a", 0, 12, "first name")),
    ],
)
def test_a_path_is_read_and_written_alike(text: str, path: tuple[str | int, ...]) -> None:
    """What is read is written as it was."""
    assert parse_path(text) == path
    assert format_path(path) == text


@pytest.mark.parametrize("text", ["", ".", "a.", "a[]", "a[x]", "[0]", "a[1000]", " a"])
def test_what_is_no_path_is_told(text: str) -> None:
    """With an example of what would be right."""
    with pytest.raises(WrongMapping, match="is no path; write customer"):
        parse_path(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("customer.email", "ann"),
        ("line_items[1].total", 0),
        ("line_items[2].total", None),
        ("customer[0]", None),
        ("id.total", None),
        ("missing", None),
    ],
)
def test_a_value_is_found_where_it_is(text: str, value: Any) -> None:
    """Nothing is found where the payload has another shape."""
    assert find_value(ORDER, parse_path(text)) == value


def test_what_is_removed_takes_empty_parents_along() -> None:
    """The payload given stays as it was."""
    assert remove_value(ORDER, ("customer", "email")) == {
        "id": 7,
        "line_items": ORDER["line_items"],
    }
    assert remove_value(ORDER, ("line_items", 0, "total"))["line_items"] == [{"total": 0}]
    assert remove_value(ORDER, ("missing", "email")) is ORDER
    assert ORDER["customer"] == {"email": "ann"}


def test_a_path_is_within_what_is_unknown() -> None:
    """Any index stands for all; a name alike is another."""
    assert is_within(("line_items", 3, "size"), ["line_items[].size"])
    assert is_within(("extra", "deep"), ["extra"])
    assert not is_within(("extras",), ["extra"])
