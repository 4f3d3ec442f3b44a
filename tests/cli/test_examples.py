"""The whole example, written by `init --full`."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from receiver.cli.examples import ALERTING_RULES, CONFIGURATION, find_example
from tests.cli.command import command

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", [CONFIGURATION, ALERTING_RULES])
def test_a_checkout_has_them(name: str) -> None:
    """An installed copy has them in the package, as the tests of the wheel show."""
    assert find_example(name) == ROOT / name
    assert find_example(name).is_file()


def test_the_example_is_written_as_it_stands(tmp_path: Path) -> None:
    """Under the name that is asked for, readable by its owner alone."""
    said = command("init", "--full", "--config", "all.toml", at=tmp_path).out
    written = tmp_path / "all.toml"
    assert written.read_bytes() == (ROOT / CONFIGURATION).read_bytes()
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert "Wrote all.toml" in said
    assert str(ROOT / ALERTING_RULES) in said


def test_it_replaces_nothing(tmp_path: Path) -> None:
    """Neither a file nor a link, were it to nowhere; nor is it to be forced."""
    (tmp_path / "config.toml").write_text("mine")
    (tmp_path / "link.toml").symlink_to(tmp_path / "nowhere.toml")
    assert "replaces nothing" in command("init", "--full", at=tmp_path, code=2).err
    assert (
        "replaces nothing"
        in command("init", "--full", "--config", "link.toml", at=tmp_path, code=2).err
    )
    assert "leave out --force" in command("init", "--full", "--force", at=tmp_path, code=2).err
    assert (tmp_path / "config.toml").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.toml", "link.toml"]
