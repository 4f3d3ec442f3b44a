"""The page Set-up and the explain box in a browser."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Browser, Page, expect

from receiver.aom import read_sample
from tests.console.browser import click
from tests.console.conftest import BACKWARDS, SCRIPT, account, at_overview
from tests.processes import ADMIN_TOKEN, TOKEN, Running

BASE = "https://hooks.example.edu/in"


def go(page: Page) -> Page:
    page.goto("/console/set-up")
    return page


def explain(page: Page, payload: str, event: str = "") -> None:
    page.goto("/console/set-up/explain")
    page.get_by_label("Payload").fill(payload)
    page.get_by_label("Event that the URL names").select_option(event)
    click(page.get_by_role("button", name="Explain"))
    page.wait_for_load_state()


def test_urls_are_masked_until_they_are_asked_for(page: Page, running: Running) -> None:
    """One for each entry of AOM's menu.

    Whole tokens come by a deliberate press alone, in no address; that is logged.
    """
    urls = go(page).get_by_role("region", name="URLs to paste into AOM")
    assert urls.get_by_role("row").count() == 14  # the head, twelve entries, any other
    assert f"{BASE}/••••ests/account.created" in urls.inner_text()
    assert TOKEN not in page.content()
    shown = running.log.read_text().count("console.token_shown")
    click(page.get_by_role("button", name="Show and copy the URLs of springfield"))
    page.get_by_role("heading", level=1, name="URLs of springfield").wait_for()
    assert f"{BASE}/{TOKEN}/order.placed" in page.get_by_role("region").inner_text()
    assert TOKEN not in page.url
    assert running.log.read_text().count("console.token_shown") == shown + 1
    assert TOKEN not in running.log.read_text()
    click(page.get_by_role("link", name="Hide them"))
    page.wait_for_url("**/console/set-up")


def test_a_press_copies_a_url(browser: Browser, running: Running) -> None:
    """The whole of it, to the clipboard."""
    with at_overview(browser, running.url) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        click(go(page).get_by_role("button", name="Show and copy"))
        button = page.get_by_role("button", name="Copy the URL of New Order Placed")
        click(button)
        expect(button).to_have_text("Copied")
        assert page.evaluate("navigator.clipboard.readText()") == f"{BASE}/{TOKEN}/order.placed"


def test_the_configuration_without_its_secrets(page: Page) -> None:
    """Connectors with what was set and what are defaults; no token of anybody."""
    connectors = go(page).get_by_role("region", name="Connectors")
    for word in ("access_token", "••••", "base_url", "rate_limit", "INVALID_NAME"):
        assert word in connectors.inner_text()
    for secret in (TOKEN, ADMIN_TOKEN, "pat-that-nobody-may-see"):
        assert secret not in page.content()


def test_the_mapping_as_it_was_loaded(page: Page) -> None:
    """Routes by connector, own and standard ones, with their expressions."""
    mapping = go(page).get_by_role("region", name="The mapping as it was loaded")
    click(mapping.locator("summary", has_text="to-hubspot"))
    assert "{{ person.first_name }}" in mapping.inner_text()
    orders = mapping.locator("summary", has_text="orders")
    assert "order.placed, order.failed" in orders.inner_text()
    assert "standard" in orders.inner_text()
    click(orders)
    table = mapping.locator("details[open]", has_text="orders").inner_text()
    assert "{{ order.status }}" in table
    assert "order.placed → won" in table


def test_warnings_of_the_configuration_are_shown(page: Page) -> None:
    """Those that `check` tells."""
    assert (
        "no route takes announcement.created"
        in go(page).get_by_role("region", name="Warnings of the configuration").inner_text()
    )


def test_explain_what_an_order_would_write(page: Page) -> None:
    """AOM's sample: how it is recognised, its normal form, and each record with its fields."""
    click(go(page).get_by_role("link", name="order.placed", exact=True))
    click(page.get_by_role("button", name="Explain"))
    records = page.get_by_role("region", name="What it would write")
    text = records.inner_text()
    for words in (
        "sandbox ← student@app.com",
        "by route orders",
        "deal: springfield:19, linked to contact student@app.com",
        "won",
    ):
        assert words in text
    click(page.get_by_text("Its normal form"))
    assert '"total": "220"' in page.locator("pre").inner_text()
    assert json.loads(page.get_by_label("Payload").input_value())["id"] == 19


def test_explain_what_is_wrong(page: Page) -> None:
    """The faults, each with its place; what was pasted stays."""
    payload = '{"date_registered": "Mar 1, 2026 02:30 PM", "id": 7, "note": "a\\nb"}'
    explain(page, payload, "account.created")
    faulty = page.get_by_role("region", name="It would be kept in quarantine, as account.created")
    assert "email" in faulty.inner_text()
    assert page.get_by_label("Payload").input_value() == payload
    assert page.get_by_label("Event that the URL names").input_value() == "account.created"


@pytest.mark.parametrize(
    "payload",
    [
        "not JSON",
        "[" * 10_000,
        "\u202e",
        '"\\ud800"',
        "<script>alert(1)</script>",
        "{}",
        "null",
        '{"a": NaN}',
    ],
)
def test_explain_anything(plain_page: Page, payload: str) -> None:
    """Whatever is pasted is answered with its faults."""
    explain(plain_page, payload)
    assert "It would be kept in quarantine" in plain_page.locator("h2").first.inner_text()


def test_hostile_content_is_text(page: Page) -> None:
    """Names with markup, formulas and changes of the writing direction are shown as they are, and
    do nothing.
    """
    explain(page, account(1, first_name=SCRIPT, last_name=BACKWARDS + "</textarea><b>x").decode())
    text = page.get_by_role("region", name="What it would write").inner_text()
    assert SCRIPT in text
    assert "\\u202egnp.exe\\u2066</textarea><b>x" in text
    assert page.title() == "Explain a payload · AOM gateway"


def test_explain_shows_some_of_very_many_people(plain_page: Page) -> None:
    """And counts the others."""
    people = [
        {
            "first_name": "Ada",
            "last_name": f"No{n}",
            "name": f"Ada No{n}",
            "email": f"a{n}@example.edu",
        }
        for n in range(30)
    ]
    enrolment = json.loads(read_sample("course.enrolled") or b"{}")
    explain(
        plain_page,
        json.dumps({**enrolment, "userList": [{"id": n, **one} for n, one in enumerate(people)]}),
        "course.enrolled",
    )
    text = plain_page.get_by_role("region", name="What it would write").inner_text()
    assert "a19@example.edu" in text
    assert "a20@example.edu" not in text
    assert "And 10 more deliveries" in text


def test_a_payload_that_is_too_long(plain_page: Page) -> None:
    """Is told what would become of it."""
    explain(plain_page, "[" + "1," * 600_000 + "1]")
    assert "answered 413" in plain_page.get_by_role("status").inner_text()


def test_without_javascript(plain_page: Page) -> None:
    """The URLs can be shown, and selected by hand: there is no button that does nothing."""
    click(go(plain_page).get_by_role("button", name="Show and copy the URLs of springfield"))
    assert f"{BASE}/{TOKEN}/order.placed" in plain_page.content()
    assert plain_page.get_by_role("button", name="Copy", exact=False).count() == 0


def test_a_gateway_without_a_public_url(browser: Browser, quiet: Running) -> None:
    """Says that AOM cannot reach a local address."""
    with at_overview(browser, quiet.url, width=380) as page:
        assert (
            "server.public_url is not set"
            in go(page).get_by_role("region", name="URLs to paste into AOM").inner_text()
        )
        assert f"{quiet.url}/in/••••ests" in page.content()
