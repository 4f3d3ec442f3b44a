"""Every filter and test of expressions is described, and what a description shows works."""

from __future__ import annotations

import re
from typing import Any

import pytest

from receiver.mapping.language.environment import ENVIRONMENT, TESTS
from receiver.mapping.language.expression import compile_expression
from receiver.mapping.language.filters import FILTERS
from receiver.mapping.language.limits import EventLimits
from receiver.mapping.language.scope import ExpressionScope
from receiver.mapping.language.vocabulary import FILTER_DESCRIPTIONS, TEST_DESCRIPTIONS
from tests.mapping.sample_routes import context

_EVENTS = {
    "order": "order.placed",
    "courses": "course.enrolled",
    "announcement": "announcement.created",
    "course": "quiz.submitted",
    "raw": "account.created",
    "event": "account.created",
}


EXAMPLES = [
    one.example
    for one in (*FILTER_DESCRIPTIONS.values(), *TEST_DESCRIPTIONS.values())
    if one.example
]


def test_every_filter_is_described() -> None:
    """And nothing else."""
    assert set(FILTER_DESCRIPTIONS) == set(FILTERS)
    assert all(one.text for one in FILTER_DESCRIPTIONS.values())


def test_every_test_is_described() -> None:
    """And nothing else."""
    assert set(TEST_DESCRIPTIONS) == set(TESTS)
    assert all(one.text for one in TEST_DESCRIPTIONS.values())


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_give_something(example: str) -> None:
    """An example that failed, or gave nothing, would explain nothing."""
    named = re.findall(r"\w+", example)[0]
    scope = ExpressionScope(ENVIRONMENT, context(_EVENTS[named]), EventLimits())
    found: Any = compile_expression(example)(scope)
    assert found is not None
    assert found != ""


def test_slugs_are_as_described() -> None:
    """The description names an input with what comes of it."""
    assert (
        compile_expression("{{ 'Año Nuevo!' | slug }}")(
            ExpressionScope(ENVIRONMENT, {}, EventLimits())
        )
        == "ano-nuevo"
    )
    assert "“Año Nuevo!” becomes `ano-nuevo`" in FILTER_DESCRIPTIONS["slug"].text
