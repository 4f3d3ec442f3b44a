"""What the documentation shows can be done as it stands."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest

from docs.hooks.commands import PROGRAM, Command, all_commands
from tests.cli.command import command
from tests.docs.pages import ROOT, Block, blocks, pages
from tests.fakes.webhook import new_secret

COMMANDS = {one.words: one for one in all_commands()}

SOURCE = '[sources.springfield]\ntokens = ["a-token-of-the-tests"]\n'
SANDBOX = '[connectors.sandbox]\ntype = "sandbox"\n'
STANDARD = 'mapping = "standard"\n'

_OTHERS = (
    "git",
    "export",
    "cd",
    ".venv/bin/python",
    "pip",
    "pytest",
    *("apt-get", "cat", "chmod", "cp", "curl", "docker", "echo", "install", "journalctl", "ln"),
    *("sed", "systemctl", "useradd"),
)  # what a person knows without us

_TITLE = r'(?: title="[^"]+")?'  # of a file that tests/docs/test_first_connector.py writes
_HEREDOC = re.compile(r"(<<'END'\n).*?\nEND$", re.DOTALL | re.MULTILINE)
_BARE = re.compile(r"\$\{(\w+)\}")
_INLINE = re.compile(rf"`{PROGRAM} ([^`]+)`")
_WORD = re.compile(r"[a-z][a-z-]*")


def as_configuration(text: str) -> str:
    """A fragment with what else a configuration needs: a source, a connector, and its routes."""
    document = tomllib.loads(text)
    needed = "" if "sources" in document else SOURCE
    if "connectors" not in document:
        needed += SANDBOX + ("" if "routes" in document else STANDARD)
    return needed + text


@pytest.mark.parametrize("block", blocks("toml"), ids=str)
def test_configurations_hold(block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real `check` finds nothing in them, whatever part of a configuration they are."""
    if {"project", "case"} & tomllib.loads(block.text).keys():
        return  # a package's, or cases
    for name in _BARE.findall(block.text):
        monkeypatch.setenv(name, VALUES.get(name, "a-value-of-the-tests"))
    (tmp_path / "config.toml").write_text(as_configuration(block.text), "utf-8")
    found = command("check", "--json", at=tmp_path)
    missing = "no route takes "  # a fragment is no whole mapping
    assert [one for one in found.json if not one["message"].startswith(missing)] == []


@pytest.mark.parametrize("block", blocks("toml"), ids=str)
def test_cases_pass(block: Block, tmp_path: Path) -> None:
    """The real `test` runs them, against the mapping that the sandbox ships."""
    if "case" not in tomllib.loads(block.text):
        return
    (tmp_path / "config.toml").write_text(as_configuration(""), "utf-8")
    (tmp_path / "cases.toml").write_text(block.text, "utf-8")
    assert "0 failed" in command("test", "cases.toml", at=tmp_path).out


VALUES = {
    "SLACK_WEBHOOK": "https://hooks.example.com/T0/B0/x",
    "SALESFORCE_DOMAIN": "acme.my",
    "WEBHOOK_SECRET": new_secret(),
    "OLAF_TOKEN": "another-value-of-the-tests",
}


def lines(block: Block) -> list[str]:
    """The commands of a block, without what is said about them."""
    text = _HEREDOC.sub(r"\1", block.text.replace("\\\n", " "))
    return [line for line in text.splitlines() if line.strip(" #")]


def parts(line: str) -> list[list[str]]:
    """The commands of a line, each as its words."""
    commands = [shlex.split(one, comments=True) for one in line.split("&&")]
    return [
        words[words.index("--") + 1 :] if words[0] == "runuser" else words for words in commands
    ]


def fault_of(words: list[str]) -> str:
    """What is wrong with the words behind `aom-gateway`; empty where nothing is."""
    two = " ".join(words[:2])
    name = two if two in COMMANDS else words[0]
    if name not in COMMANDS:
        return f"there is no command {name!r}"
    given = words[len(name.split()) :]
    return _fault(COMMANDS[name], given)


def _fault(found: Command, given: list[str]) -> str:
    options = {name for par in found.parameters if not par.is_argument for name in par.names}
    unknown = [one for one in given if one.startswith("-") and one.partition("=")[0] not in options]
    return f"{found.words} has no {unknown}" if unknown else ""


def test_a_wrong_command_would_be_seen() -> None:
    """A check that finds nothing anywhere would hold always."""
    assert fault_of(["replay", "--group", "1a"]) == ""
    assert fault_of(["quarantine", "amend", "1a", "--event", "order.placed"]) == ""
    assert fault_of(["replai"]) == "there is no command 'replai'"
    assert fault_of(["check", "--onlin"]) == "check has no ['--onlin']"
    assert fault_of(["check", "amend", "--event", "x"]) == "check has no ['--event']"


@pytest.mark.parametrize("block", blocks("sh"), ids=str)
def test_commands_exist(block: Block) -> None:
    """With the options that are given to them; and so do the targets of make."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for line in lines(block):
        for words in parts(line):
            if words[0] == PROGRAM:
                assert fault_of(words[1:]) == "", line
            elif words[0] == "make":
                assert set(words[3:] if words[1] == "-C" else words[1:]) <= targets, line
            else:
                assert words[0] in _OTHERS, line


def test_commands_within_sentences_exist() -> None:
    """`aom-gateway …` in a line of text, or of a comment in the example configuration."""
    texts = [*pages().values(), (ROOT / "config.example.toml").read_text("utf-8")]
    named = [one for text in texts for one in _INLINE.findall(text) if _WORD.match(one)]
    assert len(named) > 10
    assert [fault for one in named if (fault := fault_of(shlex.split(one)))] == []


@pytest.mark.parametrize("block", blocks("json"), ids=str)
def test_json_is_json(block: Block) -> None:
    """Somebody will copy it."""
    assert json.loads(block.text)


@pytest.mark.parametrize("block", blocks("python"), ids=str)
def test_python_is_python(block: Block) -> None:
    """As above."""
    compile(block.text, block.page, "exec")


def test_the_languages_are_those_that_are_looked_at() -> None:
    """A block in another one, or one without a language that holds commands, is never run."""
    text = "\n".join(pages().values())
    assert set(re.findall(rf"^```(\w+){_TITLE}$", text, re.MULTILINE)) <= {
        "toml",
        "sh",
        "json",
        "python",
    }
    bare = re.findall(
        r"^```\n(.*?)^```$",
        re.sub(rf"(?ms)^```\w+{_TITLE}\n.*?^```$", "", text),
        re.MULTILINE | re.DOTALL,
    )
    assert not any(PROGRAM in one for one in bare)
