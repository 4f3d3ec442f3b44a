"""Foreign text without the escapes of JSON, URLs and HTML."""

from __future__ import annotations

import html
import json
import re
from typing import Final
from urllib.parse import unquote

# a character beyond the first 65,536 is two escapes in JSON; half of one is none
_JSON: Final = re.compile(
    r"\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|\\u(?![dD][89a-fA-F])[\da-fA-F]{4}"
)
_NUMBER: Final = re.compile(r"&#0*+([0-9]++)")
_MOST_DIGITS: Final = 7  # of a character's number


def unescape_all(text: str) -> str:
    r"""`\u0061nn&#64;example%2Eedu` → `ann@example.edu`, each kind of escape once."""
    if "\\" in text:
        text = _JSON.sub(lambda found: str(json.loads(f'"{found[0]}"')), text).replace("\\/", "/")
    return unescape_html(unquote(text))


def unescape_html(text: str) -> str:
    """`&eacute;`, `&#233;` and `&#xe9;` → `é`.

    A number with thousands of digits, which Python would refuse to read, is no character.
    """
    return html.unescape(_NUMBER.sub(_shortened, text)) if "&" in text else text


def _shortened(number: re.Match[str]) -> str:
    digits = number[1]
    return f"&#{digits}" if len(digits) <= _MOST_DIGITS else "\ufffd"
