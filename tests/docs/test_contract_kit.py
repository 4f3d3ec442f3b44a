"""The page for connector authors has all checks of the contract kit."""

from __future__ import annotations

import pytest

from connectors import testing
from docs.hooks.contract_kit import describe_checks, name_of


@pytest.mark.parametrize("check", testing.CHECKS, ids=lambda check: check.__name__)
def test_a_check_is_explained(check: testing.Check) -> None:
    """By what must hold, in a sentence, once."""
    (row,) = (line for line in describe_checks().splitlines() if f"`{name_of(check)}`" in line)
    promise = row.strip("|").split("|")[-1].strip()
    assert promise.endswith(".")
    assert len(promise) > len("It holds.")
