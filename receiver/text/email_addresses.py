"""Finds e-mail addresses in foreign text.

What a valid one is, is said in `receiver.aom.values.email_address`.

One pattern for all who look: it takes time in proportion to the text, whatever the text is. A
search begins only where a run of characters begins, and never goes back within one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

# never taken for a part of an address; some may stand in rare ones
_DELIMITERS: Final = r"\s@\"'<>,;:()\[\]{}\\/=&?"
_AT: Final = r"(?:@|%40|\\u0040)"  # plain, in a URL, in JSON
_LOCAL: Final = rf"(?:[^{_DELIMITERS}%]|%(?!40))++"
_DOMAIN: Final = rf"[^{_DELIMITERS}%.]++"
# where a run of such characters begins
_BEGIN: Final = rf"(?:(?<![^{_DELIMITERS}])(?<![^{_DELIMITERS}]')|(?<=%40))"

_ADDRESS: Final = re.compile(
    rf"{_BEGIN}{_LOCAL}(?:'{_LOCAL})*+{_AT}\.*+{_DOMAIN}(?:\.++{_DOMAIN})*+"
)
"""o'neil@example.edu is one address, 'ann@example.edu' is one in quotes."""


def find_addresses(text: str) -> Iterator[re.Match[str]]:
    """All that looks like an e-mail address, from left to right; the dot that ends a sentence is
    none of it.
    """
    return _ADDRESS.finditer(text)


def may_hold_address(text: str) -> bool:
    """A quick look that is never wrong when it says no."""
    return "@" in text or "%40" in text or "\\u0040" in text


def is_address(text: str) -> bool:
    """Whether the text is one address and nothing else, but for blanks around it."""
    return _ADDRESS.fullmatch(text.strip()) is not None
