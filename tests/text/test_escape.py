"""What cannot be seen in a text, made visible."""

from __future__ import annotations

from receiver.text.escape import escape_hidden


def test_what_cannot_be_seen_is_escaped() -> None:
    """Control characters and changes of direction; letters, joiners and emoji stay as they are."""
    assert escape_hidden("a\x1b[31m\u202eb\n\t\u00ad") == "a\\u001b[31m\\u202eb\\n\\t\\u00ad"
    assert escape_hidden("a\nb\x00", lines=True) == "a\nb\\u0000"
    assert (
        escape_hidden("Zoë \u0645\u06cc\u200c\u062e \N{ROCKET}")
        == "Zoë \u0645\u06cc\u200c\u062e \N{ROCKET}"
    )
