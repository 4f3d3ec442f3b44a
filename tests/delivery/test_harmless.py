"""A CRM's words in a log."""

from receiver.delivery.harmless import harmless

SENT = [
    {"key": "ada@example.edu", "fields": {"firstname": "Ada", "note": "Ada Lovelace", "amount": "12", "interests": ["maths", "engines"]}},
    {"key": "b", "fields": {}},
]


def test_what_was_sent_is_cut_out() -> None:
    """Keys and values, also where one is a part of another; the rest, which says what helps, stays."""
    words = "INVALID: 'Ada Lovelace' of ada@example.edu likes engines; see Settings \N{RIGHTWARDS ARROW} Properties, 12 are allowed"
    assert harmless(words, SENT) == "INVALID: '…' of … likes …; see Settings \N{RIGHTWARDS ARROW} Properties, 12 are allowed"


def test_words_without_anything_sent_stay_whole() -> None:
    """Most do."""
    assert harmless("HubSpot refuses the access token", SENT) == "HubSpot refuses the access token"
    assert harmless("HubSpot refuses the access token", []) == "HubSpot refuses the access token"
