"""What every connector's table may hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.base import ConnectorSettings


def read(**given: Any) -> ConnectorSettings:
    return ConnectorSettings.model_validate({"type": "mycrm"} | given)


@pytest.mark.parametrize(
    ("given", "mappings"),
    [
        ("standard", ("standard",)),
        (["standard", "line_items"], ("standard", "line_items")),
        (["standard", "standard"], ("standard",)),
        ([], ()),
    ],
)
def test_one_mapping_needs_no_brackets(given: object, mappings: tuple[str, ...]) -> None:
    """And one that is named twice counts once."""
    assert read(mapping=given).mapping == mappings


@pytest.mark.parametrize(
    "given",
    [
        {"mapping": 1},
        {"mapping": ["standard", 1]},
        {"rate_limit": {"calls": 0, "seconds": 10}},
        {"rate_limit": {"calls": 10, "seconds": 0}},
        {"batch_size": 0},
        {"timeout_seconds": 0.5},
        {"timeout_seconds": 601},
        {"batchsize": 10},
    ],
)
def test_what_makes_no_sense_is_a_fault(given: dict[str, Any]) -> None:
    """Types, bounds, and keys that nobody knows."""
    with pytest.raises(ValidationError) as raised:
        read(**given)
    assert {fault["loc"][0] for fault in raised.value.errors()} == set(given)


def test_most_connectors_write_no_files() -> None:
    """Those that do name them, so that two connectors never share one."""
    assert read().files("crm", Path("/var/lib")) == ()
