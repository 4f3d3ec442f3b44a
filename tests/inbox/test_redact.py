"""Taking an address out of a payload that concerns others too."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.inbox.redact import names_others, without
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
    assert ANN.encode() not in without(b"{" + before + ANN.upper().encode() + after, ANN).lower()


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
