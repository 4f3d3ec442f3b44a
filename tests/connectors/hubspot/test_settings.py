"""The connector's table in the configuration."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from connectors.hubspot import HubSpotSettings


def settings(**given: Any) -> HubSpotSettings:
    return HubSpotSettings(**{"type": "hubspot", "access_token": "pat-na1-test", **given})


def test_only_a_token_is_needed() -> None:
    """Everything else has a default that suits most accounts."""
    made = settings()
    assert (
        made.base_url,
        made.api_version,
        made.contact_key,
        made.pipeline,
        made.unknown_currency,
    ) == (
        "https://api.hubapi.com",
        "2026-09",
        "email",
        "default",
        "leave_out",
    )


def test_a_token_is_taken_without_the_line_end_of_its_file() -> None:
    """And never shows."""
    made = settings(access_token=" pat-na1-test\n")
    assert made.access_token.get_secret_value() == "pat-na1-test"
    assert "pat-na1" not in repr(made)


@pytest.mark.parametrize("token", ["", "  ", "two words", "pat-nä1", "a\nb"])
def test_what_is_no_token_is_told(token: str) -> None:
    """With where to find one."""
    with pytest.raises(ValidationError, match="Settings → Integrations → Service Keys"):
        settings(access_token=token)


@pytest.mark.parametrize(
    "wrong",
    [
        {"base_url": "api.hubapi.com"},
        {"api_version": "v4"},
        {"unknown_currency": "guess"},
        {"contact_key": ""},
        {"portal": 1},
    ],
)
def test_what_does_not_fit_is_refused(wrong: dict[str, Any]) -> None:
    """Addresses without a scheme, versions and choices that are not there, slips in names."""
    with pytest.raises(ValidationError):
        settings(**wrong)


def test_a_base_url_may_end_in_a_slash() -> None:
    """It makes no double one."""
    assert settings(base_url="http://127.0.0.1:9010/").base_url == "http://127.0.0.1:9010"
