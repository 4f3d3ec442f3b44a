"""What the shipped mappings make of AOM's calls, each value checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors import registry
from connectors.base import read_shipped_mappings
from receiver.cases import MappingCoverage
from tests.cases.shipped import MAPPINGS, ShippedMapping


@pytest.mark.parametrize("shipped", MAPPINGS, ids=lambda one: str(one.name))
def test_shipped_mappings_write_what_their_cases_say(
    tmp_path: Path, shipped: ShippedMapping
) -> None:
    """All cases pass, nothing is written besides, and no part of the mapping is unreached."""
    coverage = MappingCoverage()
    results = shipped.run(tmp_path, shipped.file.read_text("utf-8"), coverage)
    assert len(results) >= 13
    for result in results:
        assert (result.case.name, result.mismatches) == (result.case.name, ())
        assert (result.case.name, result.also) == (result.case.name, ())
    assert coverage.total > 20
    assert coverage.missed == ()


def test_every_mapping_that_ships_has_cases() -> None:
    """Of each connector, all of its mappings at once."""
    for shipped in MAPPINGS:
        for name in read_shipped_mappings(registry.load(shipped.name)):
            assert f'"{name}"' in shipped.settings
