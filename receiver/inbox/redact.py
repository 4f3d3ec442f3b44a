"""Takes an e-mail address out of a payload that concerns others too."""

from __future__ import annotations

import json
import re
from typing import Any, Final

ERASED: Final = "[erased]"

_ADDRESS = re.compile(rb"[^\s\"'<>,;:()\[\]{}\\]+@[^\s\"'<>,;:()\[\]{}\\]+")


def without(body: bytes, address: str) -> bytes:
    """The payload without the address: an entry of a list that is that address, or has it as a value, is left out;
    anywhere else the address is replaced. What is not JSON is searched as text.
    """
    pattern = re.compile(re.escape(address), re.IGNORECASE)
    try:
        parsed = json.loads(body)
        return json.dumps(_walk(parsed, address, pattern), ensure_ascii=False).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError):
        return re.sub(re.escape(address.encode()), ERASED.encode(), body, flags=re.IGNORECASE)


def scrubbed(text: str, address: str) -> str:
    """The text with the address replaced, whatever its case."""
    return re.sub(re.escape(address), ERASED, text, flags=re.IGNORECASE)


def names_others(body: bytes, address: str) -> bool:
    """Whether any other e-mail address stands in the payload."""
    return any(found.lower() != address.encode() for found in _ADDRESS.findall(body))


def _walk(value: Any, address: str, pattern: re.Pattern[str]) -> Any:
    if isinstance(value, str):
        return pattern.sub(ERASED, value)
    if isinstance(value, list):
        return [_walk(entry, address, pattern) for entry in value if not _is_about(entry, address)]
    if isinstance(value, dict):
        return {pattern.sub(ERASED, key): _walk(entry, address, pattern) for key, entry in value.items()}
    return value


def _is_about(entry: Any, address: str) -> bool:
    values = entry.values() if isinstance(entry, dict) else [entry]
    return any(isinstance(value, str) and value.strip().lower() == address for value in values)
