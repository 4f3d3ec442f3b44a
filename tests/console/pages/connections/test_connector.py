"""The page of a connector, and pausing it."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.console.browser import click
from tests.processes import Running


def test_a_connector_is_paused_and_resumed(page: Page, running: Running) -> None:
    """From the overview, with a reason that everybody sees; what it does is what the API says."""
    click(page.get_by_role("rowheader", name="sandbox").get_by_role("link"))
    standing = page.get_by_role("region", name="How it stands")
    text = standing.inner_text()
    assert "600 calls in 10 s as configured" in text
    assert "of 600 allowed in the last 10 seconds" in text
    assert "up to 100 records in a call as the CRM allows, up to 4 calls at once" in text
    page.get_by_label("Why, for whoever sees it").fill("We move house")
    click(page.get_by_role("button", name="Pause"))
    assert "sandbox is paused" in page.get_by_role("status").inner_text()
    assert "We move house" in standing.inner_text()
    assert running.admin("/api/status")["connectors"]["sandbox"]["state"] == "paused"
    click(page.get_by_role("button", name="Resume"))
    assert page.get_by_role("status").inner_text() == "sandbox delivers again."
    assert running.admin("/api/status")["connectors"]["sandbox"]["state"] == "running"
    pauses = page.get_by_role("region", name="Pauses by operators")
    rows = [row.inner_text() for row in pauses.get_by_role("row").all()[1:]]
    assert rows[0].startswith("resume")
    assert rows[1].startswith("pause")


def test_what_a_crm_says_is_there_with_what_helps(page: Page) -> None:
    """Of a connector whose token is refused."""
    page.goto("/console/connectors/hubspot")
    text = page.get_by_role("region", name="How it stands").inner_text()
    assert "HubSpot refuses the access token" in text
    assert "Renew the credentials in the CRM" in text
