"""What its table may hold, and what is said of the rest."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from connectors.webhook.settings import WebhookSettings
from tests.fakes.webhook import new_secret

GOOD = {"type": "webhook", "url": "https://crm.example.edu/in?from=aom", "secrets": new_secret()}


def settings(**more: Any) -> WebhookSettings:
    return WebhookSettings.model_validate(GOOD | more)


def test_address_and_secret_are_enough() -> None:
    """One by one, to public addresses, one message a call."""
    found = settings()
    assert [one.get_secret_value() for one in found.secrets] == [new_secret()]
    assert (found.fold, found.allow_private, found.batch_size) == (False, False, None)
    assert len(settings(secrets=[new_secret(1), new_secret(2)]).secrets) == 2
    assert settings(url="http://crm.local:8080/in", allow_private=True).url


def test_a_secret_may_lack_its_padding() -> None:
    """As some generators write it."""
    assert settings(secrets=new_secret().rstrip("="))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"url": "crm.example.edu/in"}, "no web address; write one like https://"),
        ({"url": "ftp://crm.example.edu/in"}, "no web address"),
        ({"url": "https://crm.example.edu:port/in"}, "no web address"),
        ({"url": "https://crm.example.edu/a b"}, "no web address"),
        ({"url": "https://0177.0.0.1/in"}, "no web address"),
        ({"url": "https://crm..example.edu/in"}, "no web address"),
        ({"url": "https://xn--/in"}, "no web address"),
        ({"url": "https://me:pw@crm.example.edu/in"}, "belong in `headers`"),
        ({"url": "http://crm.example.edu/in"}, "write https, or allow_private = true"),
        ({"secrets": []}, "at least 1"),
        ({"secrets": "whsec_c2hvcnQ="}, "24 to 64 random bytes"),
        ({"secrets": "whsec_" + "!" * 44}, "openssl rand -base64 32"),
        ({"secrets": new_secret().removeprefix("whsec_")}, "write whsec_"),
        ({"headers": {"Content-Type": "text/plain"}}, "that the gateway sets"),
        ({"headers": {"Webhook-Id": "1"}}, "that the gateway sets"),
        ({"headers": {"a b": "1"}}, "no name of an HTTP header"),
        ({"headers": {"X-Token": "a\nb"}}, "printable ASCII"),
        ({"fold": "sometimes"}, "boolean"),
    ],
)
def test_what_is_wrong_is_told_in_words(wrong: dict[str, Any], told: str) -> None:
    """With what would be right."""
    with pytest.raises(ValidationError) as caught:
        settings(**wrong)
    assert told in str(caught.value)


def test_secrets_are_not_shown() -> None:
    """Neither those that sign nor those of headers."""
    shown = repr(settings(headers={"Authorization": "Bearer top-secret-token"}))
    assert "top-secret-token" not in shown
    assert new_secret().removeprefix("whsec_") not in shown
