"""What a log line may not hold."""

from __future__ import annotations

from receiver.telemetry.redaction import Redaction, hashed

SECRET = "s3cr3t-token-of-a-school"


def test_secrets_are_cut_out_wherever_they_stand() -> None:
    """In any value, in the middle of a text, and also the longer of two that share a beginning."""
    redaction = Redaction([SECRET, f"{SECRET}-and-more"])
    line = redaction(None, "info", {"event": f"with {SECRET}", "url": f"https://x/{SECRET}-and-more/y", "n": 5})
    assert line == {"event": "with ***", "url": "https://x/***/y", "n": 5}


def test_a_token_in_an_address_is_cut_out_though_unknown() -> None:
    """A wrong token may be a right one with a slip of the finger."""
    assert Redaction().text("GET /in/almost-right/order.placed?x=1") == "GET /in/***/order.placed?x=1"


def test_addresses_are_hashed_unless_configured_otherwise() -> None:
    """The same person is recognised across lines, whatever the case, and is not read."""
    text = "refused: Ada.Lovelace@Example.edu is no address"
    assert Redaction().text(text) == f"refused: {hashed('ada.lovelace@example.edu')} is no address"
    assert Redaction(plain_emails=True).text(text) == text


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
        assert "ada" not in Redaction().text(text)
