"""What can be checked of a page without eyes: by the rules of axe-core, and that nothing sticks out
at the side.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

WIDTHS = (1440, 390)
_TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_EVERY_RULE = {
    "resultTypes": ["violations"],
    "runOnly": {"type": "tag", "values": _TAGS},
    "rules": {"target-size": {"enabled": True}},  # of WCAG 2.2, which axe leaves off
    "preload": False,  # for rules that are not among these
}
_OF_COLOURS = {
    "resultTypes": ["violations"],
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
}
_STICKS_OUT = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_ALL_OPEN = "document.querySelectorAll('details').forEach(one => one.open = true)"
# rows of a list are alike, and to look at fifty takes five times as long as to look at ten
_FEW_ROWS = "document.querySelectorAll('tbody tr:nth-child(n + 11)').forEach(one => one.remove())"


def faults(page: Page) -> list[str]:
    """All that is wrong with the page as it stands, wide and narrow, light and dark, with all open
    that can be opened. The page is left with the first rows of its lists alone.
    """
    page.evaluate(_ALL_OPEN)
    found = []
    for width in WIDTHS:
        _resize(page, width)
        found += [f"{width} px: {one}" for one in sticking_out(page)]
    page.evaluate(_FEW_ROWS)
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)  # as a debugger does, which the page's policy does not hinder
    for width in WIDTHS:
        _resize(page, width)
        page.emulate_media(color_scheme="light")
        found += [f"{width} px, light: {one}" for one in _violations(page, _EVERY_RULE)]
        page.emulate_media(color_scheme="dark")
        found += [f"{width} px, dark: {one}" for one in _violations(page, _OF_COLOURS)]
    return found


def sticking_out(page: Page) -> list[str]:
    """Whether the page is wider than the window."""
    pixels: int = page.evaluate(_STICKS_OUT)
    return [f"{pixels} px stick out at the side"] if pixels > 0 else []


def _resize(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})


def _violations(page: Page, rules: dict[str, Any]) -> Iterator[str]:
    for rule in page.evaluate("rules => axe.run(rules)", rules)["violations"]:
        for node in rule["nodes"]:
            summary = " ".join(node["failureSummary"].split())
            yield f"{rule['id']}: {node['html'][:200]} {summary}"
