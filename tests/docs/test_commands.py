"""Every command and option is in the reference, and described."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.hooks.commands import Command, all_commands
from tests.cli.command import command
from tests.docs.pages import cells, shown

COMMANDS = list(all_commands())


def test_all_that_the_program_offers_is_here(tmp_path: Path) -> None:
    """Asked as a person asks it."""
    listed = command("--help", at=tmp_path).out.partition("Commands")[2]
    offered = set(re.findall(r"^[\s│|]*([a-z][a-z-]+)\s{2,}", listed, re.MULTILINE))
    assert len(offered) >= len({one.words.partition(" ")[0] for one in COMMANDS}) > 10
    assert offered <= {one.words for one in COMMANDS}


@pytest.mark.parametrize("one", COMMANDS, ids=lambda one: str(one.words))
def test_every_command_and_option_is_described(one: Command) -> None:
    """Help that is empty helps nobody."""
    assert one.text
    assert [par.names for par in one.parameters if not par.text] == []


@pytest.mark.parametrize("one", COMMANDS, ids=lambda one: str(one.words))
def test_the_page_shows_all(site: Path, one: Command) -> None:
    """Each command with its text, its arguments and options."""
    page = shown(site, "reference/commands.html")
    first = " ".join(one.text.split("\n\n")[0].replace("`", "").split())
    assert f"{one.words} ¶ {first}" in page or f"{one.words}¶ {first}" in page
    for par in one.parameters:
        for name in par.names:
            assert name in page


def test_the_readme_has_every_command() -> None:
    """Its table is for whoever looks for the word."""
    listed = {word for row in cells("README.md") for word in re.findall(r"`([a-z-]+)", row[0])}
    assert {one.words for one in COMMANDS if " " not in one.words} <= listed
