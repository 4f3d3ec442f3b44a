"""The overview in a browser, over a gateway with troubles."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect

from receiver.inbox import ConnectorState, Inbox
from tests.console.browser import click
from tests.console.calls import post
from tests.console.conftest import account, at_overview
from tests.inbox.store import keep_state, new
from tests.processes import ADMIN_TOKEN, Running, gateway, until, write_config


def row(page: Page, connector: str) -> str:
    return " ".join(
        page.get_by_role("row")
        .filter(has=page.get_by_role("rowheader", name=connector))
        .inner_text()
        .split()
    )


def test_what_needs_attention_comes_first(page: Page) -> None:
    """A paused connector with the CRM's words, what helps and the next attempt; dead letters;
    quarantine; each leads to its page.
    """
    section = page.get_by_role("region", name="What needs attention")
    text = section.inner_text()
    assert "hubspot is paused since" in text
    assert "Renew the credentials in the CRM" in text
    assert "3 deliveries are dead: refused, or given up." in text
    assert "3 calls are in quarantine." in text
    assert {link.get_attribute("href") for link in section.get_by_role("link").all()} == {
        "/console/attention"
    }
    assert page.locator("h2").first.inner_text() == "What needs attention"


def test_connectors(page: Page) -> None:
    """Each with state, backlog, oldest waiting, dead, and calls of those allowed."""
    assert re.fullmatch(
        r"sandbox.* running .*?0 .*?\u2013 .*?3 .*?\d+ of 600", row(page, "sandbox")
    ), row(page, "sandbox")
    assert re.fullmatch(r"hubspot.* paused .*?[12] .*?\d+ (s|min) .*?0 .*", row(page, "hubspot")), (
        row(page, "hubspot")
    )
    assert "pat-that-nobody-may-see" not in page.content()


def test_connectors_name_their_leader(page: Page, running: Running) -> None:
    """The process that delivers for each, which operators of several want to know."""
    leader = running.admin("/api/status")["connectors"]["sandbox"]["leader"]
    assert leader.endswith(f":{running.process.pid}")
    assert f"delivered by {leader}" in row(page, "sandbox")


def test_what_was_learnt_of_a_crm_is_shown(browser: Browser, tmp_path: Path) -> None:
    """That it is slow, and how few records it takes in one call."""
    config = write_config(tmp_path)

    async def keep() -> None:
        inbox = await Inbox.open(f"sqlite:///{tmp_path / 'aom-gateway.db'}", dedup_hours=24)
        await inbox.accept(new("a", connectors=("gone",)))
        await keep_state(
            inbox, ConnectorState("gone", note="slow", sizes={"contact": 25, "deal": 1})
        )
        await inbox.aclose()

    with ThreadPoolExecutor() as threads:  # this thread's event loop is the browser's
        threads.submit(asyncio.run, keep()).result()
    with gateway(config) as running, at_overview(browser, running.url) as page:
        shown = row(page, "gone")
        assert "slow" in shown
        assert "at most 25 contact, 1 deal in a call" in shown


def test_the_chart_has_its_numbers_as_text(page: Page, running: Running) -> None:
    """Events of the last 24 or 48 hours, as a chart, as its description, and as a table."""
    total = len(running.admin("/api/events?limit=500")["items"])
    described = page.locator("#traffic-words").inner_text(timeout=1000)
    assert described.startswith(f"{total} events in the last 24 hours, at most ")
    bars = page.locator("svg .bar")
    assert {one.get_attribute("class") for one in bars.all()} >= {
        f"bar {name}" for name in ("delivered", "waiting", "dead", "quarantined")
    }
    click(page.get_by_role("link", name="48 h"))
    page.get_by_text("48 hours ago").wait_for()
    click(page.get_by_text("The numbers"))
    rows = page.locator("#hours tbody tr")
    assert rows.count() == 48
    assert (
        sum(
            int(text.replace(",", "")) for text in rows.locator("td:nth-child(2)").all_inner_texts()
        )
        == total
    )


def test_a_bar_leads_to_its_events(page: Page, running: Running) -> None:
    """Each part of it to the events of that hour in that state; how fast they are is told."""
    dead = len(running.admin("/api/events?state=dead")["items"])
    assert "half within" in page.locator("#traffic").inner_text()
    click(page.locator("svg .bar.dead").last)
    page.wait_for_url("**/console/events?since=*state=dead")
    assert 1 <= page.locator("tbody tr").count() <= dead
    assert page.get_by_label("State").input_value() == "dead"
    assert set(page.locator("tbody .badge").all_inner_texts()) == {"dead"}


def test_it_stays_live(browser: Browser, running: Running) -> None:
    """New events and dead letters appear without a reload, and without a sign of it elsewhere on
    the page.
    """
    with at_overview(browser, running.url) as page:
        page.clock.install()
        page.reload()
        page.evaluate("window.still = true")
        before = int(page.locator("#traffic figcaption strong").inner_text().split()[0])
        post(running, "account.created", account(900))
        page.clock.run_for(6000)
        expect(page.locator("#traffic figcaption strong")).to_have_text(f"{before + 1} events")
        assert page.evaluate("window.still") is True


def until_shown(page: Page, what: Locator) -> None:
    """Let the page's time pass, in which it looks again and again, until something is there."""

    def shown() -> bool:
        page.clock.run_for(6000)
        return what.is_visible()

    until(shown, "it is shown")


def test_old_figures_do_not_look_like_new_ones(browser: Browser, tmp_path: Path) -> None:
    """Where the gateway answers no more the page says so; where the session has ended it leads to
    the door.
    """
    with (
        gateway(write_config(tmp_path)) as running,
        at_overview(browser, running.url, expected=("ERR_", "EventSource")) as page,
    ):
        page.clock.install()
        page.reload()
        page.context.clear_cookies()
        until_shown(page, page.get_by_label("Your token"))
        assert "/console/sign-in?next=" in page.url
        page.get_by_label("Your token").fill(ADMIN_TOKEN)
        click(page.get_by_role("button", name="Sign in"))
        page.wait_for_url("**/console")
        running.kill()
        alert = page.get_by_role("alert")
        until_shown(page, alert)
        expect(alert).to_have_text(re.compile("The gateway does not answer"))


def test_it_waits_while_somebody_is_at_it(browser: Browser, running: Running) -> None:
    """Nothing is swapped under a focus: the page asks for nothing then."""
    with at_overview(browser, running.url) as page:
        page.clock.install()
        page.reload()
        asked: list[str] = []
        page.get_by_role("link", name="See what was not understood").focus()
        page.on("request", lambda request: asked.append(request.url))
        page.clock.run_for(30_000)
        assert asked == []
        page.get_by_role("link", name="Overview").focus()
        with page.expect_request("**/console"):
            page.clock.run_for(10_000)


def test_without_javascript(plain_page: Page) -> None:
    """All of it is there; times are in UTC."""
    assert (
        "hubspot is paused"
        in plain_page.get_by_role("region", name="What needs attention").inner_text()
    )
    assert plain_page.locator("time").first.inner_text().endswith(" UTC")


def test_times_are_the_readers_own(page: Page) -> None:
    """With JavaScript; what was sent stays as a title."""
    time = page.locator("time").first
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", time.inner_text())
    assert (time.get_attribute("title") or "").endswith(" UTC")


def test_an_idle_gateway(browser: Browser, quiet: Running) -> None:
    """Says that nothing needs attention, and that nothing came yet."""
    with at_overview(browser, quiet.url, width=380) as page:
        assert (
            "Nothing. Everything that came was delivered"
            in page.get_by_role("region", name="What needs attention").inner_text()
        )
        assert "0 events" in page.locator("figcaption").inner_text()


def test_a_connector_that_is_gone(browser: Browser, deserted: Running) -> None:
    """What it still has is shown, with what can be done about it."""
    with at_overview(browser, deserted.url) as page:
        text = page.get_by_role("region", name="What needs attention").inner_text()
        assert "hubspot is not configured, 1 waiting." in text
        assert "Configure it again" in text
        assert "not configured" in row(page, "hubspot")


def test_the_keyboard_reaches_the_content_at_once(page: Page) -> None:
    """The first stop skips the navigation."""
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
