"""Whose token was given, and how a wrong one is answered."""

from __future__ import annotations

import base64
import json

import pytest
from pydantic import SecretStr

from receiver.http.authentication import (
    SourceTokens,
    from_header,
    unauthorised_response,
    unknown_address,
)
from receiver.settings import Source


def tokens() -> SourceTokens:
    return SourceTokens(
        {
            "north": Source(tokens=(SecretStr("north-old"), SecretStr("north-new"))),
            "south": Source(tokens=(SecretStr("south-only"),)),
        },
        str.upper,
    )


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ("north-old", ("north", "NORTH-OLD")),
        ("north-new", ("north", "NORTH-NEW")),
        ("south-only", ("south", "SOUTH-ONLY")),
        ("north", None),
        ("north-old ", None),
        ("NORTH-OLD", None),
        ("", None),
        ("\ud800", None),
    ],
)
def test_a_source_is_known_by_any_of_its_tokens(given: str, known: tuple[str, str] | None) -> None:
    """Each token of a source counts, to the letter; nothing else does, whatever it holds. With the
    source comes what the token is called.
    """
    assert tokens().find(given) == known


def test_without_sources_nothing_is_known() -> None:
    """Not even an empty token."""
    assert SourceTokens({}, str).find("") is None


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer abc", "abc"),
        ("bearer   abc ", "abc"),
        ("Basic " + base64.b64encode(b"whoever:a:b").decode(), "a:b"),
        ("Basic " + base64.b64encode(b"\xff:x").decode(), ""),
        ("Basic ???", ""),
        ("Digest abc", ""),
        ("abc", ""),
        ("", ""),
    ],
)
def test_a_token_is_found_in_a_header(header: str, token: str) -> None:
    """As Bearer, or as the password of Basic; what is neither holds none."""
    assert from_header(header) == token


def test_a_wrong_token_is_answered_without_a_hint() -> None:
    """404 where the token is part of the address, 401 with what is asked for in a header."""
    hidden, asked = unknown_address(), unauthorised_response()
    assert (hidden.status_code, asked.status_code) == (404, 401)
    assert "www-authenticate" not in hidden.headers
    assert asked.headers["www-authenticate"].startswith('Bearer realm="aom-gateway"')
    assert json.loads(bytes(hidden.body))["status"] == 404
