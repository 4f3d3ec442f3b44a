"""Amounts of money: AOM writes 220 in one place and "110.00" in another."""

import re
from decimal import Decimal
from unicodedata import category

from receiver.aom.values.plain_text import strip_invisible

EXPECTED = 'must be an amount like 220 or "110.00"'

LIMIT = 10**15
_LETTERS = 3  # beside a currency sign: US$, CA$
_LONGEST = 40  # characters
_GAP = "[ \u00a0\u202f']"  # what else separates thousands

PLAIN = r"-?[0-9]{1,15}(?:\.[0-9]{1,10})?"  # nearly all

_plain = re.compile(PLAIN).fullmatch
_parts = re.compile(r"([^0-9.,]*)([0-9](?:.*[0-9])?)([^0-9.,]*)").fullmatch
# India's pairs too
_english = re.compile(
    rf"[1-9][0-9]{{0,2}}(?:(?:,|{_GAP})[0-9]{{2,3}})*(?:,|{_GAP})[0-9]{{3}}(?:\.[0-9]+)?"
).fullmatch
_below_one = re.compile(r"0,[0-9]{1,10}").fullmatch
_continental = re.compile(
    rf"(?:[0-9]+|[1-9][0-9]{{0,2}}(?:(?:\.|{_GAP})[0-9]{{3}})+),[0-9]{{1,2}}"
).fullmatch
_sign = re.compile("[+\u2212-]").search


def read_amount(value: object) -> Decimal:
    """Exact for integers and texts; floats are rounded to 4 places, which takes away the noise of
    binary fractions.

    At most 15 digits before the point and 10 behind it. Texts may carry a sign, a currency's symbol
    or code, and separators that leave no doubt: "1,234.50", "12,34,567", "1.234,50", "110,00",
    "$5", "-US$ 5", "5 EUR". A comma before three digits separates thousands, as AOM is English, but
    after a single 0, where there are none. Raises ValueError for anything else.
    """
    if isinstance(value, str):
        return Decimal(value if _plain(value) else _undressed(strip_invisible(value)))
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < LIMIT:
        return Decimal(value)
    if isinstance(value, float) and abs(value) < LIMIT:
        return Decimal(repr(round(value, 4))) + 0
    raise ValueError(EXPECTED)


def is_plain(value: object) -> bool:
    """Whether it is an amount in the form that nearly all have."""
    if type(value) is str:
        return _plain(value) is not None
    return type(value) is int and -LIMIT < value < LIMIT


def _undressed(text: str) -> str:
    """Sign, digits and decimal point of an amount as people write it."""
    found = _parts(text) if len(text) <= _LONGEST else None
    if found is None:
        raise ValueError(EXPECTED)
    before, number, after = found.groups()
    sign = _sign(before)
    digits = _without_separators(number)
    if not (
        _is_currency(before.replace(sign.group(), "", 1) if sign else before)
        and _is_currency(after)
        and _plain(digits)
    ):
        raise ValueError(EXPECTED)
    return digits if sign is None or sign.group() == "+" else f"-{digits}"


def _without_separators(number: str) -> str:
    if _english(number):
        return re.sub("[^0-9.]", "", number)
    if _continental(number) or _below_one(number):
        return re.sub("[^0-9,]", "", number).replace(",", ".")
    return number


def _is_currency(text: str) -> bool:
    """Nothing, a symbol, a symbol with letters of its country before it (US$), or an ISO code."""
    text = text.strip()
    if text.isascii() and text.isalpha():
        return text.isupper() and len(text) == 3  # noqa: PLR2004 - ISO 4217
    if not text:
        return True
    letters = text[:-1]
    return (
        category(text[-1]) == "Sc"
        and len(letters) <= _LETTERS
        and (not letters or letters.isalpha())
    )
