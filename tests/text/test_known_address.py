"""How one address may be written."""

from receiver.text.known_address import address_forms


def test_an_apostrophe_as_php_may_escape_it_is_a_form_of_the_address() -> None:
    """`json_encode` with JSON_HEX_APOS writes it so; the store is searched by these forms."""
    assert {"o'hara@b.edu", "o\\u0027hara@b.edu", "o%27hara%40b.edu"} <= address_forms(
        "o'hara@b.edu"
    )
    assert {"o&#039;hara@b.edu", "o&#39;hara@b.edu", "o&#x27;hara@b.edu"} <= address_forms(
        "o'hara@b.edu"
    )
