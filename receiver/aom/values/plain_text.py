"""Texts as they were meant: without the escapes of HTML, and without what nobody sees at their
ends.
"""

import re
from html import unescape

INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
"""What a copied text brings along: soft hyphens, zero-width characters, directions, a byte order
mark.
"""

BLANKS = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006"
    "\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""What Unicode takes for a blank."""

_entity = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_ESCAPED_AT_MOST = 2
_blanks = re.compile(r"[\s\u00a0]+")
_AT_ENDS = BLANKS + INVISIBLE


def without_entities(text: str) -> str:
    """`Se&aacute;n` → `Seán`, also where WordPress has escaped it twice: `Se&amp;aacute;n`.

    What lacks its semicolon is no entity: `R&D`, `Q&not sure`.
    """
    for _ in range(_ESCAPED_AT_MOST):
        if "&" not in text:
            break
        text = _entity.sub(lambda found: unescape(found[0]).replace("\0", ""), text)
    return text


def strip_invisible(text: str) -> str:
    """Without blanks and invisible characters at its ends.

    No pattern may do this: to look for blanks before the end, it tries anew at each blank in the
    text.
    """
    return text.strip(_AT_ENDS)


def evenly_spaced(text: str) -> str:
    """Any blanks, narrow and unbreakable ones too, as single ones; none at the ends."""
    return _blanks.sub(" ", strip_invisible(text)).strip()


def alone(value: object) -> object:
    """The value in a list of one, as meta values of WordPress come; anything else as it is."""
    if isinstance(value, list) and len(value) == 1 and not isinstance(value[0], list | dict):
        return value[0]
    return value
