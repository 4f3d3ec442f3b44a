"""Types and bounds in words."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, SecretStr

from docs.hooks.annotations import bounds_of, models_in, type_of


class Inner(BaseModel):
    """Something with a bound."""

    least: Annotated[int, Field(ge=1, le=65_535)] = 1
    beyond: Annotated[float, Field(gt=0, lt=1)] = 0.5
    free: int | None = None


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (str, "text"),
        (str | None, "text"),
        (Annotated[SecretStr | None, "said of it"], "text, secret"),
        (tuple[str, ...], "list of text"),
        (str | bool | None, "text or true or false"),
        (Literal["a", 2], '`"a"`, `2`'),
        (dict[str, Any], "table"),
        (Inner | None, "table"),
    ],
)
def test_types_are_told_in_words(annotation: Any, words: str) -> None:
    """As TOML has them, not as Python does."""
    assert type_of(annotation) == words


def test_a_type_that_nobody_described_is_an_error() -> None:
    """The reference would be silent about it."""
    with pytest.raises(KeyError):
        type_of(complex)


def test_bounds_are_told() -> None:
    """Inclusive ones otherwise than exclusive ones."""
    found = {name: bounds_of(field) for name, field in Inner.model_fields.items()}
    assert found == {
        "least": "at least 1, at most 65,535",
        "beyond": "more than 0, less than 1",
        "free": "",
    }


def test_models_are_found_wherever_they_stand() -> None:
    """In lists, tables and unions."""
    assert list(models_in(tuple[Annotated[Inner, "x"], ...])) == [Inner]
    assert list(models_in(dict[str, Inner] | None)) == [Inner]
    assert list(models_in(int)) == []
