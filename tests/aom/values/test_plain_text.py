"""Texts as they were meant."""

from __future__ import annotations

import sys
from time import thread_time

import pytest

from receiver.aom.values.plain_text import BLANKS, INVISIBLE, evenly_spaced, strip_invisible


def test_every_blank_of_unicode_is_known() -> None:
    """And none beside them."""
    assert set(BLANKS) == {chr(code) for code in range(sys.maxunicode + 1) if chr(code).isspace()}


@pytest.mark.parametrize("around", [*BLANKS, *INVISIBLE, " \u200b\u00a0\n", ""])
def test_what_nobody_sees_is_taken_from_the_ends(around: str) -> None:
    """And from there alone."""
    assert strip_invisible(f"{around}a{around}\u00e9{around}") == f"a{around}\u00e9"


@pytest.mark.parametrize("read", [strip_invisible, evenly_spaced])
@pytest.mark.parametrize("blank", [" ", "\u200b", "\n", "\u00a0"])
def test_a_long_run_of_blanks_within_a_text_costs_nothing(read: object, blank: str) -> None:
    """A pattern that looks for blanks before the end would take half a minute for these, and hours
    for a MiB.
    """
    text = "\u00e9" + blank * 60_000 + "b"
    started = thread_time()
    assert callable(read)
    assert read(text)[0] + read(text)[-1] == "\u00e9b"
    assert thread_time() - started < 1
