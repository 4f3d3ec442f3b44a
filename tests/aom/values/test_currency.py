"""Names of currencies."""

import pytest
from babel.core import get_global
from babel.numbers import get_currency_name, get_territory_currencies

from receiver.aom.values import currency


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("United States (US) dollar", "USD"),
        ("US Dollars", "USD"),
        ("Pound sterling", "GBP"),
        ("Pounds Sterling", "GBP"),
        ("Euro", "EUR"),
        ("Euros", "EUR"),
        ("Australian dollar", "AUD"),
        ("Australian Dollars", "AUD"),
        ("Canadian dollar", "CAD"),
        ("Indian rupee", "INR"),
        ("South African rand", "ZAR"),
        ("United Arab Emirates dirham", "AED"),
        ("Nigerian naira", "NGN"),
        ("Polish z\u0142oty", "PLN"),
        ("Polish z&#x142;oty", "PLN"),
        ("Costa Rican col&oacute;n", "CRC"),
        ("Icelandic kr\u00f3na", "ISK"),
        ("Vietnamese \u0111\u1ed3ng", "VND"),
        ("Mongolian t\u00f6gr\u00f6g", "MNT"),
        ("Trinidad and Tobago dollar", "TTD"),
        ("Bosnia and Herzegovina convertible mark", "BAM"),
        ("Burmese kyat", "MMK"),
        ("Sol", "PEN"),
        ("West African CFA franc", "XOF"),
        ("USD", "USD"),
        (" eur ", "EUR"),
        ("DEM", "DEM"),
        ("Bol\u00edvar soberano", "VES"),
        ("Bol&iacute;var soberano", "VES"),
        ("Pound sterling (\u00a3) \u2014 GBP", "GBP"),
        ("Pound sterling (&pound;) &mdash; GBP", "GBP"),
        ("Euro (\u20ac)", "EUR"),
        ("$ USD", "USD"),
        ("US dollar (US$) \u2014 USD", "USD"),
        ("Swiss franc (CHF)", "CHF"),
    ],
)
def test_names_and_codes_become_codes(name: str, code: str) -> None:
    """WooCommerce's names, the CLDR's, plural forms, HTML entities, and codes themselves."""
    assert currency.read_currency(name) == code


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Bitcoin",
        "BTC",
        "Manx pound",
        "XXX",
        "XTS",
        "ZZZ",
        "$",
        "dollars and cents",
        "x" * 10_000,
        "USD EUR",
        "Peso (USD)",
        "Pound sterling EUR",
        840,
        None,
        [],
    ],
)
def test_what_has_no_code_is_refused(value: object) -> None:
    """A currency without an ISO code, or none at all."""
    with pytest.raises(ValueError, match="ISO 4217"):
        currency.read_currency(value)


@pytest.mark.parametrize(
    "code",
    sorted(
        {
            code
            for zone in ("US", "DE", "GB", "IN", "JP", "BR", "KE", "MX")
            for code in get_territory_currencies(zone)
        }
    ),
)
def test_the_cldr_name_of_a_currency_becomes_its_code(code: str) -> None:
    """Babel's English name leads back to the code."""
    assert currency.read_currency(get_currency_name(code, locale="en")) == code


def test_no_name_is_lost_to_a_currency_of_the_past() -> None:
    """Every currency in use anywhere is found by its English name."""
    in_use = {
        code
        for zone in get_global("territory_currencies")
        for code in get_territory_currencies(zone)
    }
    assert [
        code
        for code in in_use
        if currency.read_currency(get_currency_name(code, locale="en")) != code
    ] == []
