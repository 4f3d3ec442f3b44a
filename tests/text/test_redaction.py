"""What a log line may not hold."""

from __future__ import annotations

import hashlib

from receiver.text.redaction import Redaction, pseudonym

SECRET = "s3cr3t-token-of-a-school"


KEY = b"k" * 32


def named(*, key: bytes = KEY) -> Redaction:
    redaction = Redaction()
    redaction.key = key
    return redaction


def test_secrets_are_cut_out_wherever_they_stand() -> None:
    """In the middle of a text, and also the longer of two that share a beginning."""
    redaction = Redaction([SECRET, f"{SECRET}-and-more"])
    assert redaction.redact(f"with {SECRET}") == "with ***"
    assert redaction.redact(f"https://x/{SECRET}-and-more/y") == "https://x/***/y"


def test_a_token_in_an_address_is_cut_out_though_unknown() -> None:
    """A wrong token may be a right one with a slip of the finger."""
    assert (
        Redaction().redact("GET /in/almost-right/order.placed?x=1")
        == "GET /in/***/order.placed?x=1"
    )


def test_addresses_are_named_by_the_key_unless_configured_otherwise() -> None:
    """The same person is recognised across lines, whatever the case and way of writing, and is not
    read.
    """
    name = pseudonym("ada.lovelace@example.edu", KEY)
    assert (
        named().redact("refused: Ada.Lovelace@Example.edu is no address")
        == f"refused: {name} is no address"
    )
    assert (
        named().redact("GET /people/ada.lovelace%40example.edu, gone.")
        == f"GET /people/{name}, gone."
    )
    assert named().redact("It was ada.lovelace@example.edu.") == f"It was {name}."
    text = "refused: Ada.Lovelace@Example.edu is no address"
    assert Redaction(plain_emails=True).redact(text) == text


def test_nobody_tests_a_list_of_addresses_against_a_log() -> None:
    """Another installation gives another name, and what needs no key (a plain hash) is in none."""
    email = "ada@example.edu"
    assert named().redact(email) != named(key=b"other" * 8).redact(email)
    plain = hashlib.sha256(email.encode()).hexdigest()
    assert plain[:12] not in named().redact(email)


def test_without_a_key_there_is_no_name() -> None:
    """Before the store is open nobody knows the key: the address is gone all the same."""
    assert Redaction().redact("no route to ada@example.edu") == "no route to [address]"


def test_addresses_in_json_and_brackets_are_found() -> None:
    """A CRM quotes addresses in many ways."""
    for text in (
        '{"email":"ada@example.edu"}',
        "<ada@example.edu>",
        "(ada@example.edu)",
        "email=ada@example.edu,",
        "ada@xn--bcher-kva.example",
        "o'ada@example.edu",
        "ada.o'neil@example.edu",
        "'ada@example.edu'",
    ):
        assert "ada" not in Redaction().redact(text)
