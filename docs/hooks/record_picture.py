"""Draws records as cards, in the way of a CRM's page: what staff sees of a person and an order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, ROW, PAD = 490, 24, 20
LABEL = 195  # how far the values stand from the labels
LONGEST = 38  # characters of a value

STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#33475b}"
    ".title{font-weight:600;font-size:17px}"
    ".label{fill:#5e6e82}"
    ".card{fill:#fff;stroke:#cbd6e2}"
    ".choice{fill:#e5f5f8;stroke:#7fd1de}"
)


@dataclass(frozen=True, slots=True)
class RecordCard:
    """A record: a title, what kind it is, and its fields by the labels that people read."""

    title: str
    kind: str
    fields: Mapping[str, str | Sequence[str]]
    """A list of options is drawn as such."""


def draw_cards(cards: Sequence[RecordCard]) -> str:
    """The cards beside each other, as SVG."""
    height = max(map(_height, cards)) + 2 * PAD
    width = len(cards) * (WIDTH + PAD) + PAD
    drawn = [_card(card, PAD + number * (WIDTH + PAD)) for number, card in enumerate(cards)]
    about = escape("; ".join(f"{card.kind} {card.title}" for card in cards))
    start = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"'
    head = f'{start} aria-label="{about}">'
    return "\n".join((head, f"<style>{STYLE}</style>", *drawn, "</svg>\n"))


def _height(card: RecordCard) -> int:
    return (len(card.fields) + 3) * ROW


def _card(card: RecordCard, left: int) -> str:
    x, height = left + PAD, _height(card)
    lines = [
        f'<rect class="card" x="{left}" y="{PAD}" width="{WIDTH}" height="{height}" rx="6"/>',
        f'<text class="title" x="{x}" y="{PAD + 30}">{escape(card.title)}</text>',
        f'<text class="label" x="{x}" y="{PAD + 48}">{escape(card.kind)}</text>',
    ]
    for number, (label, value) in enumerate(card.fields.items()):
        y = PAD + 78 + number * ROW
        lines.append(f'<text class="label" x="{x}" y="{y}">{escape(label)}</text>')
        lines.append(_value(value, x + LABEL, y))
    return "\n".join(lines)


def _value(value: str | Sequence[str], x: int, y: int) -> str:
    if isinstance(value, str):
        return f'<text x="{x}" y="{y}">{escape(_short(value))}</text>'
    drawn = []
    for option in map(_short, value):
        width = 8 * len(option) + 12
        drawn.append(
            f'<rect class="choice" x="{x}" y="{y - 15}" width="{width}" height="20" rx="10"/>'
            f'<text x="{x + 8}" y="{y}">{escape(option)}</text>'
        )
        x += width + 6
    return "\n".join(drawn)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
