"""A stored event is explained from its page."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.console.browser import click
from tests.console.calls import delivered
from tests.console.visitor import Visitor, signed_in_cookie
from tests.processes import Running


def test_a_stored_event_is_explained_from_its_page(page: Page, running: Running) -> None:
    """What it would write, the line of each field, and what the CRM holds of it already."""
    id = delivered(running, 2901)
    page.goto(f"/console/events/{id}")
    click(page.get_by_role("link", name="Explain", exact=True))
    page.get_by_role("heading", level=1, name="Explain an event").wait_for()
    text = page.get_by_role("region", name="What it would write").inner_text()
    assert "contact: learner2901@example.edu" in text
    assert "The CRM has it" in text
    assert "sandbox standard, line " in text
    assert "this event" in text
    assert "learner2901@example.edu" in page.get_by_label("Payload").input_value()


def test_an_event_that_is_not_there_is_not_found(running: Running) -> None:
    """Nor is one by a name that is no id."""
    visitor = Visitor(running.url, signed_in_cookie(running.url))
    for id in ("0" * 32, "..%2Fx"):
        assert visitor.get(f"/console/set-up/explain?stored={id}").status_code == 404
