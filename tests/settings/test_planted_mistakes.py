"""Mistakes of a configuration, each planted alone: found, at its place, with the words that
help, and nothing else is told.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.program import run_program
from tests.settings.planted.configuration import GOOD, Mistake
from tests.settings.planted.expression_mistakes import EXPRESSION_MISTAKES
from tests.settings.planted.route_mistakes import ROUTE_MISTAKES
from tests.settings.planted.setting_mistakes import SETTING_MISTAKES

MISTAKES = (*SETTING_MISTAKES, *ROUTE_MISTAKES, *EXPRESSION_MISTAKES)


def check(directory: Path, text: str) -> list[dict[str, object]]:
    """What `check --json` tells, but for events that no route takes."""
    (directory / "config.toml").write_text(text, "utf-8")
    ended = run_program("check", "--json", cwd=directory)
    told = json.loads(ended.stdout)
    assert any(not one["warning"] for one in told) is (ended.returncode == 1)
    return [one for one in told if "no route takes" not in one["message"]]


def test_the_good_configuration_is_good(tmp_path: Path) -> None:
    """Or the others would prove nothing."""
    assert check(tmp_path, GOOD) == []
    assert len(MISTAKES) >= 30
    assert len({one.name for one in MISTAKES}) == len(MISTAKES)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda one: str(one.name))
def test_a_mistake_is_found_at_its_place_and_nothing_else(tmp_path: Path, mistake: Mistake) -> None:
    """The place, its line, what is wrong, and what would be right."""
    assert mistake.right in GOOD
    text = GOOD.replace(mistake.right, mistake.wrong, 1)
    (fault,) = check(tmp_path, text)
    assert fault["where"] == mistake.where
    assert fault["warning"] is mistake.warning
    words = f"{fault['message']}; {fault['remedy']}"
    for part in mistake.says:
        assert part in words
    assert fault["remedy"] or "whole number" in words
    if mistake.on:
        line = fault["line"]
        assert isinstance(line, int)
        assert mistake.on in text.splitlines()[line - 1]
