"""What may not be read in a log line: tokens never, e-mail addresses only as a hash unless configured otherwise."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, MutableMapping
from typing import Any

_EMAIL = re.compile(r"[^\s@<>\"'(),:;/\\]+(?:'[^\s@<>\"'(),:;/\\]+)*@[^\s@<>\"'(),:;/\\]+")  # o'neil@example.edu, but not 'its quotes'
_TOKEN_IN_PATH = re.compile(r"(/in/)[^/\s?\"']+")
_HARMLESS = frozenset({"level", "timestamp", "logger"})


class Redaction:
    """A structlog processor. `secrets` are the configured tokens; they are cut out wherever they stand."""

    def __init__(self, secrets: Iterable[str] = (), *, plain_emails: bool = False) -> None:
        known = sorted((re.escape(secret) for secret in secrets if secret), key=len, reverse=True)
        self._secrets = re.compile("|".join(known)) if known else None
        self._suspicious = re.compile("|".join(("@", "/in/", *known))).search  # most values are told to be harmless by one look
        self._plain_emails = plain_emails

    def __call__(self, _logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        for key, value in line.items():
            if isinstance(value, str) and key not in _HARMLESS and self._suspicious(value):
                line[key] = self.text(value)
        return line

    def text(self, text: str) -> str:
        """The text without what may not be read."""
        if self._secrets:
            text = self._secrets.sub("***", text)
        if "/in/" in text:
            text = _TOKEN_IN_PATH.sub(r"\1***", text)
        if "@" in text and not self._plain_emails:
            text = _EMAIL.sub(lambda match: hashed(match[0]), text)
        return text


def hashed(email: str) -> str:
    """A stable short name for an address: the same person is recognised across lines, but not read."""
    return "person:" + hashlib.sha256(email.strip().lower().encode("utf-8", "replace")).hexdigest()[:12]
