"""A value as JSON text."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

from connectors.base import JsonText
from receiver.mapping.language.expression import native_value
from receiver.mapping.language.json_text import as_json


def test_lists_and_tables_are_json() -> None:
    """Money and dates are texts in it, so that no digit is lost; what is absent is null."""
    text = as_json([{"total": Decimal("1.50"), "on": date(2026, 3, 1), "who": None, "n": 2}])
    assert json.loads(text or "") == [{"total": "1.50", "on": "2026-03-01", "who": None, "n": 2}]


def test_names_stay_readable() -> None:
    """Letters beyond ASCII are not escaped: a CRM shows the text to people."""
    assert as_json(["Zoë"]) == '["Zoë"]'


def test_nothing_is_nothing() -> None:
    """A missing value clears a field rather than write the word null into it."""
    assert as_json(None) is None
    assert as_json(iter(["a", "b"])) == '["a", "b"]'


def test_its_data_keeps_what_json_can_hold() -> None:
    """For a connector that can send more than a text: numbers stay numbers, with all their
    places.
    """
    given = {"total": Decimal("1.50"), "on": date(2026, 3, 1), "who": None, "of": iter([2, True])}
    text = as_json(given)
    assert text is not None
    assert text.data == {
        "total": Decimal("1.50"),
        "on": "2026-03-01",
        "who": None,
        "of": [2, True],
    }
    assert isinstance(native_value(text), JsonText)
