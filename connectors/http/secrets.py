"""Cuts a connector's secrets out of errors, and out of what HTTP libraries log."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, SecretStr

CUT = "[secret]"
_SHORTEST = 4  # characters; shorter ones stand in any text


class SecretTexts(logging.Filter):
    """Texts that nobody is to read, in whatever way an address or a body writes them."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__()
        long = {secret for secret in secrets if len(secret) >= _SHORTEST}
        # the longest first: one may be a part of another
        forms = map(_pattern, sorted(long, key=len, reverse=True))
        self._pattern = re.compile("|".join(forms) or r"(?!)", re.IGNORECASE)

    def cut(self, text: str) -> str:
        """Give the text without the secrets."""
        return self._pattern.sub(CUT, text)

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every line of a log pass, without the secrets."""
        said = record.getMessage()
        if self.cut(said) != said:
            record.msg, record.args = self.cut(said), ()
        return True


def secret_texts(settings: BaseModel) -> Iterator[str]:
    """Give every secret that settings hold, however deep."""
    for value in vars(settings).values():
        yield from _secrets_in(value)


def _secrets_in(value: Any) -> Iterator[str]:
    match value:
        case SecretStr():
            yield value.get_secret_value()
        case BaseModel():
            yield from secret_texts(value)
        case Mapping():
            for one in value.values():
                yield from _secrets_in(one)
        case list() | tuple() | set() | frozenset():
            for one in value:
                yield from _secrets_in(one)


def _pattern(secret: str) -> str:
    """Match a secret of which each character stands as it is, or escaped for a URL or for JSON."""
    return "".join(map(_any_writing, secret))


def _any_writing(character: str) -> str:
    escaped = "".join(f"%{byte:02x}" for byte in character.encode("utf-8", "replace"))
    writings = {character, escaped, json.dumps(character)[1:-1]}
    if character == " ":
        writings.add("+")
    return f"(?:{'|'.join(map(re.escape, sorted(writings)))})"
