"""A real browser that misses nothing: console errors, violations of the policy, requests to other
hosts.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Error, Locator, Page, Playwright, expect

WIDTHS = (380, 1440)
PATIENCE = 60_000  # milliseconds: on a machine that is ten times slower, too
# the shell is the same engine without the windows of a desktop: a page costs a third
_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def launch(playwright: Playwright) -> Browser:
    """The system's Chromium, else Playwright's own; the test is skipped where there is neither."""
    # tests may run as root, and in containers; one renderer saves a fifth of what a page costs
    switches = ["--no-sandbox", "--disable-dev-shm-usage"]
    switches += ["--disable-gpu", "--renderer-process-limit=1", "--num-raster-threads=1"]
    for path in filter(None, map(shutil.which, _NAMES)):
        with suppress(Error):
            return playwright.chromium.launch(executable_path=path, args=switches)
    try:
        return playwright.chromium.launch(args=switches)
    except Error as error:
        pytest.skip(
            "no Chromium: install one, or run `playwright install chromium` "
            f"({str(error).splitlines()[0]})"
        )


@contextmanager
def watched_page(
    browser: Browser,
    base: str,
    *,
    width: int = 1440,
    dark: bool = False,
    javascript: bool = True,
    expected: tuple[str, ...] = (),
) -> Iterator[Page]:
    """A page in a browser of its own, with nothing stored.

    At its end all that it should not have done fails the test.

    `expected` are words of console messages that are meant, e.g. "403" where a refusal is tested.
    """
    context = browser.new_context(
        base_url=base,
        viewport={"width": width, "height": 900},
        color_scheme="dark" if dark else "light",
        java_script_enabled=javascript,
        timezone_id="America/New_York",
        locale="en-US",
    )
    context.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    page, wrong = context.new_page(), _Watch(urlsplit(base).netloc)
    page.on("console", lambda message: wrong.said(message.type, message.text))
    page.on("pageerror", lambda error: wrong.said("error", str(error)))
    page.on("request", lambda request: wrong.asked(request.url))
    try:
        yield page
        seen = [one for one in wrong.seen if not any(word in one for word in expected)]
        assert not seen, f"the browser complains: {seen}"
    finally:
        context.close()


def click(what: Locator) -> None:
    """Click it, and wait for the page that comes of it to be there as a whole."""
    what.click()
    what.page.wait_for_load_state()


class _Watch:
    def __init__(self, host: str) -> None:
        self._host = host
        self.seen: list[str] = []

    def said(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.seen.append(f"{kind}: {text}")

    def asked(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.netloc not in {"", self._host}:
            self.seen.append(f"request to another host: {url}")
