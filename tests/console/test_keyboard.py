"""Whoever has a keyboard alone does everything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.console.calls import dead, newcomer, story
from tests.console.conftest import at_overview
from tests.processes import Running, gateway, write_config

STEPS = 60  # presses of Tab after which what is looked for is not there
REFUSING = """
[connectors.sandbox]
type = "sandbox"
mapping = "standard"
rate_limit = { calls = 600, seconds = 10 }
refuse = [{ field = "lastname", value = "Refused", code = "NO", message = "No." }]
"""
_FOCUSED = "document.activeElement?.textContent?.trim().replace(/\\s+/g, ' ') ?? ''"
_SEEN = """
(() => {
  const style = getComputedStyle(document.activeElement);
  return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
})()
"""


def tab_to(page: Page, found: Callable[[str], bool]) -> str:
    """Press Tab until the text of what has the focus is what is looked for; each that is passed can
    be seen to have it.
    """
    for _ in range(STEPS):
        page.keyboard.press("Tab")
        text: str = page.evaluate(_FOCUSED)
        assert page.evaluate(_SEEN), f"the focus on {text!r} cannot be seen"
        if found(text):
            return text
    raise AssertionError("it is not reached")


def go(page: Page) -> None:
    """Press Enter, and wait for the page that comes of it."""
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_a_dead_letter_is_found_read_and_replayed(browser: Browser, tmp_path: Path) -> None:
    """From the overview to what came of it, by j, k, r, Tab and Enter; nothing is done before the
    question is answered.
    """
    with gateway(write_config(tmp_path, REFUSING)) as running:
        older, id = dead(running, newcomer()), dead(running, newcomer())
        with at_overview(browser, running.url) as page:
            tab_to(page, lambda text: text == "Attention")
            go(page)
            page.keyboard.press("j")
            assert page.evaluate(_FOCUSED).startswith("Replay or discard")
            go(page)
            for key in "jjk":  # down to the older one, and up again
                page.keyboard.press(key)
            assert page.evaluate("document.activeElement.href").endswith(id)
            go(page)
            assert "No. (NO)" in page.get_by_role("main").inner_text()
            page.keyboard.press("r")
            go(page)
            assert page.get_by_role("heading", level=1).inner_text() == "Replay 1 delivery?"
            assert attempts(running, id) == 1
            page.keyboard.press("r")
            assert page.evaluate(_FOCUSED) == "Replay"
            assert page.evaluate(_SEEN)
            go(page)
            came = page.get_by_role("region", name="What came of it")
            expect(came.get_by_role("link", name="1 delivery dead")).to_be_visible()
            assert (attempts(running, id), attempts(running, older)) == (2, 1)
            tab_to(page, lambda text: text.startswith("1 delivery"))
            go(page)
            page.keyboard.press("j")
            go(page)
            assert page.url.endswith(f"/console/events/{id}")


def test_a_question_is_left_as_it_is(browser: Browser, running: Running) -> None:
    """The way back is reached too, right behind the button."""
    id = dead(running, newcomer())
    with at_overview(browser, running.url) as page:
        page.goto(f"/console/events/{id}")
        page.keyboard.press("r")
        go(page)
        page.keyboard.press("r")
        assert tab_to(page, lambda _: True) == "Leave it as it is"
        go(page)
        assert page.url.endswith(f"/console/events/{id}")
        assert attempts(running, id) == 1


def test_the_search_and_the_content_are_one_key_away(browser: Browser, running: Running) -> None:
    """`/` goes to the box; the first Tab leads past the frame."""
    with at_overview(browser, running.url) as page:
        page.keyboard.press("Tab")
        assert page.evaluate(_FOCUSED) == "Skip to the content"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        page.keyboard.press("/")
        assert page.evaluate("document.activeElement.id") == "find"


def attempts(running: Running, id: str) -> int:
    return len(story(running, id)["deliveries"][0]["attempts"])
