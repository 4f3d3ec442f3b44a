"""Every address, operation, parameter and problem is in the reference, and described."""

from __future__ import annotations

from pathlib import Path

from docs.hooks.http_api import (
    admin_operations,
    answer_types,
    described,
    taken_by,
    text_of,
    type_of,
)
from receiver.http.problem_details import PROBLEMS
from tests.docs.pages import ROOT, shown
from tests.docs.source import numbers_given_to


def test_every_operation_and_parameter_is_described() -> None:
    """With a summary, and words for all that it takes."""
    found = dict(admin_operations())
    assert len(found) > 10
    assert [name for name, one in found.items() if not one["summary"]] == []
    bare = [(name, one[0]) for name, op in found.items() for one in taken_by(op) if not one[3]]
    assert bare == []


def test_every_public_address_is_described() -> None:
    """And none is forgotten."""
    found = described().addresses
    assert {"/events", "/healthz", "/readyz", "/metrics"} <= set(found)
    assert all(found.values())


def test_every_status_of_a_problem_is_described() -> None:
    """What the code answers a problem with, and nothing that it does not."""
    functions = ("problem", "problem_response", "_turn_away", "_refuse", "_answer")
    answered = numbers_given_to(functions, ROOT / "receiver")
    assert answered == set(PROBLEMS)
    declared = {int(status) for _, one in admin_operations() for status in one["responses"]}
    assert declared - {200} <= set(PROBLEMS)


def test_types_are_told_in_words() -> None:
    """A reference leads to the type's own heading."""
    assert type_of({"$ref": "#/components/schemas/Rate"}) == "[Rate](#rate)"
    assert type_of({"anyOf": [{"type": "string"}, {"type": "null"}]}) == "string or null"
    assert type_of({"type": "array", "items": {"type": "integer"}}) == "list of integer"
    assert type_of({"enum": ["a", "b"]}) == "`a`, `b`"
    assert text_of({"anyOf": [{"description": "inner"}, {"type": "null"}]}) == "inner"


def test_the_page_shows_all(site: Path) -> None:
    """Operations with what they take, types with their keys."""
    page = shown(site, "reference/http.html")
    for path, text in described().addresses.items():
        assert f"{path} {text}" in page
    for name, operation in admin_operations():
        assert f"{name}¶ {operation['summary']}." in page
        for parameter, _, _, text in taken_by(operation):
            assert parameter in page
            assert text.replace("`", "") in page
    for name, schema in answer_types():
        assert f"{name}¶" in page
        assert all(key in page for key in schema.get("properties", ()))


def test_the_page_of_problems_shows_all(site: Path) -> None:
    """Each status with when it is answered, and what helps."""
    page = shown(site, "reference/problems.html")
    for status, kind in PROBLEMS.items():
        assert f"{status} {kind.meaning} {kind.remedy}".replace("`", "") in page
