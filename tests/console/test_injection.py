"""What others write is shown as text on every page, whatever it holds."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.console.accessibility import sticking_out
from tests.console.browser import WIDTHS, click
from tests.console.calls import post, wait_for
from tests.console.conftest import BACKWARDS, FORMULA, SCRIPT, account, at_overview
from tests.processes import Running, gateway, write_config

EMAIL = (
    "=hyperlink('x')+<i>/z@example.edu".replace("<i>", "{i}").replace("(", "{").replace(")", "}")
)
REASON = f"{SCRIPT}{FORMULA}{BACKWARDS}\x1b[2J\x00\u2028<img src=x onerror=alert(1)>"
LONG = "W" * 3000
CONNECTORS = f"""
[connectors.sandbox]
type = "sandbox"
mapping = "standard"
[[connectors.sandbox.refuse]]
object = "contact"
field = "lastname"
pattern = "Refused"
code = "<b>"
message = {json.dumps(REASON)}
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with gateway(write_config(tmp_path_factory.mktemp("hostile"), CONNECTORS)) as running:
        names = {
            "first_name": SCRIPT + BACKWARDS,
            "last_name": f"Refused {FORMULA} \x1b[31m {LONG}",
            SCRIPT: {FORMULA: BACKWARDS},
        }
        wait_for(
            running, post(running, "account.created", account(1, email=EMAIL, **names)), "dead"
        )
        wait_for(
            running,
            post(running, "account.created", account(2, **{**names, "last_name": "\u05d0\u202e"})),
            "delivered",
        )
        post(
            running,
            "account.created",
            json.dumps(
                {"date_registered": SCRIPT, "id": FORMULA, "email": BACKWARDS + LONG}
            ).encode(),
        )
        post(running, "order.placed", f"{SCRIPT}{BACKWARDS}\x00\x1b[2J{LONG}".encode())
        post(running, "order.placed", b"\xff\xfe<script>alert(1)</script>")
        yield running


@pytest.fixture(params=WIDTHS, ids=lambda width: f"{width}px")
def page(request: pytest.FixtureRequest, browser: Browser, running: Running) -> Iterator[Page]:
    with at_overview(browser, running.url, width=request.param) as page:
        page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
        yield page


def addresses(running: Running) -> Iterator[str]:
    """Every page of events, people and what needs attention."""
    yield from ("/console/events", "/console/attention", "/console/people")
    events = running.admin("/api/events")["items"]
    yield from (f"/console/events/{one['id']}" for one in events)
    groups = running.admin("/api/groups")
    for group in (*groups["dead"], *groups["quarantined"]):
        yield from (f"/console/attention/{group['id']}", f"/console/events?group={group['id']}")
    for one in events:
        if one["person"]:
            email = "".join(f"%{byte:02x}" for byte in one["person"].encode())
            yield from (
                f"/console/people?email={email}",
                f"/console/people/forget?email={email}",
                f"/console/events?person={email}",
            )


def test_every_page_shows_it_as_text(page: Page, running: Running) -> None:
    """No script runs, no element and no address comes of it, nothing hidden stays hidden, nothing
    sticks out at the side; and the page stays one that everybody can use.
    """
    seen = ""
    for address in addresses(running):
        page.goto(address)
        for summary in page.locator("details:not([open]) > summary").all():
            click(summary)
        harmless(page, address)
        seen += page.locator("main").inner_text()
    for shown in (
        SCRIPT,
        FORMULA,
        "\\u202egnp.exe\\u2066",
        "\\u001b[2J",
        "<img src=x onerror=alert(1)>",
        "\\xff\\xfe",
        EMAIL,
    ):
        assert shown in seen, shown


def harmless(page: Page, address: str) -> None:
    assert page.title().endswith("· AOM gateway"), address
    assert "hacked" not in page.title()
    assert page.locator("main").locator("script, img, iframe, b, i, style").count() == 0, address
    assert page.locator("a:not([href^='/console']):not([href^='#'])").count() == 0, address
    text = page.locator("html").inner_text()
    assert not [sign for sign in text if sign in "\u202e\u2066\x1b\x00\u2028"], address
    assert sticking_out(page) == [], address


def test_what_a_form_sends_back(page: Page) -> None:
    """Text in a search comes back as it was, and stays text."""
    for text in (SCRIPT, FORMULA, '"><script>alert(1)</script>', "' onfocus=alert(1) x='"):
        page.goto("/console/events")
        page.get_by_label("E-mail").fill(text)
        click(page.get_by_role("button", name="Search"))
        assert page.get_by_label("E-mail").input_value() == text
        harmless(page, text)


def test_an_answer_to_an_action(page: Page, running: Running) -> None:
    """The question and the notice are pages too."""
    group = running.admin("/api/groups")["dead"][0]["id"]
    page.goto(f"/console/attention/{group}")
    click(page.get_by_role("button", name="Discard all"))
    harmless(page, "the question")
    click(page.get_by_role("link", name="Leave it as it is"))
    click(page.get_by_role("button", name="Replay all"))
    harmless(page, "the numbers")
    click(page.get_by_role("button", name="Replay"))
    harmless(page, "what came of it")
