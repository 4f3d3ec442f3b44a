"""Taking an address out of a payload that concerns others too."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.inbox.redact import names, names_others, scrubbed, without
from tests.inbox.store import ANN, BEN

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from([ANN, ANN.upper(), f"to {ANN}, {BEN}", BEN]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5) | st.just(ANN), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_the_address_is_gone(value: object) -> None:
    """Wherever it stood in the JSON, in whatever case; and the rest is JSON still."""
    left = without(json.dumps(value).encode(), ANN)
    json.loads(left)
    assert ANN.encode() not in left.lower()


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_what_is_no_json_is_searched_as_text(before: bytes, after: bytes) -> None:
    """The bytes around the address stay."""
    assert ANN.encode() not in without(b"{" + before + b" " + ANN.upper().encode() + b'"' + after, ANN).lower()


def test_the_others_keep_theirs() -> None:
    """A learner's entry leaves the list; the other entries and the rest of the payload stay."""
    body = {
        "userList": [{"id": 1, "name": "Ann", "email": " Ann@Example.edu "}, {"id": 2, "name": "Ben", "email": BEN}],
        "receivers": [ANN, BEN],
        "courses": [{"id": 7, "name": "Algebra"}],
        "note": f"Asked for by ANN@example.edu and {BEN}",
    }
    assert json.loads(without(json.dumps(body).encode(), ANN)) == {
        "userList": [{"id": 2, "name": "Ben", "email": BEN}],
        "receivers": [BEN],
        "courses": [{"id": 7, "name": "Algebra"}],
        "note": f"Asked for by [erased] and {BEN}",
    }


@pytest.mark.parametrize("body", [b'{"e": "a\\ud800' + ANN.encode() + b'"}', b"[" * 100_000 + ANN.encode(), b"\xff" + ANN.encode()])
def test_hostile_payloads(body: bytes) -> None:
    """Lone surrogates, deep nesting and what is no UTF-8 are no obstacle."""
    assert ANN.encode() not in without(body, ANN)


@pytest.mark.parametrize(
    ("body", "others"),
    [
        (b'{"email": "Ann@example.edu", "again": "ann@example.edu"}', False),
        (b'{"email": "ann@example.edu", "by": "ben@example.edu"}', True),
        (b"no address", False),
    ],
)
def test_naming_others(body: bytes, others: bool) -> None:
    """Tells whether a payload holds any other address, so that it must not go as a whole."""
    assert names_others(body, ANN) is others


@pytest.mark.parametrize(
    "text",
    [
        "jobo@example.edu",
        "jo.bo@example.edu",
        "jo+bo@example.edu",
        "jo-bo@example.edu",
        "o'bo@example.edu",
        "bo@example.edu.au",
        "bo@example.education",
        "bo@example.edu-cation.org",
    ],
)
def test_longer_addresses_are_others(text: str) -> None:
    """An address that stands within another one is not that person's."""
    assert scrubbed(text, "bo@example.edu") == text
    body = json.dumps({"email": text}).encode()
    assert not names(body, "bo@example.edu")
    assert json.loads(without(body, "bo@example.edu")) == {"email": text}


@pytest.mark.parametrize(
    "text",
    [
        "bo@example.edu",
        "mailto:Bo@Example.edu.",
        "'bo@example.edu'",
        "<bo@example.edu>, and",
        "email=bo@example.edu&x",
        "/people/bo%40example.edu/x",
        r"a line\nbo@example.edu\r",
        r"bo\u0040example.edu",
        '"bo@example.edu"',
    ],
)
def test_every_way_to_write_an_address(text: str) -> None:
    """In sentences, in URLs, in JSON within JSON."""
    assert "[erased]" in scrubbed(text, "bo@example.edu")
    assert names(text.encode(), "bo@example.edu")
    assert "bo@example.edu" not in without(b"not JSON: " + text.encode(), "bo@example.edu").decode().lower()


def test_addresses_that_urls_and_json_write_otherwise() -> None:
    """Characters that are escaped there are found, too."""
    for address in ("bo+tag@example.edu", "a/b@example.edu", "jürgen@exämple.edu"):
        for text in (address.upper(), quote(address, safe=""), json.dumps(address), json.dumps(address).replace("/", "\\/")):
            assert scrubbed(text, address) != text, text
