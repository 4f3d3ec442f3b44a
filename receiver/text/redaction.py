"""What may not be read in a log line: tokens never, e-mail addresses only under another name unless
configured otherwise.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from typing import Final

from receiver.text.email_addresses import find_addresses, may_hold_address

CUT: Final = "***"
NAMELESS: Final = "[address]"
"""Stands for an address while there is no key to name it by."""

_TOKEN_IN_PATH = re.compile(r"(/in/)[^/\s?\"']+")


class Redaction:
    """`secrets` are the configured tokens; they are cut out wherever they stand.

    `key` is the installation's secret, by which an address gets its name: without it nobody can try
    a list of addresses against a log. It is set once the store, which keeps it, is open.
    """

    def __init__(self, secrets: Iterable[str] = (), *, plain_emails: bool = False) -> None:
        self.key: bytes | None = None
        self._known: set[str] = set()
        self._secrets: re.Pattern[str] | None = None
        self._plain_emails = plain_emails
        self.add_secrets(secrets)

    def add_secrets(self, secrets: Iterable[str]) -> None:
        """Cut these out too, beside those that are known."""
        self._known |= {secret for secret in secrets if secret}
        known = sorted(map(re.escape, self._known), key=len, reverse=True)
        self._secrets = re.compile("|".join(known)) if known else None

    def redact(self, text: str) -> str:
        """The text without what may not be read."""
        if self._secrets:
            text = self._secrets.sub(CUT, text)
        if "/in/" in text:
            text = _TOKEN_IN_PATH.sub(rf"\1{CUT}", text)
        if not self._plain_emails and may_hold_address(text):
            text = self._without_addresses(text)
        return text

    def _without_addresses(self, text: str) -> str:
        parts, at = [], 0
        for match in find_addresses(text):
            parts += [text[at : match.start()], self._name(match[0])]
            at = match.end()
        return "".join((*parts, text[at:]))

    def _name(self, address: str) -> str:
        return NAMELESS if self.key is None else pseudonym(address, self.key)


def pseudonym(address: str, key: bytes) -> str:
    """A stable short name for an address: the same person is recognised across lines, but not
    read.
    """
    plain = address.replace("%40", "@").replace("\\u0040", "@").strip().lower()
    return "person:" + hmac.digest(key, plain.encode("utf-8", "replace"), "sha256").hex()[:16]
