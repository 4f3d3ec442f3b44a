"""What a `[connectors.NAME]` table of the type may hold."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from connectors.salesforce.settings import SalesforceSettings

GOOD = {
    "type": "salesforce",
    "domain": "https://acme.my.salesforce.com",
    "client_id": "gateway",
    "client_secret": "right",
}


def test_the_least_that_is_needed() -> None:
    """Domain, client and secret; all else has a default."""
    settings = SalesforceSettings.model_validate(GOOD)
    assert (settings.domain, settings.api_version, settings.daily_share) == ("acme.my", "66.0", 0.9)
    assert "right" not in repr(settings)


@pytest.mark.parametrize(
    ("written", "version"),
    [("66.0", "66.0"), ("v66.0", "66.0"), ("66", "66.0"), (66, "66.0"), (66.0, "66.0")],
)
def test_the_version_may_be_written_as_people_do(written: Any, version: str) -> None:
    """simple-salesforce knows only the form 66.0."""
    assert SalesforceSettings.model_validate(GOOD | {"api_version": written}).api_version == version


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"domain": "login"}, "shared by all orgs"),
        ({"client_secret": None}, "give client_secret"),
        ({"username": "ada"}, "not both"),
        ({"username": "ada", "private_key_file": "key.pem"}, "not both"),
        ({"client_secret": None, "username": "ada"}, "username and private_key_file"),
        ({"api_version": "45.0"}, "46.0 is the oldest"),
        ({"timeout_seconds": 601}, "less than or equal to 600"),
        (
            {"api_version": "51.0"},
            'set api_version to 52.0 or later, or duplicate_alerts to "refuse"',
        ),
        ({"api_version": "newest"}, "pattern"),
        ({"several_matches": "any"}, "'oldest', 'newest' or 'dead_letter'"),
        ({"daily_share": 0}, "greater than 0"),
        ({"contact_key": "AOM Key"}, "pattern"),
        ({"base_url": "127.0.0.1:9020"}, "pattern"),
        ({"secret": "x"}, "Extra inputs"),
    ],
)
def test_a_wrong_setting_is_refused(change: dict[str, Any], words: str) -> None:
    """With words that say what would be right."""
    with pytest.raises(ValidationError, match=words):
        SalesforceSettings.model_validate(
            {name: value for name, value in (GOOD | change).items() if value is not None}
        )
