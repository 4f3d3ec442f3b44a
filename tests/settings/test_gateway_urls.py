"""The addresses that a gateway is reached by."""

from __future__ import annotations

import pytest

from receiver.settings import Server
from receiver.settings.gateway_urls import inbound_url, menu_urls, server_url


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8080"),
        ("0.0.0.0", "http://127.0.0.1:8080"),  # noqa: S104 - told apart, not bound
        ("::", "http://[::1]:8080"),
        ("2001:db8::7", "http://[2001:db8::7]:8080"),
        ("gateway.internal", "http://gateway.internal:8080"),
    ],
)
def test_this_machine_reaches_whatever_is_bound(host: str, url: str) -> None:
    """Nobody can call an address that stands for all; IPv6 is in brackets."""
    assert server_url(Server(host=host, port=8080)) == url


def test_a_token_is_one_step_of_the_path() -> None:
    """Whatever it holds; an event stands behind it."""
    base = "https://hooks.springfield.edu"
    assert inbound_url(base, "a/b?c") == f"{base}/in/a%2Fb%3Fc"
    assert inbound_url(base, "abc", "order.placed") == f"{base}/in/abc/order.placed"


def test_each_entry_of_the_menu_has_its_event() -> None:
    """Twelve labels, and no event twice."""
    urls = menu_urls()
    assert len(urls) == 12
    assert len(set(urls.values())) == 12
