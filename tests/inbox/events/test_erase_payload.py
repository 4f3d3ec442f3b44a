"""Taking an address out of a payload that concerns others too."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.inbox.events.erase_payload import payload_names, without_address, without_person
from receiver.text.known_address import scrub_address
from tests.inbox.store import ANN, BEN

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from([ANN, ANN.upper(), f"to {ANN}, {BEN}", BEN]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=5) | st.just(ANN), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(JSON)
def test_the_address_is_gone(value: object) -> None:
    """Wherever it stood in the JSON, in whatever case; and the rest is JSON still."""
    left = without_address(json.dumps(value).encode(), ANN)
    json.loads(left)
    assert ANN.encode() not in left.lower()


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_what_is_no_json_is_searched_as_text(before: bytes, after: bytes) -> None:
    """The bytes around the address stay."""
    assert (
        ANN.encode()
        not in without_address(
            b"{" + before + b" " + ANN.upper().encode() + b'"' + after, ANN
        ).lower()
    )


def test_the_others_keep_theirs() -> None:
    """A learner's entry leaves the list; the other entries and the rest of the payload stay."""
    body = {
        "userList": [
            {"id": 1, "name": "Ann", "email": " Ann@Example.edu "},
            {"id": 2, "name": "Ben", "email": BEN},
        ],
        "receivers": [ANN, BEN],
        "courses": [{"id": 7, "name": "Algebra"}],
        "note": f"Asked for by ANN@example.edu and {BEN}",
    }
    assert json.loads(without_address(json.dumps(body).encode(), ANN)) == {
        "userList": [{"id": 2, "name": "Ben", "email": BEN}],
        "receivers": [BEN],
        "courses": [{"id": 7, "name": "Algebra"}],
        "note": f"Asked for by [erased] and {BEN}",
    }


def test_who_stands_beside_the_address_goes_with_it() -> None:
    """The bill of another one's order: names, telephone and street, by what their keys begin with;
    the buyer's own and the place stay.
    """
    body = {
        "id": 19,
        "email": BEN,
        "first_name": "Ben",
        "billing_email": ANN,
        "billing_first_name": "Ann",
        "user_email": ANN,
        "user_name": "ann",
        "user_id": 7,
        "customer": {
            "email": BEN,
            "last_name": "Adams",
            "billing_address": {
                "full_name": "Ann Bell",
                "email": ANN.upper(),
                "phone": 5550100,
                "address_line_1": "1 Hill Road",
                "zipcode": "10017",
                "city": "York",
                "country": "GB",
            },
        },
    }
    assert json.loads(without_address(json.dumps(body).encode(), ANN)) == {
        "id": 19,
        "email": BEN,
        "first_name": "Ben",
        "billing_email": "[erased]",
        "billing_first_name": "[erased]",
        "user_email": "[erased]",
        "user_name": "[erased]",
        "user_id": 7,
        "customer": {
            "email": BEN,
            "last_name": "Adams",
            "billing_address": {
                "full_name": "[erased]",
                "email": "[erased]",
                "phone": "[erased]",
                "address_line_1": "[erased]",
                "zipcode": "[erased]",
                "city": "York",
                "country": "GB",
            },
        },
    }


@pytest.mark.parametrize(
    "body",
    [
        b'{"e": "a\\ud800' + ANN.encode() + b'"}',
        b"[" * 100_000 + ANN.encode(),
        b"\xff" + ANN.encode(),
    ],
)
def test_hostile_payloads(body: bytes) -> None:
    """Lone surrogates, deep nesting and what is no UTF-8 are no obstacle."""
    assert ANN.encode() not in without_address(body, ANN)


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
    assert scrub_address(text, "bo@example.edu") == text
    body = json.dumps({"email": text}).encode()
    assert not payload_names(body, "bo@example.edu")
    assert json.loads(without_address(body, "bo@example.edu")) == {"email": text}


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
    assert "[erased]" in scrub_address(text, "bo@example.edu")
    assert payload_names(text.encode(), "bo@example.edu")
    assert (
        "bo@example.edu"
        not in without_address(b"not JSON: " + text.encode(), "bo@example.edu").decode().lower()
    )


def test_addresses_that_urls_and_json_write_otherwise() -> None:
    """Characters that are escaped there are found, too."""
    for address in ("bo+tag@example.edu", "a/b@example.edu", "jürgen@exämple.edu"):
        for text in (
            address.upper(),
            quote(address, safe=""),
            json.dumps(address),
            json.dumps(address).replace("/", "\\/"),
        ):
            assert scrub_address(text, address) != text, text


@pytest.mark.parametrize(
    ("value", "left"),
    [
        (
            {"userList": [{"email": ANN, "name": "Ann"}, {"email": BEN}], "course": 7},
            {"userList": [{"email": BEN}], "course": 7},
        ),
        ({"learner_email": BEN, "teacher": {"email": ANN, "name": "Ann"}}, {"learner_email": BEN}),
        ({"learner_email": BEN, "teacher_email": ANN, "teacher": "Ann"}, None),
        (
            {"email": BEN, "notes": f"a gift for {ANN}"},
            {"email": BEN, "notes": "a gift for [erased]"},
        ),
        (
            {"email": BEN, "notes": [f"a gift for {ANN}", f"Ann <{ANN}>"]},
            {"email": BEN, "notes": ["a gift for [erased]"]},
        ),
        ({"text": f"Ann here, {ANN}", "logo": "logo@2x.png"}, None),
        ({ANN: {"name": "Ann"}, BEN: {"name": "Ben"}}, {BEN: {"name": "Ben"}}),
        ({"receivers": [ANN.upper(), BEN]}, {"receivers": [BEN]}),
        ([{"email": ANN}], None),
        ({"customer": {"email": ANN, "last_name": "Smith"}, "notes": "ring Smith"}, None),
        (f"Ann <{ANN}>", None),
    ],
)
def test_the_object_that_has_the_address_goes_whole(value: object, left: object) -> None:
    """From a payload of nobody knows whom; and all of it where nobody else is in what would be
    left.
    """
    found = without_person(json.dumps(value).encode(), ANN)
    assert (None if found is None else json.loads(found)) == left


@given(JSON)
def test_no_address_is_left_of_a_person(value: object) -> None:
    """Whatever the payload, with another person in it."""
    left = without_person(json.dumps([value, {"email": BEN}]).encode(), ANN)
    assert left is not None
    assert ANN.encode() not in left.lower()
    assert BEN.encode() in left


HARA = (
    "o&#39;hara@example.edu",
    "O&#039;Hara@example.edu",
    "o&apos;hara&#64;example.edu",
    "&#111;'hara@example&period;edu",
)
BOTH = (
    "a&amp;b@example.edu",
    "A&#38;B@example.edu",
    "a&b@example.edu",
    "a&amp;b&commat;example.edu",
)


@pytest.mark.parametrize(
    ("written", "address"),
    [*((one, "o'hara@example.edu") for one in HARA), *((one, "a&b@example.edu") for one in BOTH)],
)
@pytest.mark.parametrize(
    "wrap",
    [str, lambda text: [text], lambda text: f" \u200b{text}\n", lambda text: f"Name <{text}>"],
)
def test_an_address_with_escapes_of_html_is_the_same_address(
    written: str, address: str, wrap: Callable[[str], object]
) -> None:
    """The person's entry goes with all that it says, from a payload of others and from one of
    nobody knows whom.
    """
    body = {
        "userList": [{"email": wrap(written), "first_name": "Sean"}, {"email": BEN}],
        "note": f"for {written}!",
    }
    stored = json.dumps(body).encode()
    assert payload_names(stored, address)
    left = {"userList": [{"email": BEN}], "note": "for [erased]!"}
    assert json.loads(without_address(stored, address)) == left
    assert json.loads(
        without_person(json.dumps(body | {"note": 1, "email": BEN}).encode(), address) or b""
    ) == left | {
        "note": 1,
        "email": BEN,
    }


def test_another_ones_address_with_escapes_stays() -> None:
    """It only ends like it; and escapes in texts that do not name the person are left as they
    came.
    """
    body = {
        "userList": [{"email": "mo&#39;hara@example.edu"}, {"email": "hara@example.edu"}],
        "note": "R&amp;D &lt;b&gt;",
    }
    assert json.loads(without_address(json.dumps(body).encode(), "o'hara@example.edu")) == body
    assert not payload_names(json.dumps(body).encode(), "o'hara@example.edu")
