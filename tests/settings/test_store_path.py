"""Where the store of a configuration lies, and whether it can lie there."""

from __future__ import annotations

from pathlib import Path

import pytest

from receiver.settings.model import Store
from receiver.settings.store_path import absolute_url, find_misplaced


@pytest.mark.parametrize(
    ("url", "absolute"),
    [
        ("sqlite:///aom.db", "sqlite:////srv/aom.db"),
        ("sqlite:////var/aom.db", "sqlite:////var/aom.db"),
        ("postgresql://db/aom", "postgresql://db/aom"),
    ],
)
def test_a_relative_file_lies_beside_the_configuration(url: str, absolute: str) -> None:
    """Wherever the gateway is started from."""
    assert absolute_url(url, Path("/srv")) == absolute


def test_a_place_where_no_file_can_be_is_told(tmp_path: Path) -> None:
    """A directory in its place, or none above it; a file that is not there yet is right."""
    (tmp_path / "data").mkdir()

    def told(url: str) -> list[str]:
        return [fault.message for fault in find_misplaced(Store(url=url), {}, tmp_path)]

    assert told("sqlite:///data") == [f"{tmp_path / 'data'} is a directory"]
    assert told("sqlite:///none/aom.db") == [f"there is no directory {tmp_path / 'none'}"]
    assert told("sqlite:///data/aom.db") == []
    assert told("postgresql://db/aom") == []
