"""Secrets in a CRM's words."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.text.secret_cutter import SecretCutter

TOKEN = "pat-na1-0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
cut = SecretCutter([TOKEN, "s3cr+t/with=signs&more", "short"]).cut


@pytest.mark.parametrize(
    ("words", "left"),
    [
        (f"the token {TOKEN} is expired", "the token *** is expired"),
        (f"the token {TOKEN.upper()} is expired", "the token *** is expired"),
        (f"the token {TOKEN[:20]}… is expired", "the token ***… is expired"),
        (f"it ends in {TOKEN[-14:]}", "it ends in ***"),
        ("body client_secret=s3cr%2Bt%2Fwith%3Dsigns%26more&x=1", "body client_secret=***&x=1"),
        ("a short one", "a *** one"),
        ("Authorization: Bearer 00Dxx0000!AQcAQH.made.meanwhile", "Authorization: Bearer ***"),
        (
            "HubSpot's tokens begin with pat-na1-: rotate it",
            "HubSpot's tokens begin with pat-na1-: rotate it",
        ),
        (f"{TOKEN}{TOKEN} twice, {TOKEN}", "*** twice, ***"),
    ],
)
def test_what_is_repeated_of_a_secret_is_cut(words: str, left: str) -> None:
    """Whole or in part, in another case or writing; the rest, which says what helps, stays."""
    assert cut(words) == left


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_secret_is_left_between_any_words(before: str, after: str) -> None:
    """Whatever stands around it."""
    assert TOKEN not in cut(f"{before}{TOKEN}{after}")


def test_a_megabyte_of_words_takes_a_moment() -> None:
    """A CRM's answer may be long."""
    started = time.process_time()
    assert TOKEN not in cut("pat-na1-0 " * 100_000 + TOKEN)
    assert time.process_time() - started < 5
