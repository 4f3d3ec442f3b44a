"""E-mail addresses."""

import pytest
from email_validator import SPECIAL_USE_DOMAIN_NAMES, validate_email
from hypothesis import assume, given
from hypothesis import strategies as st

from receiver.aom.values import email_address


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("johnDoe@academyofmine.com", "johndoe@academyofmine.com"),
        (" Ada@Example.EDU\n", "ada@example.edu"),
        ("a@school.local", "a@school.local"),
        ("x@example.test", "x@example.test"),
        ("root@localhost", "root@localhost"),
        ("o'brien+aom@sub.example.ac.uk", "o'brien+aom@sub.example.ac.uk"),
        ("J\u00f6rg@B\u00fccher.example", "j\u00f6rg@b\u00fccher.example"),
        ("J\u00f6rg@School.local", "j\u00f6rg@school.local"),
        ("jo\u0308rg@xn--bcher-kva.example", "j\u00f6rg@b\u00fccher.example"),
    ],
)
def test_an_address_becomes_a_key(text: str, key: str) -> None:
    """Trimmed, lower-cased, composed; also of networks that the Internet does not know."""
    assert email_address.read_address(text) == key


@pytest.mark.parametrize(
    "value",
    [
        "", " ", "ada", "@example.edu", "ada@", "ada@@example.edu", "ada@example..edu",
        ".ada@example.edu", "ada.@example.edu",
        "a da@example.edu", "ada@exam ple.edu", "ada@-example.edu", "Ada <ada@example.edu>",
        "ada@example.edu, bob@example.edu",
        "ada@[127.0.0.1]", '"a b"@example.edu', "ada@" + "x" * 64 + ".edu",
        "a@" + "x." * 130 + "edu",
        "x" * 100_000, 7, None, True, [], {},
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_with_an_example(value: object) -> None:
    """The message says what an address looks like."""
    with pytest.raises(ValueError, match=r"must be an e-mail address like ada@example\.edu"):
        email_address.read_address(value)


@given(
    st.emails()
    | st.from_regex(
        r"[a-zA-Z0-9._%+'-]{1,20}@[a-zA-Z0-9-]{1,10}(\.[a-zA-Z0-9-]{1,10}){0,3}", fullmatch=True
    )
)
def test_the_fast_way_agrees_with_email_validator(text: str) -> None:
    """What is taken without asking email-validator is what it would have taken, private networks
    aside.
    """
    assume(text.rpartition(".")[2].lower() not in SPECIAL_USE_DOMAIN_NAMES)
    if email_address._plain(text):  # noqa: SLF001 - the shortcut itself is what must not differ
        assert (
            email_address.read_address(text)
            == validate_email(
                text, check_deliverability=False, globally_deliverable=False
            ).normalized.lower()
        )


@given(st.emails() | st.text())
def test_a_key_is_its_own_key(text: str) -> None:
    """Reading a key again changes nothing, so a person has one key."""
    try:
        key = email_address.read_address(text)
    except ValueError:
        return
    assert email_address.read_address(key) == key
    assert len(key) <= 254
