"""Every name that an expression may use is in the reference, described, and is what it says."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from jinja2 import Undefined

from docs.hooks.annotations import models_in
from docs.hooks.expressions import COMMON, event_names
from receiver.aom import EVENTS, names_of_event, read_sample
from receiver.mapping.language.attribute_access import members_of
from receiver.mapping.language.environment import ENVIRONMENT
from receiver.mapping.language.expression import compile_expression
from receiver.mapping.language.limits import EventLimits
from receiver.mapping.language.scope import ExpressionScope
from receiver.mapping.language.vocabulary import FILTER_DESCRIPTIONS, TEST_DESCRIPTIONS
from tests.docs.pages import shown
from tests.mapping.sample_routes import context

SAMPLED = [event for event in EVENTS if read_sample(event)]

KINDS = {"text": str, "number": Decimal, "date and time": datetime, "true or false": bool}


@pytest.mark.parametrize("event", EVENTS)
def test_every_name_is_described(event: str) -> None:
    """With what stands behind each dot, one step deep at least."""
    found = event_names(event)
    assert [one.path for one in found if not one.text] == []
    paths = {one.path for one in found}
    for name, annotation in names_of_event(event).items():
        inner_names = members_of(annotation) if any(models_in(annotation)) else None
        for inner in inner_names or ():
            assert any(path.startswith(f"{name}.{inner}") for path in paths), (name, inner)


@pytest.mark.parametrize("event", SAMPLED)
def test_names_give_what_is_shown(event: str) -> None:
    """Each is evaluated on AOM's sample, as a mapping would."""
    scope = ExpressionScope(ENVIRONMENT, context(event), EventLimits())
    for one in event_names(event):
        if one.path.startswith("event."):
            continue  # of the gateway, not of the sample
        found = compile_expression(f"{{{{ {one.path} }}}}")(scope)
        if isinstance(found, Undefined):  # of a list that is empty
            assert not one.shown, one
            continue
        if isinstance(found, str | Decimal | datetime) and found != "":
            assert one.shown, one
        if found is not None and one.kind in KINDS:
            assert isinstance(found, KINDS[one.kind]), one


def test_the_page_shows_all(site: Path) -> None:
    """What all events have once, what only some have for each."""
    page = shown(site, "reference/names.html")
    for event in EVENTS:
        assert f"{event}¶" in page
        for one in event_names(event):
            assert one.path in page
            assert " ".join(one.text.split()) in page
    assert page.count("raw JSON") == 1
    assert set(COMMON) < set(names_of_event(EVENTS[0]))


def test_the_page_of_filters_shows_all(site: Path) -> None:
    """Filters and tests with their descriptions."""
    page = shown(site, "reference/filters.html")
    for name, one in (*FILTER_DESCRIPTIONS.items(), *TEST_DESCRIPTIONS.items()):
        assert f"{name} {one.text.replace('`', '')} {one.example}".strip() in page
