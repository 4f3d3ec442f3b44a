"""The picture of a contact is what the gateway writes, and holds nothing that is not a text."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

from docs.hooks.record_picture import RecordCard, draw_cards
from tests.docs.sample_records import PICTURE, draw


def test_the_picture_is_what_the_samples_become(tmp_path: Path) -> None:
    """Of AOM's nine samples, through the real process, read from the account that they go to.

    `python -m tests.docs.sample_records` draws it anew.
    """
    assert draw(tmp_path) == PICTURE.read_text("utf-8")


def test_texts_stay_texts() -> None:
    """Whatever a record holds: long values are cut, options stand apart."""
    drawn = draw_cards([RecordCard("<b>", "A & B", {"x": "y" * 99, "courses": ["Ä", "<i>"]})])
    texts = [unescape(text) for text in re.findall(r"<text[^>]*>([^<]*)</text>", drawn)]
    assert texts == ["<b>", "A & B", "x", "y" * 37 + "…", "courses", "Ä", "<i>"]
