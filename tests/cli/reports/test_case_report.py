"""What came of mapping tests, as a person sees it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.command import command
from tests.cli.mapping_tests import CASE, write_tests
from tests.processes import write_config


def test_differences_have_colours_on_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was expected in red, what came in green; and none in a file."""
    write_config(tmp_path)
    write_tests(tmp_path, CASE.replace("12.5", "13"))
    assert "\x1b" not in command("test", at=tmp_path, code=1).out
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    shown = command("test", at=tmp_path, code=1).out
    assert "\x1b[31m         - 13" in shown
    assert "\x1b[32m         + 12.5" in shown


def test_what_a_payload_holds_is_shown_as_text(tmp_path: Path) -> None:
    """Neither a name of a case nor a value writes to the terminal."""
    write_config(tmp_path)
    hostile = CASE.replace('"paid"', '"[red]\\u001b[2J"').replace(
        '"won"', '"\\u001b]0;x\\u0007[b]"'
    )
    write_tests(tmp_path, hostile)
    shown = command("test", at=tmp_path, code=1).out
    assert "\x1b" not in shown
    assert "FAIL tests/mine.toml: [red]\\u001b[2J" in shown
    assert "[b]" in shown
