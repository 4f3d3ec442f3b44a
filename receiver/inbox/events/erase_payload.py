"""Takes a person out of a payload that was stored, by the address that is known of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from receiver.text.email_addresses import is_address
from receiver.text.known_address import ERASED, names_address, scrub_address
from receiver.text.unescape import unescape_all

_ALONE: Final = re.compile(
    rf"(?:mailto:)?{re.escape(ERASED)}|[^<>@]*<(?:mailto:)?{re.escape(ERASED)}>", re.IGNORECASE
)

_MAIL_KEY: Final = re.compile(r"(?P<of>.*?)e?[_-]?mail(?:[_-]?address)?", re.IGNORECASE)
_PERSONAL: Final = re.compile(
    r"(?:(?:first|last|middle|full|family|given|sur|nick|display|user)[_-]?)?name"
    r"|(?:tele|mobile[_-]?)?phone(?:[_-]?number)?|mobile|fax"
    r"|(?:street|address)(?:[_-]?line)?(?:[_-]?\d)?|zip(?:[_-]?code)?|post(?:al)?[_-]?code",
    re.IGNORECASE,
)

_GONE: Final = object()
"""In the place of what goes whole."""


def payload_names(body: bytes, address: str) -> bool:
    """Whether the address stands in the payload, however it is written there."""
    return names_address(body.decode("utf-8", "replace"), address) or names_address(
        _decoded(body), address
    )


def without_address(body: bytes, address: str) -> bytes:
    """The payload of others, without the address: an entry of a list that is that address, or has
    it as a value, is left out; anywhere else the address is replaced, and with it the names, the
    numbers and the street that stand beside it. What is not JSON is searched as text.
    """
    try:
        return _encoded(_replaced(json.loads(body), address))
    except (ValueError, RecursionError):
        text = scrub_address(body.decode("utf-8", "surrogateescape"), address)
        return text.encode("utf-8", "surrogateescape")


def without_person(body: bytes, address: str) -> bytes | None:
    """The payload of nobody knows whom, without the person; None where nothing of another one would
    be left.

    The object that has the address goes whole, wherever it stands: nobody knows which of its other
    values are the person's. Only where the address is a part of a longer text, and the object has
    another one's address of its own, is it replaced within the text. What is not JSON has no
    objects, and goes.
    """
    try:
        left = _Removal(address).value(json.loads(body))
        return _encoded(left.value) if left.others and left.value is not _GONE else None
    except (ValueError, RecursionError):
        return None


def _encoded(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _decoded(body: bytes) -> str:
    """Without JSON's own escapes, where it is JSON."""
    try:
        return json.dumps(json.loads(body), ensure_ascii=False)
    except (ValueError, RecursionError):
        return ""


def _replaced(value: Any, address: str) -> Any:
    if isinstance(value, str):
        return scrub_address(value, address)
    if isinstance(value, list):
        return [_replaced(entry, address) for entry in value if not _is_about(entry, address)]
    if isinstance(value, dict):
        beside = _beside(value, address)
        return {
            scrub_address(key, address): ERASED if key in beside else _replaced(entry, address)
            for key, entry in value.items()
        }
    return value


def _beside(fields: dict[str, Any], address: str) -> set[str]:
    """The keys that say who has the address: beside `billing_email`, `billing_first_name`."""
    prefixes = {
        found["of"].lower()
        for key, text in fields.items()
        if isinstance(text, str) and (found := _MAIL_KEY.fullmatch(key)) and _is(text, address)
    }
    return {
        key
        for key, text in fields.items()
        if isinstance(text, str | int | float) and not isinstance(text, bool) and text != ""
        for prefix in prefixes
        if key.lower().startswith(prefix) and _PERSONAL.fullmatch(key, len(prefix))
    }


def _is_about(entry: Any, address: str) -> bool:
    values = entry.values() if isinstance(entry, dict) else [entry]
    return any(_is(text, address) for text in _texts(values))


def _texts(values: Any) -> Iterator[str]:
    """Those among the values that are texts; one may come as a list of one."""
    for value in values:
        one = value[0] if isinstance(value, list) and len(value) == 1 else value
        if isinstance(one, str):
            yield one


def _is(text: str, address: str) -> bool:
    """Whether the text is the address, alone or with a name beside it: `Ann <ann@example.edu>`."""
    left = scrub_address(text, address)
    if left == text:
        return False
    bare = not any(map(str.isalnum, left.replace(ERASED, "")))
    return bare or _ALONE.fullmatch(left.strip()) is not None


@dataclass(frozen=True, slots=True)
class _Left:
    """What is left of a value, and whether it has the address of another person."""

    value: Any
    others: bool = False


class _Removal:
    """Takes one person out of a value, from the inside out: each part is looked at once."""

    def __init__(self, address: str) -> None:
        self._address = address

    def value(self, value: Any) -> _Left:
        if isinstance(value, dict):
            return self._object(value)
        if isinstance(value, list):
            return self._list(value)
        return _Left(scrub_address(value, self._address) if isinstance(value, str) else value)

    def _list(self, entries: list[Any]) -> _Left:
        entries_left = [self._entry(entry) for entry in entries]
        entries_left = [one for one in entries_left if one.value is not _GONE]
        return _Left([one.value for one in entries_left], any(one.others for one in entries_left))

    def _entry(self, entry: Any) -> _Left:
        if not isinstance(entry, str):
            return self.value(entry)
        if self._has(entry):
            return _Left(_GONE)
        return _Left(scrub_address(entry, self._address), is_address(unescape_all(entry)))

    def _object(self, fields: dict[str, Any]) -> _Left:
        if fields and all(is_address(unescape_all(key)) for key in fields):
            return self._map_of_people(fields)
        fields_left = {key: self._field(key, value) for key, value in fields.items()}
        others = any(one.others for one in fields_left.values())
        texts = [key for key in fields if self._names(key)]
        texts += [text for text in _texts(fields.values()) if self._names(text)]
        if any(self._has(text) for text in texts) or (texts and not others):
            return _Left(_GONE)
        left = {
            scrub_address(key, self._address): one.value
            for key, one in fields_left.items()
            if one.value is not _GONE
        }
        return _Left(left, others)

    def _map_of_people(self, entries: dict[str, Any]) -> _Left:
        """By their addresses: the person's entry goes, those of the others stay."""
        entries_left = {
            key: self.value(entry) for key, entry in entries.items() if not self._has(key)
        }
        return _Left(
            {key: one.value for key, one in entries_left.items() if one.value is not _GONE},
            bool(entries_left),
        )

    def _field(self, key: str, value: Any) -> _Left:
        """`logo@2x.png` is nobody's address: a key says of which values are."""
        left = self.value(value)
        mail = (
            isinstance(value, str)
            and "mail" in key.lower()
            and value.strip() != ""
            and not self._names(value)
        )
        return _Left(left.value, left.others or mail)

    def _names(self, text: str) -> bool:
        return scrub_address(text, self._address) != text

    def _has(self, text: str) -> bool:
        return _is(text, self._address)
