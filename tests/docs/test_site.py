"""The built site: nothing of it comes from another host, and it works in a browser."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright

from tests.console.browser import launch, watched_page

LOADED = {
    "script": ("src",),
    "link": ("href",),
    "img": ("src", "srcset"),
    "source": ("src", "srcset"),
    "iframe": ("src",),
    "video": ("src", "poster"),
    "audio": ("src",),
    "object": ("data",),
    "embed": ("src",),
    "use": ("href", "xlink:href"),
}
"""What a browser fetches by itself; `a` it follows only when somebody clicks."""

FOREIGN = re.compile(r"^\s*(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)


class Fetched(HTMLParser):
    """All that a browser would fetch for a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.styles: list[str] = []
        self._in_style = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.addresses += [given[name] or "" for name in LOADED.get(tag, ()) if name in given]
        self.styles.append(given.get("style") or "")
        self._in_style = tag == "style"

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.styles.append(data)


def in_styles(text: str) -> list[str]:
    """What a style sheet fetches."""
    found = re.findall(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)", text)
    return [one or other for one, other in found]


def test_the_look_at_pages_sees_what_is_foreign() -> None:
    """A check that finds nothing anywhere would hold always."""
    seen = Fetched(
        "<script src='https://a.example/x.js'></script><p style='background: url(//b.example)'>"
    )
    assert seen.addresses == ["https://a.example/x.js"]
    assert in_styles(seen.styles[-1]) == ["//b.example"]
    assert in_styles("@import 'https://c.example';") == ["https://c.example"]
    assert all(map(FOREIGN.match, ("https://a.example/x.js", "//b.example")))
    assert not any(
        map(FOREIGN.match, ("assets/a.js", "/a.js", "data:image/svg+xml;base64,", "#top"))
    )


def test_nothing_is_fetched_from_another_host(site: Path) -> None:
    """No script, style, font or picture: whoever reads the pages is seen by nobody else."""
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 15
    for page in pages:
        seen = Fetched(page.read_text("utf-8"))
        assert seen.addresses
        fetched = seen.addresses + [one for style in seen.styles for one in in_styles(style)]
        assert [one for one in fetched if FOREIGN.match(one)] == [], page.name


def test_no_style_sheet_fetches_from_another_host(site: Path) -> None:
    """Fonts come that way."""
    sheets = sorted(site.rglob("*.css"))
    assert sheets
    for sheet in sheets:
        fetched = in_styles(sheet.read_text("utf-8"))
        assert [one for one in fetched if FOREIGN.match(one)] == [], sheet.name


def test_nothing_wakes_what_the_theme_would_fetch(site: Path) -> None:
    """For diagrams and for a repository's figures its script would ask other hosts."""
    for page in site.rglob("*.html"):
        html = page.read_text("utf-8")
        assert "mermaid" not in html
        assert 'data-md-component="source"' not in html


@pytest.fixture(scope="module")
def served(site: Path) -> Iterator[str]:
    """The address at which the site is served."""
    handler: Any = partial(_Quiet, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


def test_it_works_in_a_browser(served: str) -> None:
    """Pages and search, with no request to another host and no complaint."""
    with sync_playwright() as playwright, launch(playwright) as browser:
        with watched_page(browser, served) as page:
            page.set_default_timeout(120_000)  # the first search makes the index
            page.goto("/index.html?q=give_up_after_hours")
            page.locator(".md-search-result__link", has_text="delivery").first.wait_for()
            page.goto("/reference/configuration.html")
            assert page.get_by_role("heading", name="delivery").is_visible()
        with watched_page(browser, served, width=380, dark=True) as page:
            page.goto("/reference/names.html")
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
