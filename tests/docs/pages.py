"""The pages of the repository as text, and the blocks of code in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).parents[2]

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code: on which page, in which language."""

    page: str
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}: {self.text.strip().splitlines()[0]}"


@cache
def pages() -> dict[str, str]:
    """Every page in Markdown, by its path in the repository."""
    files = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    return {str(file.relative_to(ROOT)): file.read_text("utf-8") for file in sorted(files)}


def blocks(language: str) -> list[Block]:
    """All blocks of a language."""
    return [
        Block(page, language, found[2])
        for page, text in pages().items()
        for found in _BLOCK.finditer(text)
        if found[1] == language
    ]


def cells(page: str) -> Iterator[list[str]]:
    """The rows of all tables of a page, each as its cells."""
    for line in pages()[page].splitlines():
        if line.startswith("|"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


class Text(HTMLParser):
    """What a page of the site shows in its content, without the menus around it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 - the parser's
        self._inside |= tag == "article"

    def handle_endtag(self, tag: str) -> None:
        self._inside &= tag != "article"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found.append(data)


def shown(site: Path, page: str) -> str:
    """The text of a built page, with any space as one blank."""
    found = Text((site / page).read_text("utf-8")).found
    return " ".join("".join(found).split())
