"""Amounts."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.aom.values import money


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        (220, "220"),
        (0, "0"),
        (-5, "-5"),
        (220.0, "220.0"),
        (110.1, "110.1"),
        (0.1 + 0.2, "0.3"),
        (-0.0, "0.0"),
        (1e-9, "0.0"),
        ("110.00", "110.00"),
        (" 110 ", "110"),
        ("-5.50", "-5.50"),
        ("+5.50", "5.50"),
        ("\u22125.50", "-5.50"),
        ("1,234.50", "1234.50"),
        ("1,234", "1234"),
        ("12,34,567.00", "1234567.00"),
        ("1.234,50", "1234.50"),
        ("1 234,50", "1234.50"),
        ("1\u00a0234,50", "1234.50"),
        ("1'234.50", "1234.50"),
        ("110,00", "110.00"),
        ("$110.00", "110.00"),
        ("-$ 110.00", "-110.00"),
        ("US$110.00", "110.00"),
        ("110,00 €", "110.00"),
        ("₹12,34,567", "1234567"),
        ("USD 110", "110"),
        ("110 EUR", "110"),
        ("0,500", "0.500"),
        ("0,5", "0.5"),
        ("-0,125 €", "-0.125"),
        ("\u200b220.00\u00a0", "220.00"),
    ],
)
def test_an_amount_is_exact(value: object, amount: str) -> None:
    """Numbers, and texts as people write amounts; the digits stay as they are."""
    assert str(money.read_amount(value)) == amount


@pytest.mark.parametrize(
    "value",
    [
        "", "free", "about 5", "5 pieces", "5.", ".5", "1,23,4", "0 500", "00,500", "0,500.00",
        "0.500,00", "000.500,00",
        "1,2345", "1 2", "(5.00)", "5-", "--5", "1e5", "NaN", "Infinity",
        "0x10", "1_000", "\u0663", "5\u0663", "1" * 16, "1." + "1" * 11, "1,111" * 1000, 10**15,
        1e15, -1e300, 10**400, True, False,
        None, [], {},
    ],
)  # fmt: skip
def test_what_is_no_amount_is_refused(value: object) -> None:
    """Nothing is guessed, and nothing is beyond what a CRM could hold."""
    with pytest.raises(ValueError, match="must be an amount"):
        money.read_amount(value)


@given(
    st.text(alphabet="0123456789.,'- $€\u00a0EURx", max_size=15)
    | st.text()
    | st.floats()
    | st.integers()
)
def test_any_value_is_a_plain_amount_or_refused(value: object) -> None:
    """What is read is finite, small enough, and without an exponent when written out."""
    try:
        amount = money.read_amount(value)
    except ValueError:
        return
    assert abs(amount) < 10**15
    assert "E" not in str(amount)


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2))
def test_separators_make_no_difference(amount: Decimal) -> None:
    """English thousands, with and without."""
    assert money.read_amount(f"{amount:,}") == money.read_amount(str(amount)) == amount


@given(st.integers(min_value=-(10**11), max_value=10**11))
def test_floats_are_read_without_their_noise(cents: int) -> None:
    """Whatever floating point makes of an amount in cents, the amount comes back."""
    assert money.read_amount(cents / 100) == Decimal(cents) / 100
