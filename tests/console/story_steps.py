"""The story of an event as its page tells it."""

from __future__ import annotations

from playwright.sync_api import Page


def steps(page: Page, connector: str) -> list[str]:
    """What happened to the event at a connector, in words."""
    region = page.get_by_role("region", name=connector, exact=True)
    return region.locator("li.step > .what > .text").all_inner_texts()
