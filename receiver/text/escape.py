"""Foreign text shown as text, whatever it holds.

Names, reasons and payloads are written by others.
"""

from __future__ import annotations

import re
from unicodedata import category

# most text has none, and needs no closer look
_SUSPICIOUS = re.compile(r"[^\x20-\x7e\xa1-\xac\xae-\u02ff]")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"  # Persian, Hindi and others are written with them
_BREAKS = "\n\t"


def escape_hidden(text: str, *, lines: bool = False) -> str:
    """The text with control characters, changes of the writing direction and the like as visible
    escapes.

    `lines` leaves line breaks and tabs as they are.
    """

    def replaced(match: re.Match[str]) -> str:
        return match[0] if lines and match[0] in _BREAKS else _escape(match[0])

    return _SUSPICIOUS.sub(replaced, text)


def _escape(character: str) -> str:
    """As JSON would write it, where it cannot be seen."""
    if category(character) not in _HIDDEN or character in _JOINERS:
        return character
    if short := {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(character):
        return short
    code = ord(character)
    if code <= 0xFFFF:  # noqa: PLR2004 - what four hex digits hold
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
