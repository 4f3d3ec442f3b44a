"""One short word for a configuration, by which processes see whether theirs is the same."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, SecretStr

from receiver.settings.changes import FIXED
from receiver.settings.model import Settings

LENGTH: Final = 16  # hexadecimal digits


def digest_settings(settings: Settings, key: bytes) -> str:
    """The digest of all that processes on one store must agree on: not where each listens, how it
    reaches the store and how it logs.

    By the installation's `key`: nobody who reads a digest can try secrets against it.
    """
    plain = {
        name: _value_as_json(getattr(settings, name), frozenset(FIXED.get(name, ())))
        for name in Settings.model_fields
        if name not in {"directory", "lines", "log", "warnings"}
    }
    text = json.dumps(plain, sort_keys=True, ensure_ascii=False)
    return hmac.digest(key, f"configuration {text}".encode(), "sha256").hex()[:LENGTH]


def _value_as_json(value: Any, without: frozenset[str] = frozenset()) -> Any:
    """The value as JSON, with its secrets."""
    match value:
        case SecretStr():
            return value.get_secret_value()
        case BaseModel():
            return {name: _value_as_json(one) for name, one in value if name not in without}
        case Mapping():
            return {str(name): _value_as_json(one) for name, one in value.items()}
        case list() | tuple():
            return [_value_as_json(one) for one in value]
        case None | bool() | int() | float() | str():
            return value
        case _:
            return str(value)
