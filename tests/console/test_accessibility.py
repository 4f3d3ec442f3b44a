"""Every page, in each of its states, wide and narrow, light and dark, by the rules of axe-core."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from receiver.console import problem_routes
from tests.alarms.receiver import alarm_receiver
from tests.bench.full_store import FullStore
from tests.console.accessibility import faults
from tests.console.browser import click, watched_page
from tests.console.conftest import CONNECTORS, at_overview, send_samples
from tests.console.routes import list_console_routes
from tests.console.scenes import EMPTY, NO_PAGES, OF_A_VIEWER, SCENES, Scene
from tests.fakes.hubspot import FakeHubSpot
from tests.processes import Running, gateway, until, write_config

EVENTS = 10_000
VIEWER = "dana-token-of-the-tests"
OPERATORS = f"""
[operators.dana]
token = "{VIEWER}"
role = "viewer"
"""
_PLANT = """
([html, style]) => {
  const main = document.querySelector("main");
  main.insertAdjacentHTML("beforeend", html);
  main.lastElementChild.style.cssText = style;
}
"""


@dataclass(frozen=True, slots=True)
class Stage:
    """A gateway with much to see, and the ids of what is looked at."""

    running: Running
    ids: Mapping[str, str]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    directory = tmp_path_factory.mktemp("accessibility")
    store = FullStore(EVENTS, datetime.now(UTC) - EVENTS * timedelta(seconds=10))
    asyncio.run(store.fill(f"sqlite:///{directory / 'aom-gateway.db'}"))
    with FakeHubSpot() as hubspot, alarm_receiver() as alarms:
        body = CONNECTORS.format(hubspot=hubspot.url) + OPERATORS
        config = write_config(directory, f'{body}\n[alerts]\nurl = "{alarms.url}"')
        with gateway(config) as running:
            send_samples(running)
            until(lambda: _is_settled(running), "all is delivered, or waits for HubSpot")
            until(lambda: running.admin("/api/alarms")["items"], "there are alarms")
            yield Stage(running, ids(running))


def _is_settled(running: Running) -> bool:
    connectors = running.admin("/api/status")["connectors"]
    return (connectors["sandbox"]["pending"], connectors["hubspot"]["state"]) == (0, "paused")


def ids(running: Running) -> dict[str, str]:
    """Of an event in each state, of the people in them, and of a group of each kind."""
    asked = {state: f"state={state}" for state in ("delivered", "dead", "pending", "quarantined")}
    asked["unwanted"] = "event=announcement.created"
    newest = {
        what: running.admin(f"/api/events?{query}&limit=1")["items"][0]
        for what, query in asked.items()
    }
    delivery = running.admin(f"/api/events/{newest['delivered']['id']}")["deliveries"][0]
    groups = running.admin("/api/groups")
    return {
        **{what: one["id"] for what, one in newest.items()},
        "person": newest["delivered"]["person"],
        "dead_person": newest["dead"]["person"],
        "delivery": str(delivery["id"]),
        "dead_group": groups["dead"][0]["id"],
        "quarantine_group": groups["quarantined"][0]["id"],
    }


@pytest.fixture(scope="module")
def page(stage: Stage, browser: Browser) -> Iterator[Page]:
    """Of an administrator; what a page says of wrong addresses is meant."""
    with at_overview(
        browser, stage.running.url, expected=("404", "422", "does not conform")
    ) as page:
        yield page


@pytest.mark.parametrize("name", SCENES)
def test_every_page_can_be_used_by_everybody(stage: Stage, page: Page, name: str) -> None:
    """Names, headings, landmarks, contrast, sizes; nothing sticks out at the side."""
    show(page, SCENES[name], stage.ids)
    assert faults(page) == []


@pytest.mark.parametrize("name", OF_A_VIEWER)
def test_what_a_viewer_sees(stage: Stage, browser: Browser, name: str) -> None:
    """Has other parts, and a page that says what they may not."""
    with at_overview(browser, stage.running.url, token=VIEWER, expected=("403",)) as page:
        show(page, OF_A_VIEWER[name], stage.ids)
        assert faults(page) == []


def test_the_door(stage: Stage, browser: Browser) -> None:
    """Before somebody has signed in, and after a token that is none."""
    with watched_page(browser, stage.running.url, expected=("403", "401")) as page:
        page.goto("/console")
        assert faults(page) == []
        page.get_by_label("Your token").fill("none")
        click(page.get_by_role("button", name="Sign in"))
        assert faults(page) == []


def test_pages_of_an_empty_store(quiet: Running, browser: Browser) -> None:
    """What a page says where there is nothing."""
    with at_overview(browser, quiet.url, expected=("404",)) as page:
        for address in EMPTY:
            page.goto(address)
            assert faults(page) == [], address


def test_no_page_is_left_out(tmp_path: Path) -> None:
    """Whoever adds one adds it to the scenes, or says that it is none."""
    seen = [re.sub(r"{\w+}", "x", urlsplit(one.address).path) for one in SCENES.values()]
    of_the_console = [one for method, one in list_console_routes(tmp_path) if method == "GET"]
    left_out = {
        route.path
        for route in (*of_the_console, *problem_routes())
        if not any(route.path_regex.match(path) for path in seen)
    }
    assert left_out == {"/console/sign-in", *NO_PAGES}  # the door has a test of its own


@pytest.mark.parametrize(
    ("rule", "planted", "style"),
    [
        ("button-name", "<button></button>", ""),
        ("label", "<input>", ""),
        ("color-contrast", "<p>words</p>", "color: #777; background: #888"),
        ("target-size", "<a href=#a>a</a><a href=#b>b</a>", "font-size: 8px"),
        ("heading-order", "<h6>low</h6>", ""),
        ("stick out", "<div>wide</div>", "width: 3000px"),
    ],
)
def test_a_fault_is_found(
    quiet: Running, browser: Browser, rule: str, planted: str, style: str
) -> None:
    """By its rule's name, though the pages let no foreign script run."""
    with at_overview(browser, quiet.url) as page:
        page.evaluate(_PLANT, [planted, style])
        assert any(rule in one for one in faults(page))


def show(page: Page, scene: Scene, ids: Mapping[str, str]) -> None:
    """Go there, and do what is to be done there."""
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(scene.address.format_map(ids))
    if scene.act:
        scene.act(page)
