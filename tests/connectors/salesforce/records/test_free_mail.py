"""Domains of free mail."""

from __future__ import annotations

import pytest

from connectors.salesforce.records.free_mail import is_free_mail


@pytest.mark.parametrize(
    ("domain", "free"),
    [
        ("gmail.com", True),
        ("yahoo.co.uk", True),
        ("hotmail.fr", True),
        ("web.de", True),
        ("bigpond.net.au", True),
        ("example.edu", False),
        ("gmail.example.com", False),
        ("mygmail.com", False),
        ("web.com", False),
        ("gmail", False),
        ("", False),
    ],
)
def test_free_mail_is_told_from_an_organisations(domain: str, free: bool) -> None:
    """A service is known in any country; a domain that only looks alike is an organisation's."""
    assert is_free_mail(domain) is free
