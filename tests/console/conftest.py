"""A gateway with everything that the console can show, and a browser to look at it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from receiver.aom import EVENTS, read_sample
from tests.console.browser import WIDTHS, click, launch, watched_page
from tests.console.visitor import signed_in_cookie
from tests.fakes.hubspot import FakeHubSpot
from tests.processes import ADMIN_TOKEN, TOKEN, Running, gateway, until, write_config

SCRIPT = "<script>document.title='hacked'</script>"
FORMULA = '=HYPERLINK("http://evil.example","click")'
BACKWARDS = "\u202egnp.exe\u2066"

CONNECTORS = """
[connectors.sandbox]
type = "sandbox"
mapping = "standard"
rate_limit = {{ calls = 600, seconds = 10 }}
[[connectors.sandbox.refuse]]
object = "contact"
field = "lastname"
value = "Refused"
code = "INVALID_NAME"
message = "This name is <b>refused</b>."

[connectors.hubspot]
type = "hubspot"
access_token = "pat-that-nobody-may-see"
base_url = "{hubspot}"

[[routes]]
name = "to-hubspot"
events = ["quiz.submitted"]
connector = "hubspot"

[[routes.upsert]]
object = "contact"
fields.firstname = "{{{{ person.first_name }}}}"
"""


def account(number: int, **other: object) -> bytes:
    """A new account; its address is learner{number}@example.edu unless said otherwise."""
    who = {
        "id": 1000 + number,  # the samples have the small ones
        "first_name": "Ada",
        "last_name": f"No{number}",
        "email": f"learner{number}@example.edu",
    }
    return json.dumps({**who, "date_registered": "Mar 1, 2026 02:30 PM", **other}).encode()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """For one module: as long as Playwright runs, no test of that thread can run an event loop of
    its own.
    """
    with sync_playwright() as playwright:
        started = launch(playwright)
        yield started
        started.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A gateway with AOM's samples, three dead letters of one reason, quarantine of two reasons,
    hostile names, and a connector whose token the CRM refuses, so that it is paused with deliveries
    pending.
    """
    directory, server = (
        tmp_path_factory.mktemp("console"),
        'public_url = "https://hooks.example.edu"',
    )
    with (
        FakeHubSpot() as hubspot,
        gateway(
            write_config(directory, CONNECTORS.format(hubspot=hubspot.url), server=server)
        ) as running,
    ):
        fill(running)
        yield running


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A gateway to which nothing has come."""
    with gateway(write_config(tmp_path_factory.mktemp("quiet"))) as running:
        yield running


@pytest.fixture(scope="module")
def deserted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A gateway with something pending for a connector that has been taken out of the
    configuration.
    """
    directory = tmp_path_factory.mktemp("deserted")
    with (
        FakeHubSpot() as hubspot,
        gateway(write_config(directory, CONNECTORS.format(hubspot=hubspot.url))) as running,
    ):
        httpx.post(
            f"{running.url}/in/{TOKEN}/quiz.submitted",
            content=read_sample("quiz.submitted"),
            trust_env=False,
        )
        running.terminate()
    with gateway(write_config(directory)) as running:
        yield running


def fill(running: Running) -> None:
    send_samples(running)
    until(lambda: _settled(running), "the sandbox has got all, and HubSpot has refused the token")


def send_samples(running: Running) -> None:
    """What `running` says."""
    posts = [(name, body) for name in EVENTS if (body := read_sample(name))]
    posts += [("account.created", account(n, last_name="Refused")) for n in range(3)]
    posts += [("account.created", account(n)) for n in range(10, 15)]
    posts += [
        (
            "account.created",
            account(20, first_name=SCRIPT, last_name=BACKWARDS, email="hostile@example.edu"),
        ),
        (
            "account.created",
            account(
                21, first_name=FORMULA, last_name="\u05d0\u05d1\u05d2", email="formula@example.edu"
            ),
        ),
        ("account.created", b'{"date_registered": "Mar 1, 2026 02:30 PM", "id": 7}'),
        ("account.created", b'{"date_registered": "Mar 1, 2026 02:30 PM", "id": 8}'),
        ("order.placed", b"not JSON <script>alert(1)</script>"),
    ]
    with httpx.Client(trust_env=False, timeout=30) as http:
        for name, body in posts:
            http.post(f"{running.url}/in/{TOKEN}/{name}", content=body)


def _settled(running: Running) -> bool:
    connectors = running.admin("/api/status")["connectors"]
    sandbox = connectors["sandbox"]
    return (sandbox["pending"], sandbox["dead"], connectors["hubspot"]["state"]) == (0, 3, "paused")


@pytest.fixture(params=WIDTHS, ids=lambda width: f"{width}px")
def page(request: pytest.FixtureRequest, browser: Browser, running: Running) -> Iterator[Page]:
    """Signed in, at the overview; once at each width."""
    with at_overview(browser, running.url, width=request.param) as page:
        yield page


@pytest.fixture
def plain_page(browser: Browser, running: Running) -> Iterator[Page]:
    """Signed in, without JavaScript."""
    with at_overview(browser, running.url, javascript=False) as page:
        yield page


@contextmanager
def at_overview(
    browser: Browser,
    url: str,
    *,
    width: int = 1440,
    dark: bool = False,
    javascript: bool = True,
    expected: tuple[str, ...] = (),
    token: str = ADMIN_TOKEN,
) -> Iterator[Page]:
    """A page of somebody who has signed in before.

    How that is done in a browser is the concern of `test_sign_in`.
    """
    with watched_page(
        browser, url, width=width, dark=dark, javascript=javascript, expected=expected
    ) as page:
        for name, value in signed_in_cookie(url, token).items():
            page.context.add_cookies(
                [
                    {
                        "name": name,
                        "value": value,
                        "url": f"{url}/console",
                        "httpOnly": True,
                        "sameSite": "Strict",
                    }
                ]
            )
        page.goto("/console")
        yield page


def sign_in(page: Page, token: str = ADMIN_TOKEN) -> None:
    """By the door."""
    page.goto("/console")
    page.get_by_label("Your token").fill(token)
    click(page.get_by_role("button", name="Sign in"))
    page.wait_for_url("**/console")
