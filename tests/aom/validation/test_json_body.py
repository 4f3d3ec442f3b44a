"""What is no JSON object that can be kept."""

import json

import pytest

from receiver.aom.validation.errors import MOST, InvalidBody
from receiver.aom.validation.json_body import FEW_BYTES, parse_body
from tests.aom.bodies import changed, paths, reading, refusal, sampled


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"{", "is not JSON"),
        (b"{} {}", "is not JSON"),
        (b"hello", "is not JSON"),
        (b"a=1&b=2", "is not JSON"),
        (b"{'a': 1}", "is not JSON"),
        (b'{"a": NaN}', "is not JSON"),
        (b'{"a": Infinity}', "is not JSON"),
        (b'{"a": -Infinity}', "is not JSON"),
        (b'{"a": "\\ud800"}', "is not JSON"),
        (b'{"a": "\x00"}', "is not JSON"),
        (b"\x00", "is not JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "is not JSON"),
        (b"[" * 10_000, "is not JSON"),
        (b'{"a":' * 10_000, "is not JSON"),
        (b'{"a": "\xff"}', "is not UTF-8: byte 0xff at offset 7"),
        (b'{"a": "\xed\xa0\x80"}', "is not UTF-8: byte 0xed at offset 7"),
        ('{"a": 1}'.encode("utf-16"), "is not UTF-8: byte 0xff at offset 0"),
        (b"[]", "must be a JSON object, not a list"),
        (b'"text"', "must be a JSON object, not a text"),
        (b"12", "must be a JSON object, not a number"),
        (b"null", "must be a JSON object, not null"),
        (b"true", "must be a JSON object, not true or false"),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(body: bytes, words: str) -> None:
    """One fault, of the whole body, says in words what is wrong."""
    invalid = refusal(body)
    assert paths(invalid) == [""]
    assert invalid.faults[0].message.startswith(words)


def test_a_broken_body_on_a_named_url_is_counted_for_that_event() -> None:
    """The URL still tells what it was meant to be."""
    invalid = refusal(b"{", "quiz.submitted")
    assert (invalid.event, invalid.how) == ("quiz.submitted", "url")


def test_a_nul_character_is_refused_where_it_stands() -> None:
    """PostgreSQL cannot keep it in a text: keys and values, at any depth, are searched."""
    invalid = refusal(
        b'{"quiz": {"name": "a\\u0000b"}, "c\\u0000": 1, '
        b'"list": [["\\u0000"]], "fine": "\\\\u0000"}'
    )
    assert paths(invalid) == ["quiz.name", "c\\x00", "list[0][0]"]
    assert "NUL" in invalid.faults[0].message


def test_an_escaped_backslash_is_no_nul_character() -> None:
    """A backslash before "u0000" in the text makes six harmless characters."""
    assert (
        reading(changed("account.created", first_name="\\u0000")).people[0].first_name == "\\u0000"
    )


def test_a_number_beyond_floating_point_is_refused_where_it_stands() -> None:
    """JSON can say 1e999, but it would come back as Infinity, which is no JSON."""
    assert paths(refusal(b'{"quiz": 1, "a": [1, 1e999, {"b": -1e999}]}')) == ["a[1]", "a[2].b"]


def test_of_many_faults_the_first_hundred_are_told() -> None:
    """A page of faults helps nobody, and has to be stored."""
    invalid = refusal({"x": ["\0"] * 500})
    assert [fault.path for fault in invalid.faults] == [
        *(f"x[{index}]" for index in range(MOST)),
        "",
    ]
    assert invalid.faults[-1].message == "has 400 more faults"
    users = [{"email": index} for index in range(500)]
    assert (
        refusal(changed("course.enrolled", userList=users)).faults[-1].message
        == "has 400 more faults"
    )


def test_the_last_of_duplicate_keys_counts() -> None:
    """As in JavaScript and PHP."""
    assert (
        reading(b'{"email": "a@example.edu", "email": "b@example.edu", "date_registered": ""}')
        .people[0]
        .key
        == "b@example.edu"
    )


def test_a_byte_order_mark_is_overlooked() -> None:
    """Some senders put one before their UTF-8."""
    assert reading(b"\xef\xbb\xbf" + changed("quiz.submitted")).name == "quiz.submitted"


def test_a_big_number_is_kept() -> None:
    """A number of 400 digits is JSON, and stays what it is in the raw body."""
    assert reading(changed("quiz.submitted", extra=10**400)).raw["extra"] == 10**400


def test_the_canonical_form_is_equal_for_equal_objects() -> None:
    """The order of keys, white space, and escapes make no difference."""
    body = sampled("order.placed") | {"note": "ä"}
    turned = dict(reversed(body.items()))
    assert (
        parse_body(json.dumps(body, indent=3).encode()).canonical
        == parse_body(json.dumps(turned, ensure_ascii=False).encode()).canonical
    )


def test_depth_has_a_limit_that_is_told() -> None:
    """Deeper than 200 levels is nothing that AOM sends, and nothing that could be walked safely."""
    with pytest.raises(InvalidBody, match="recursion limit"):
        parse_body(b'{"a":' + b"[" * 250 + b"]" * 250 + b"}")


@pytest.mark.parametrize("least", ["[]", "{}", "[1]"])
def test_a_large_body_of_hardly_anything_but_lists_is_refused(least: str) -> None:
    """It would take fifty times its size of memory; a small one may be so, and text with brackets
    in it as well.
    """
    entries = FEW_BYTES // (len(least) + 1)
    assert parse_body(f'{{"more":[{",".join([least] * (entries - 10))}]}}'.encode())
    large = f'{{"more":[{",".join([least] * (entries + 10))}]}}'.encode()
    assert refusal(large).faults[0].message == "has more lists and objects than are read"
    assert parse_body(json.dumps({"more": ["[text]" + "a" * 20] * entries}).encode())
