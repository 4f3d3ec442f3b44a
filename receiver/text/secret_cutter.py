"""Cuts secrets out of foreign words, also where only a part of one stands there, or in another
writing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import quote

from receiver.text.lower_case import lower_in_place
from receiver.text.redaction import CUT

# so many characters of a secret in a row are a part of it; fewer, like `pat-na1-`, stand in
# remedies
_PART: Final = 10
_SHORTEST: Final = 4

_CREDENTIALS: Final = re.compile(r"\b(bearer|basic)(\s+)[\w.~+/!=-]{8,}", re.IGNORECASE)
"""A header that is quoted: with a token that a CRM gave meanwhile, which no configuration holds."""


class SecretCutter:
    """Knows the secrets, which it never shows."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {lower_in_place(form) for secret in secrets for form in _forms(secret)}
        self._parts = frozenset(
            form[at : at + _PART] for form in forms for at in range(len(form) - _PART + 1)
        )
        self._short = tuple(form for form in forms if _SHORTEST <= len(form) < _PART)

    def cut(self, text: str) -> str:
        """The text without the secrets, and without what it has of them."""
        lowered = lower_in_place(text)
        parts, at = [], 0
        for start, end in _merged(sorted(self._spans(lowered))):
            parts += [text[at:start], CUT]
            at = end
        return _CREDENTIALS.sub(rf"\1\2{CUT}", "".join((*parts, text[at:])))

    def _spans(self, lowered: str) -> Iterator[tuple[int, int]]:
        if self._parts:
            for start in range(len(lowered) - _PART + 1):
                if lowered[start : start + _PART] in self._parts:
                    yield start, start + _PART
        for secret in self._short:
            start = -1
            while (start := lowered.find(secret, start + 1)) >= 0:
                yield start, start + len(secret)


def _merged(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """One of all that overlap or touch."""
    begin, end = -1, -1
    for start, stop in spans:
        if start > end >= 0:
            yield begin, end
        begin, end = (begin, max(end, stop)) if 0 <= start <= end else (start, stop)
    if end >= 0:
        yield begin, end


def _forms(secret: str) -> Iterator[str]:
    """As it is, as a URL and as JSON write it."""
    yield secret
    yield quote(secret, safe="")
    yield json.dumps(secret)[1:-1]
