"""Foreign text without its escapes."""

from __future__ import annotations

import json
import time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.text.unescape import unescape_all, unescape_html


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Se&aacute;n O&#8217;Neil", "Seán O\u2019Neil"),
        ("a&#64;b&#x40;c&#X0040;d&#0000000000064;e&commat;f&#64 g", "a@b@c@d@e@f@ g"),
        ("R&D, Q& A, &#;", "R&D, Q& A, &#;"),
        ("&amp;#64;", "&#64;"),
        (f"&#{'9' * 5000};", "\ufffd;"),
        (f"&#{'0' * 5000}64;", "@"),
        (f"&#x{'f' * 5000};", "\ufffd"),
    ],
)
def test_escapes_of_html(text: str, plain: str) -> None:
    """Named ones and numbers, however many digits they have; each is read once."""
    assert unescape_html(text) == plain


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (r"\u0061\u006En\u0040b.edu", "ann@b.edu"),
        (r"\ud83d\ude00 \ud83d \u00e9", r"😀 \ud83d é"),
        (r"a\/b%40c&period;d", "a/b@c.d"),
        (r"%61%6En%40b%2Eedu", "ann@b.edu"),
        (r"\u004 %4 100% \x", r"\u004 %4 100% \x"),
    ],
)
def test_escapes_of_json_and_urls(text: str, plain: str) -> None:
    """Half of a character, and what only looks like an escape, stays."""
    assert unescape_all(text) == plain


@given(
    st.text(alphabet=st.characters(exclude_characters='"&%\\/', exclude_categories=["Cs", "Cc"]))
)
def test_what_was_escaped_comes_back(text: str) -> None:
    """Whatever the characters, from each of the three."""
    assert unescape_all(json.dumps(text)[1:-1]) == text
    assert unescape_all(quote(text)) == text
    assert unescape_all("".join(f"&#{ord(character)};" for character in text)) == text


@pytest.mark.parametrize("piece", ["&#", "&", "&a", "&#x", "\\u", "\\ud83d", "%", "&#0", "&#9"])
def test_it_takes_time_in_proportion_to_the_text(piece: str) -> None:
    """A megabyte of what might begin an escape is read in a moment."""
    text = piece * ((1 << 20) // len(piece))
    started = time.process_time()
    unescape_all(text)
    assert time.process_time() - started < 20  # the square of it would be hours
