"""Finds one known e-mail address in foreign text, in whatever way it is written there, and takes it
out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final
from urllib.parse import quote

from receiver.text.email_addresses import may_hold_address
from receiver.text.lower_case import lower_in_place
from receiver.text.unescape import unescape_all

ERASED: Final = "[erased]"

# as HTML has them
_APOSTROPHES: Final = ("&#39;", "&#039;", "&#x27;", "&apos;", "&#8217;", "&rsquo;")

_BEGIN = (  # not within a longer address; after an escape
    r"(?:(?<![\w+-])(?<!\w[.'])|(?<=\\[bfnrt])|(?<=\\u[\da-f]{4})|(?<=%[\da-f]{2}))"
)
_END = r"(?![\w-])(?!\.\w)"


@lru_cache(16)
def address_forms(address: str) -> frozenset[str]:
    """How a lower-cased address may be written, in lower case as far as SQLite knows it: plain, as
    JSON, in a URL.
    """
    capital = "".join(letter if letter.isascii() else letter.upper() for letter in address)
    plain = {address, capital}
    as_json = {json.dumps(text)[1:-1] for text in plain}
    with_slashes = {text.replace("/", "\\/") for text in as_json}
    bases = plain | as_json | with_slashes | {quote(text, safe="@") for text in plain}
    # PHP's JSON_HEX_APOS, JSON_HEX_AMP
    bases |= {base.replace("'", "\\u0027").replace("&", "\\u0026") for base in as_json}
    bases |= {
        text.replace("&", "&amp;").replace("'", mark) for text in plain for mark in _APOSTROPHES
    }
    every = {base.replace("@", at) for base in bases for at in ("@", "\\u0040", "%40")}
    return frozenset(re.sub(r"[A-Z]", lambda letter: letter[0].lower(), text) for text in every)


def names_address(text: str, address: str) -> bool:
    """Whether the address stands in the text, and not only within a longer one."""
    if _stands_in(text, address):
        return True
    plain = unescape_all(text)
    return plain != text and _stands_in(plain, address)


def scrub_address(text: str, address: str, *, in_path: bool = False) -> str:
    """The text with the address replaced, whatever its case; where it is found only without the
    escapes of JSON, URLs and HTML, all of the text is left without them.

    bo@example.edu leaves jobo@example.edu and bo@example.edu.au alone. A path of keys, like
    `scores.bo@example.edu`, shows nowhere where a key begins: with `in_path` any place will do.
    """
    left = _replaced(text, address, in_path=in_path)
    plain = unescape_all(left)
    found = _replaced(plain, address, in_path=in_path) if plain != left else plain
    return left if found == plain else found


def _stands_in(text: str, address: str) -> bool:
    return next(_spans(text, address), None) is not None


def _replaced(text: str, address: str, *, in_path: bool) -> str:
    parts, at = [], 0
    for start, end in _spans(text, address, in_path=in_path):
        parts += [text[at:start], ERASED]
        at = end
    return text if not parts else "".join((*parts, text[at:]))


def _spans(text: str, address: str, *, in_path: bool = False) -> Iterator[tuple[int, int]]:
    """Where it stands, from left to right.

    A plain search finds the places and the pattern looks at these alone, which is what makes a text
    of a megabyte cheap.
    """
    if not may_hold_address(text):
        return
    lowered = lower_in_place(text)
    pattern = _pattern(address, in_path=in_path)
    free = 0
    for start in sorted(
        {start for form in _lowered_forms(address) for start in _places(lowered, form)}
    ):
        if start >= free and (match := pattern.match(text, start)):
            free = match.end()
            yield start, free


@lru_cache(16)
def _lowered_forms(address: str) -> frozenset[str]:
    return frozenset(map(lower_in_place, address_forms(address)))


def _places(lowered: str, form: str) -> Iterator[int]:
    start = -1
    while (start := lowered.find(form, start + 1)) >= 0:
        yield start


@lru_cache(16)
def _pattern(address: str, *, in_path: bool = False) -> re.Pattern[str]:
    begin = "" if in_path else _BEGIN
    forms = "|".join(map(re.escape, sorted(address_forms(address))))
    return re.compile(f"{begin}(?:{forms}){_END}", re.IGNORECASE)
