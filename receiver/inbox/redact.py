"""Takes an e-mail address out of a payload that concerns others too, in whatever way it is written there."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote, unquote

ERASED: Final = "[erased]"

_ADDRESS = re.compile(r"[^\s\"'<>,;:()\[\]{}\\/=&?]+@[^\s\"'<>,;:()\[\]{}\\/=&?]+")
_BEGIN = r"(?:(?<![\w+-])(?<!\w[.'])|(?<=\\[bfnrt])|(?<=\\u[\da-f]{4})|(?<=%[\da-f]{2}))"  # not within a longer address; after an escape
_END = r"(?![\w-])(?!\.\w)"


def forms(address: str) -> frozenset[str]:
    """How a lower-cased address may be written, in lower case as far as SQLite knows it: plain, as JSON, in a URL."""
    capital = "".join(character if character.isascii() else character.upper() for character in address)
    plain = {address, capital}
    as_json = {json.dumps(text)[1:-1] for text in plain}
    bases = plain | as_json | {text.replace("/", "\\/") for text in as_json} | {quote(text, safe="@") for text in plain}
    every = {base.replace("@", at) for base in bases for at in ("@", "\\u0040", "%40")}
    return frozenset(re.sub(r"[A-Z]", lambda letter: letter[0].lower(), text) for text in every)


@lru_cache(16)
def pattern(address: str, *, in_path: bool = False) -> re.Pattern[str]:
    """Finds the address and no other that holds it: erasing bo@example.edu leaves jobo@example.edu and bo@example.edu.au alone.

    A path of keys, like `scores.bo@example.edu`, shows nowhere where a key begins: there, any place will do.
    """
    begin = "" if in_path else _BEGIN
    return re.compile(f"{begin}(?:{'|'.join(map(re.escape, sorted(forms(address))))}){_END}", re.IGNORECASE)


def without(body: bytes, address: str) -> bytes:
    """The payload without the address: an entry of a list that is that address, or has it as a value, is left out;
    anywhere else the address is replaced. What is not JSON is searched as text.
    """
    try:
        return json.dumps(_walk(json.loads(body), address), ensure_ascii=False).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError):
        return scrubbed(body.decode("utf-8", "surrogateescape"), address).encode("utf-8", "surrogateescape")


def scrubbed(text: str, address: str, *, in_path: bool = False) -> str:
    """The text with the address replaced, whatever its case."""
    return pattern(address, in_path=in_path).sub(ERASED, text)


def names(body: bytes, address: str) -> bool:
    """Whether the address stands in the payload."""
    return any(pattern(address).search(text) for text in (body.decode("utf-8", "replace"), _plain(body)))


def names_others(body: bytes, address: str) -> bool:
    """Whether any other e-mail address stands in the payload."""
    return any(found.lower() != address for found in _ADDRESS.findall(_plain(body)))


def _plain(body: bytes) -> str:
    """Without escapes of JSON and of URLs."""
    try:
        text = json.dumps(json.loads(body), ensure_ascii=False)
    except (ValueError, RecursionError):
        text = body.decode("utf-8", "replace").replace("\\u0040", "@")
    return unquote(text)


def _walk(value: Any, address: str) -> Any:
    if isinstance(value, str):
        return scrubbed(value, address)
    if isinstance(value, list):
        return [_walk(entry, address) for entry in value if not _is_about(entry, address)]
    if isinstance(value, dict):
        return {scrubbed(key, address): _walk(entry, address) for key, entry in value.items()}
    return value


def _is_about(entry: Any, address: str) -> bool:
    values = entry.values() if isinstance(entry, dict) else [entry]
    return any(isinstance(value, str) and value.strip().lower() == address for value in values)
