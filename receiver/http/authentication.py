"""Who is calling: the source whose token was given."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping

from receiver.settings import Source


class Tokens:
    """All tokens of all sources. Every one is compared, in constant time each, whether or not one has matched."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self._tokens = [(_bytes(token.get_secret_value()), name) for name, source in sources.items() for token in source.tokens]

    def source(self, given: str) -> str | None:
        """The name of the source whose token this is, or None."""
        candidate = _bytes(given)
        found = None
        for token, name in self._tokens:
            if hmac.compare_digest(token, candidate):
                found = name
        return found


def from_header(authorization: str) -> str:
    """The token in an Authorization header: Bearer, or Basic with the token as password. "" where there is none."""
    scheme, _, value = authorization.strip().partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value.strip(), validate=True).decode().partition(":")[2]
        except ValueError:  # not Base64, or not text
            return ""
    return ""


def _bytes(token: str) -> bytes:
    return token.encode("utf-8", "surrogatepass")
