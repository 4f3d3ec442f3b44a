"""What was sent of a record, beside what the CRM holds now."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from receiver.console.pages.compare import ComparedField
from tests.console.browser import click
from tests.console.calls import delivered, newcomer
from tests.console.visitor import Visitor, signed_in_cookie
from tests.processes import Running


def test_a_later_change_is_seen(page: Page, running: Running) -> None:
    """From the event's page: each field as it was sent, and as it is since a later event."""
    number = newcomer()
    first = delivered(running, number, date_registered="Mar 1, 2026 02:30 PM")
    delivered(running, number, date_registered="Mar 2, 2026 02:30 PM")
    page.goto(f"/console/events/{first}")
    click(page.locator("details.record summary").first)
    click(page.get_by_role("link", name="Compare with what the CRM holds now"))
    page.wait_for_url("**/compare?*")
    rows = [row.inner_text().split() for row in page.locator("tbody tr").all()]
    named = {row[0]: row for row in rows}
    assert named["registered_at"][-1] == "differs"
    assert named["firstname"][-2:] == ["the", "same"]


def test_what_was_not_sent_is_not_asked_for(running: Running) -> None:
    """Neither of another delivery, nor a record that the event did not write."""
    id = delivered(running, newcomer())
    visitor = Visitor(running.url, signed_in_cookie(running.url))
    for query in ("", "?delivery=1&object=contact&key=x", "?delivery=x"):
        assert visitor.get(f"/console/events/{id}/compare{query}").status_code == 404
    assert visitor.get("/console/events/none/compare").status_code == 404


@pytest.mark.parametrize(
    ("sent", "now", "same"),
    [
        ("12.50", "12.5", True),
        ("a", "a", True),
        ("", None, True),
        ("a", "A", False),
        ("a", None, False),
        ("12", None, False),
        ("NaN", "sNaN", False),
    ],
)
def test_what_means_the_same_does_not_differ(sent: str, now: str | None, same: bool) -> None:
    """A CRM writes numbers in its own way."""
    assert ComparedField("x", sent, now).same is same
