"""Takes personal data out of a payload, so that a real call can become a test that all may read.

Only what is known to be no personal data stays: ids, states, money, the dates of orders and
submissions, names of courses and products. All else gets a stand-in, the same for the same value,
so that what belongs together still does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from receiver.text.email_addresses import find_addresses, is_address, may_hold_address

_UNCHANGED: Final = frozenset(
    {
        *("id", "productid", "orderid", "courseid", "status", "currency", "country"),
        *("ordertotal", "total", "subtotal", "priceperqty", "price", "quantity", "grade", "score"),
        *("datecreated", "datesubmitted", "dateregistered"),
        *("annoucementdate", "announcementdate", "annoucementtitle", "announcementtitle"),
        "productname",
    }
)
"""Keys, by their letters, whose values say nothing of a person."""

_THINGS: Final = frozenset(
    {
        *("course", "enrolledcourseslist", "quiz", "assignment", "discussion"),
        *("lineitems", "paymentgateway"),
    }
)
"""Keys of what has a name and is nobody."""

_PLAIN_LISTS: Final = frozenset({"coupons"})
_SMALL_NUMBER: Final = re.compile(r"\s*-?\d{1,6}(?:[.,]\d+)?\s*")
_SMALL: Final = 10**6

_KINDS: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    (re.compile(r"e?mail"), "address"),
    (re.compile(r"^firstname$|^givenname$"), "First"),
    (re.compile(r"^lastname$|^surname$|^familyname$"), "Last"),
    (re.compile(r"name$|^createdby$"), "person"),
    (re.compile(r"phone|mobile|^tel|^fax$|^cell"), "phone"),
    (re.compile(r"^(city|town)"), "City"),
    (re.compile(r"zip|post(al)?code"), "code"),
    (re.compile(r"^(state|province|county|region)$"), "State"),
    (re.compile(r"address|street"), "street"),
)
"""The first that fits a key's letters says what stands in; what none fits is a text."""

_WRITTEN: Final[Mapping[str, Callable[[int], str]]] = {
    "address": lambda number: f"not-an-address-{number}",
    "person": lambda number: f"Person {number}",
    "phone": lambda number: f"555-{number:04d}",
    "code": lambda number: f"{number:05d}",
    "street": lambda number: f"{number} Example Street",
    "text": lambda number: f"Text {number}",
    **{
        kind: lambda number, kind=kind: f"{kind}{number}"  # type: ignore[misc]
        for kind in ("First", "Last", "City", "State")
    },
}


def replace_personal_data(payload: Any) -> Any:
    """The payload with stand-ins; its shape, and what is nothing, stay."""
    return _StandIns(payload).value(payload, "", "")


class _StandIns:
    """Those of one payload, numbered as they are met."""

    def __init__(self, payload: Any) -> None:
        self._numbers: dict[str, dict[str, int]] = {}
        self._whole_names: dict[str, str] = {}
        for first, last in _full_names(payload):
            whole = f"{self._stand_in('First', first)} {self._stand_in('Last', last)}"
            self._whole_names[_comparable(f"{first} {last}")] = whole

    def value(self, value: Any, key: str, parent: str) -> Any:
        """`key` and `parent`: the letters of the keys that lead to it."""
        if isinstance(value, dict):
            return {
                self._addresses(name): self.value(inner, _letters(name), key)
                for name, inner in value.items()
            }
        if isinstance(value, list):
            return [self.value(inner, key, parent) for inner in value]
        if value is None or isinstance(value, bool) or self._is_unchanged(key, parent):
            return self._addresses(value) if isinstance(value, str) else value
        if isinstance(value, str):
            return self._text(value, key)
        kind = _kind_of(key)
        if kind == "text" and abs(value) < _SMALL:
            return value
        return int(re.sub(r"\D", "", self._stand_in(kind, str(value))) or 0)

    def _is_unchanged(self, key: str, parent: str) -> bool:
        named_thing = key == "name" and parent in _THINGS
        return key in _UNCHANGED or key in _PLAIN_LISTS or named_thing

    def _text(self, value: str, key: str) -> str:
        kind = _kind_of(key)
        if not value.strip() or (kind == "text" and _SMALL_NUMBER.fullmatch(value)):
            return value
        if may_hold_address(value) and (kind == "address" or is_address(value)):
            return self._addresses(value)
        if kind == "person" and (whole := self._whole_names.get(_comparable(value))):
            return whole
        return self._stand_in(kind, value)

    def _addresses(self, text: str) -> str:
        """Each e-mail address in it replaced."""
        written, end = "", 0
        for found in find_addresses(text):
            number = self._number("e-mail", found[0])
            written += f"{text[end : found.start()]}person{number}@example.com"
            end = found.end()
        return written + text[end:]

    def _stand_in(self, kind: str, value: str) -> str:
        return _WRITTEN[kind](self._number(kind, value))

    def _number(self, kind: str, value: str) -> int:
        """Of the values of a kind, which one it is."""
        known = self._numbers.setdefault(kind, {})
        return known.setdefault(_comparable(value), len(known) + 1)


def _kind_of(key: str) -> str:
    return next((kind for pattern, kind in _KINDS if pattern.search(key)), "text")


def _full_names(payload: Any) -> Iterator[tuple[str, str]]:
    """First and last name of everybody who has both, wherever they stand."""
    if isinstance(payload, dict):
        by_letters = {_letters(key): value for key, value in payload.items()}
        names = by_letters.get("firstname"), by_letters.get("lastname")
        if all(isinstance(name, str) and name.strip() for name in names):
            yield str(names[0]), str(names[1])
    inner = payload.values() if isinstance(payload, dict) else payload
    for value in inner if isinstance(payload, dict | list) else ():
        yield from _full_names(value)


def _letters(key: str) -> str:
    return re.sub(r"[^a-z0-9]", "", key.lower())


def _comparable(text: str) -> str:
    return " ".join(text.casefold().split())
