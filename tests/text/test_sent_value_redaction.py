"""A CRM's words in a log."""

import pytest

from receiver.text.sent_value_redaction import cut_values

SENT = [
    {
        "key": "ada@example.edu",
        "fields": {
            "firstname": "Ada",
            "note": "Ada Lovelace",
            "amount": "12",
            "interests": ["maths", "engines"],
        },
    },
    {"key": "b", "fields": {}},
]


def test_what_was_sent_is_cut_out() -> None:
    """Keys and values, also where one is a part of another; the rest, which says what helps,
    stays.
    """
    words = (
        "INVALID: 'Ada Lovelace' of ada@example.edu likes engines; see Settings "
        "\N{RIGHTWARDS ARROW} Properties, 12 are allowed"
    )
    assert (
        cut_values(words, SENT)
        == "INVALID: '…' of … likes …; see Settings \N{RIGHTWARDS ARROW} Properties, 12 are allowed"
    )


def test_words_without_anything_sent_stay_whole() -> None:
    """Most do."""
    assert (
        cut_values("HubSpot refuses the access token", SENT) == "HubSpot refuses the access token"
    )
    assert cut_values("HubSpot refuses the access token", []) == "HubSpot refuses the access token"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("Ren\u00e9", r'{"lastname": "Ren\u00e9"}'),
        ("Ren\u00e9", "lastname=Ren%C3%A9"),
        ('O"Brien', r'invalid value "O\"Brien"'),
        ("line one\nline two", r"'line one\nline two' is too long"),
        ("ada+x@b.edu", "GET /contacts/ada%2Bx%40b.edu"),
        ("Ada@B.edu", "ADA@b.edu is taken"),
        ("ada@b.edu", "filter=email%3Dada%40b.edu"),
        ("Ada", "\u0130stanbul: ADA is taken"),
        ("Ada Lovelace", '{"message": "duplicates found:\\nAda Lovelace"}'),
        ("\u5c71\u7530ada", "\u5024\u5c71\u7530ada\u306f"),
        ("+49 151 2 ada", "telefon+49 151 2 ada"),
    ],
)
def test_what_was_sent_is_known_in_other_forms(value: str, words: str) -> None:
    """As JSON and URLs write it, and in another case."""
    told = cut_values(words, [{"key": "k", "fields": {"lastname": value}}])
    assert "\N{HORIZONTAL ELLIPSIS}" in told
    assert not any(part in told.casefold() for part in ("ren", "brien", "line one", "ada"))


def test_a_remedy_can_still_be_read() -> None:
    """Names of fields stay, also where somebody is called like a part of one."""
    words = (
        "Contact has no field AOM_Last_Activity__c (lastname): Setup \N{RIGHTWARDS ARROW} Object "
        "Manager"
    )
    sent = [
        {
            "key": "k",
            "fields": {
                "lastname": "Object",
                "firstname": "Activity",
                "source": "AOM",
                "note": "lastname",
            },
        }
    ]
    told = (
        "Contact has no field AOM_Last_Activity__c (lastname): Setup \N{RIGHTWARDS ARROW} "
        "\N{HORIZONTAL ELLIPSIS} Manager"
    )
    assert cut_values(words, sent) == told
