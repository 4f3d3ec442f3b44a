"""Faults of a configuration in words for people who write TOML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, ValidationError, field_validator

from receiver.config_errors.error_wording import describe_error, find_curly_quote

SECRET = "pat-of-the-tests"


class Limits(BaseModel, extra="forbid"):
    calls: Annotated[int, Field(ge=1, le=100)] = 1
    type: Literal["hubspot", "sandbox"] = "sandbox"
    tokens: Annotated[list[str], Field(min_length=1)] = ["x"]
    strict: bool = False
    url: str = ""

    @field_validator("url")
    @classmethod
    def known(cls, value: str) -> str:
        if value == SECRET:
            raise ValueError("is no address")
        return value


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"calls": 0}, "must be at least 1"),
        ({"calls": 101}, "must be at most 100"),
        ({"calls": SECRET}, "must be a whole number"),
        ({"type": SECRET}, "must be 'hubspot' or 'sandbox'"),
        ({"tokens": []}, "must have at least 1 item"),
        ({"tokens": SECRET}, 'must be a list, like ["…"]'),
        ({"strict": SECRET}, "must be true or false"),
        ({"coals": SECRET}, "is not a known key"),
        ({"url": SECRET}, "is no address"),
    ],
)
def test_a_fault_says_what_would_be_right(values: Mapping[str, Any], words: str) -> None:
    """And never quotes the value, which may be a secret."""
    with pytest.raises(ValidationError) as caught:
        Limits.model_validate(values)
    (error,) = caught.value.errors()
    message, remedy = describe_error(error)
    assert message == words
    assert SECRET not in message + remedy


def test_curly_quotes_are_found() -> None:
    """As a word processor makes them; straight ones are what TOML wants."""
    assert find_curly_quote('host = \u201clocalhost"') == "\u201c"
    assert find_curly_quote("host = 'localhost'") is None
