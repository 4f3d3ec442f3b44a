"""Links from the console to records in a CRM."""

from __future__ import annotations

import pytest

from receiver.console.views.record_links import https_only, read_sent_record


@pytest.mark.parametrize(
    "url",
    [
        "https://app.hubspot.com/contacts/1/record/0-1/2",
        "https://acme.my.salesforce.com/003xx0000012345AAA",
        "https://crm.example.edu:8443",
    ],
)
def test_pages_of_a_crm(url: str) -> None:
    """They are linked to as the connector says."""
    assert https_only(url) == url


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "http://crm.example.edu/1",
        "javascript:alert(1)",
        "JavaScript:alert(1)//https://",
        "data:text/html,<script>",
        "//crm.example.edu/1",
        "/console/people/forget",
        "https://",
        "https://crm.example.edu/\u202e1",
        "https://crm.example.edu/1 2",
        "https://ada:secret@crm.example.edu/1",
    ],
)
def test_anything_else_is_no_link(url: str | None) -> None:
    """Whatever a connector may make of what a CRM or a configuration says."""
    assert https_only(url) is None


def test_what_was_sent_by_an_older_version() -> None:
    """A record that lacks something is shown with what it has."""
    shown = read_sent_record(
        {"object": "contact", "id": 7}, lambda *ref: "https://crm.example.edu/" + "/".join(ref)
    )
    assert (shown.object, shown.key, shown.result, shown.id, shown.fields) == (
        "contact",
        "",
        "",
        "7",
        {},
    )
    assert shown.url == "https://crm.example.edu/contact/7"
