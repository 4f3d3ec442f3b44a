"""Secrets are cut out of foreign words."""

from __future__ import annotations

import json
from urllib.parse import quote, quote_plus

import pytest
from pydantic import BaseModel, SecretStr

from connectors.http.secrets import SecretTexts, secret_texts

SECRET = 'pa ss/w+ö"rd'


class Inner(BaseModel):
    key: SecretStr


class Settings(BaseModel):
    name: str = "not-secret"
    token: SecretStr
    absent: SecretStr | None = None
    several: tuple[SecretStr, ...] = ()
    named: dict[str, SecretStr] = {}
    inner: Inner


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe="").lower(),
        quote_plus(SECRET),
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        SECRET.upper(),
    ],
)
def test_a_secret_is_cut_however_it_is_written(text: str) -> None:
    """As it is, as a URL has it, as JSON has it."""
    assert SecretTexts([SECRET]).cut(f"no {text} here") == "no [secret] here"


def test_what_is_no_secret_stays() -> None:
    """Short texts stand in any word; of two secrets the longer one is cut whole."""
    secrets = SecretTexts(["abc", "long-secret", "long-secret-and-more"])
    assert secrets.cut("abc long-secret-and-more long-secret") == "abc [secret] [secret]"
    assert SecretTexts([]).cut("all of it") == "all of it"


def test_all_secrets_of_settings_are_found() -> None:
    """However deep they stand."""
    settings = Settings.model_validate(
        {"token": "t", "several": ["a", "b"], "named": {"x": "n"}, "inner": {"key": "i"}}
    )
    assert list(secret_texts(settings)) == ["t", "a", "b", "n", "i"]
