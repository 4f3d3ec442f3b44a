"""The page of a source, which answers whether the school is still sending."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page

from receiver.console.pages.connections.source import SourceSilence
from tests.console.browser import WIDTHS, click
from tests.console.calls import post, quarantined
from tests.console.conftest import account, at_overview
from tests.console.visitor import Visitor
from tests.e2e.operators import TOKENS, Operators, operated
from tests.processes import TOKEN, Running, gateway, until, write_config

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_whether_it_is_still_sending_is_seen_at_once(page: Page, running: Running) -> None:
    """From the overview: the last call, the last event of each name, how many came."""
    id = post(running, "account.created", account(71))
    sources = page.get_by_role("region", name="Sources")
    click(sources.get_by_role("link", name="springfield"))
    assert "The last call that was kept came" in page.locator("#sending").inner_text()
    last = page.get_by_role("region", name="The last of each event")
    row = last.get_by_role("row").filter(has_text="account.created")
    assert row.get_by_role("link").last.get_attribute("href") == f"/console/events/{id}"
    assert "none lately" in last.get_by_role("row").filter(has_text="order.pending").inner_text()
    figure = page.get_by_role("figure", name="Per hour").inner_text()
    assert int(re.findall(r"(\d+) events", figure)[0]) >= 20


def test_what_is_in_quarantine_is_there_by_its_reason(page: Page, running: Running) -> None:
    """With a link to an example."""
    quarantined(running)
    page.goto("/console/sources/springfield")
    aside = page.get_by_role("region", name="In quarantine")
    assert "email: " in aside.inner_text()
    click(aside.get_by_role("link", name="Example").first)
    assert "/console/events/" in page.url


def test_tokens_are_named_and_never_shown(plain_page: Page) -> None:
    """By their last characters and by a name, with their last use."""
    plain_page.goto("/console/sources/springfield")
    tokens = plain_page.get_by_role("region", name="Tokens").inner_text()
    assert f"••••{TOKEN[-4:]}" in tokens
    assert "UTC" in tokens
    assert TOKEN not in plain_page.content()


def test_its_days_are_those_of_the_school(browser: Browser, quiet: Running) -> None:
    """A source that has sent nothing: fourteen empty days, each with its beginning."""
    with at_overview(browser, quiet.url) as page:
        page.goto("/console/sources/springfield")
        assert "Nothing has come yet" in page.locator("#sending").inner_text()
        assert "nothing yet" in page.get_by_role("heading", level=1).inner_text()
        days = page.get_by_role("region", name="Per day as a table")
        click(page.locator("summary", has_text="Per day"))
        assert days.get_by_role("row").count() == 15


@pytest.fixture(scope="module")
def operators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operators]:
    with operated(tmp_path_factory.mktemp("source-roles")) as operators:
        yield operators


@pytest.mark.parametrize(("who", "may"), [("dana", False), ("olaf", False), ("admin", True)])
def test_only_who_may_see_tokens_is_offered_the_urls(
    operators: Operators, who: str, may: bool
) -> None:
    """Others see which URLs there are, without the token."""
    visitor = Visitor(operators.running.url)
    visitor.sign_in(TOKENS[who])
    text = visitor.get("/console/sources/springfield").text
    assert ("Show and copy the URLs" in text) == may
    assert f"/in/••••{TOKEN[-4:]}/order.placed" in text
    assert TOKEN not in text


def test_a_source_that_is_not_there_is_said_in_words(operators: Operators) -> None:
    """As on every page."""
    visitor = Visitor(operators.running.url)
    visitor.sign_in()
    answer = visitor.get("/console/sources/nowhere")
    assert answer.status_code == 404
    assert "There is no source" in answer.text


@pytest.mark.parametrize("width", WIDTHS)
def test_silence_is_seen(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory, width: int
) -> None:
    """Where it lasts longer than it may; and that nobody is told of it, where that is so."""
    directory = tmp_path_factory.mktemp("silent")
    with gateway(write_config(directory, source="silent_hours = 0.00001")) as running:
        post(running, "account.created", account(1))
        visitor = Visitor(running.url)
        visitor.sign_in()
        until(
            lambda: "It is silent:" in visitor.get("/console/sources/springfield").text,
            "the source is silent",
        )
        with at_overview(browser, running.url, width=width) as page:
            page.goto("/console/sources/springfield")
            assert "silent" in page.get_by_role("heading", level=1).inner_text()
            assert "told to nobody" in page.locator("#sending").inner_text()


@pytest.mark.parametrize(
    ("longest", "last", "word", "due"),
    [
        (None, None, "nothing yet", None),
        (HOUR, None, "nothing yet", None),
        (None, NOW - 900 * HOUR, "sending", None),
        (2 * HOUR, NOW - HOUR, "sending", NOW + HOUR),
        (2 * HOUR, NOW - 2 * HOUR, "silent", NOW),
    ],
)
def test_silence_is_what_the_alarm_calls_so(
    longest: timedelta | None, last: datetime | None, word: str, due: datetime | None
) -> None:
    """A source that never sent anything is not silent, and without a limit none is."""
    silence = SourceSilence(longest, last, NOW)
    assert (silence.word, silence.due_at) == (word, due)
