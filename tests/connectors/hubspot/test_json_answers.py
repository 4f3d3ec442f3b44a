"""HubSpot's answers as JSON, of which nothing can be relied on."""

from __future__ import annotations

from connectors.hubspot.json_answers import items_of, properties_of, text_of


def test_parts_of_another_type_are_absent() -> None:
    """A list of objects is a list of objects, a text a text; else there is none."""
    answer = {"results": [{"id": "1"}, "x", None], "message": 7, "properties": []}
    assert items_of(answer, "results") == [{"id": "1"}]
    assert items_of(answer, "message") == []
    assert text_of(answer, "message") == ""
    assert text_of({"message": "no"}, "message") == "no"
    assert properties_of(answer) == {}
    assert properties_of({"properties": {"a": "b"}}) == {"a": "b"}
