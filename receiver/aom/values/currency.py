"""From the currency's name as AOM shows it ("United States (US) dollar") to its code in ISO 4217.

The names are WooCommerce's, which follow the English names of the Unicode CLDR but for some; Babel
knows the CLDR's.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from unicodedata import combining, normalize

from babel import Locale
from babel.core import get_global
from babel.numbers import get_currency_name, list_currencies

from receiver.aom.values.plain_text import strip_invisible
from receiver.text.unescape import unescape_html

NO_CURRENCY = {"XXX", "XTS"}  # codes for "none" and "test"

ALIASES: Mapping[str, str] = {
    "Belarusian ruble (old)": "BYR",
    "Bermudian dollar": "BMD",
    "Bolívar soberano": "VES",
    "Bosnia and Herzegovina convertible mark": "BAM",
    "Botswana pula": "BWP",
    "Burmese kyat": "MMK",
    "Dollar": "USD",
    "Ghana cedi": "GHS",
    "Guyanese dollar": "GYD",
    "Kyrgyzstani som": "KGS",
    "Lao kip": "LAK",
    "Mongolian tögrög": "MNT",
    "Pound sterling": "GBP",
    "Pounds sterling": "GBP",
    "Saint Helena pound": "SHP",
    "Sol": "PEN",
    "São Tomé and Príncipe dobra": "STN",
    "Turkmenistan manat": "TMT",
    "United States dollar": "USD",
    "United States (US) dollar": "USD",
}
"""Where WooCommerce's names are not the CLDR's.

Currencies without an ISO code (Bitcoin, Manx pound …) are not here on purpose.
"""

_UNDECORATED = str.maketrans("łđıø", "ldio")  # letters that Unicode does not take apart

_capitals = re.compile(r"\b[A-Z]{3}\b").findall

_symbols = re.compile(r"\b[A-Za-z]{0,3}\$")

_LONGEST = 100  # characters


def read_currency(value: object) -> str:
    """The ISO 4217 code for a name or a code, whatever its case, accents and HTML entities.

    Raises ValueError if there is none.
    """
    found = _code(value) if isinstance(value, str) and len(value) <= _LONGEST else None
    if found is None:
        raise ValueError("must be the name of a currency or its code in ISO 4217")
    return found


def is_plain(value: object) -> bool:
    """Whether it is a name that stands for a currency as it is."""
    return type(value) is str and value in ALIASES


@lru_cache(maxsize=256)
def _code(text: str) -> str | None:
    upper = strip_invisible(text).upper()
    return (
        upper
        if upper in currency_codes()
        else _names().get(_folded(text)) or _code_beside_name(text)
    )


def _code_beside_name(text: str) -> str | None:
    """`Pound sterling (£) — GBP`: a code and, if anything, its own name beside it."""
    codes = {word for word in _capitals(unescape_html(text)) if word in currency_codes()}
    if len(codes) != 1:
        return None
    (code,) = codes
    rest = _folded(_symbols.sub(" ", unescape_html(text)).replace(code, " "))
    return code if not rest or _names().get(rest) == code else None


@cache
def currency_codes() -> frozenset[str]:
    """All codes of ISO 4217, also of currencies that are no longer in use."""
    return frozenset(list_currencies()) - NO_CURRENCY


@cache
def _names() -> Mapping[str, str]:
    """Folded name → code. Where currencies share a name, the one in use today has it."""
    names = {_folded(name): code for name, code in ALIASES.items()}
    in_use = frozenset(_in_use())
    for currency in sorted(
        currency_codes(), key=lambda currency: (currency not in in_use, currency)
    ):
        for count in (None, 1, 2):
            names.setdefault(_folded(get_currency_name(currency, count, Locale("en"))), currency)
    return names


def _in_use() -> Iterator[str]:
    for currencies in get_global("territory_currencies").values():
        for currency, _start, end, is_tender in currencies:
            if is_tender and end is None:
                yield currency


def _folded(name: str) -> str:
    letters = normalize("NFKD", unescape_html(name).casefold().replace("&", " and ")).translate(
        _UNDECORATED
    )
    return " ".join(
        re.findall(r"\w+", "".join(letter for letter in letters if not combining(letter)))
    )
