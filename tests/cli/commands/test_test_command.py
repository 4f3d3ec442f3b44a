"""`test`: a mapping tests itself, through the command as an operator types it."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.cli.command import command
from tests.cli.mapping_tests import CASE, write_tests
from tests.processes import write_config


@pytest.fixture
def school(tmp_path: Path) -> Path:
    """A folder with a configuration, and two cases of it that pass."""
    write_config(tmp_path)
    write_tests(tmp_path)
    return tmp_path


def test_cases_that_pass(school: Path) -> None:
    """Exit 0, one line each; neither a store nor anything else is made."""
    before = sorted(school.rglob("*"))
    shown = command("test", at=school).out
    assert "pass tests/mine.toml: paid\n" in shown
    assert "also written: sandbox contact ada@math.org" in shown
    assert shown.endswith("2 cases: 2 passed, 0 failed\n")
    assert sorted(school.rglob("*")) == before


def test_a_case_that_fails(school: Path) -> None:
    """Exit 1, with the field, what was expected, and what came."""
    write_tests(school, CASE.replace("12.5", "13"))
    shown = command("test", at=school, code=1).out
    difference = "springfield:7\n       amount differs\n         - 13\n         + 12.5\n"
    assert f"FAIL tests/mine.toml: paid\n     sandbox deal {difference}" in shown
    assert shown.endswith("2 cases: 1 passed, 1 failed\n")


def test_a_changed_mapping_shows(school: Path) -> None:
    """Which is what the cases are for: an own route in the place of a shipped one."""
    route = """
[[routes]]
name = "orders"
events = ["order.*"]
connector = "sandbox"
[[routes.upsert]]
object = "deal"
key = "{{ source.name }}:{{ order.id }}"
fields.amount = "{{ order.total | money('JPY') }}"
"""
    config = school / "config.toml"
    config.write_text(config.read_text() + route)
    failures = command("test", "--json", at=school, code=1).json["cases"][0]["failures"]
    told = [(one["field"], one["expected"], one["got"]) for one in failures]
    assert told == [("amount", "12.5", told[0][2]), ("dealstage", '"won"', None)]


def test_scripts_and_build_servers_are_told(school: Path) -> None:
    """JSON on the output, JUnit's XML in a file."""
    write_tests(school, CASE.replace("12.5", "13"))
    told = command("test", "--json", "--junit", "out.xml", at=school, code=1).json
    assert (told["passed"], told["failed"]) == (1, 1)
    assert [case["name"] for case in told["cases"]] == ["paid", "news"]
    assert "coverage" not in told
    root = ET.parse(school / "out.xml").getroot()  # noqa: S314 - our own
    assert (root.get("tests"), root.get("failures")) == ("2", "1")


def test_files_may_be_named(school: Path) -> None:
    """And then those alone are run."""
    file = write_tests(school, CASE.split('[[case]]\nname = "news"', maxsplit=1)[0], "other.toml")
    assert "1 case: 1 passed" in command("test", str(file), at=school).out
    assert "3 cases: 3 passed" in command("test", at=school).out


def test_wrong_use(tmp_path: Path) -> None:
    """Exit 2 without a configuration, without tests, and for a file that is not there."""
    command("test", at=tmp_path, code=2)
    write_config(tmp_path)
    assert "aom-gateway init" in command("test", at=tmp_path, code=2).err
    assert "no file x.toml" in command("test", "x.toml", at=tmp_path, code=2).err
    file = write_tests(tmp_path, "# none yet\n")
    assert "no [[case]]" in command("test", at=tmp_path, code=2).err
    assert (
        "name one" in command("test", "--save", "1", str(file), str(file), at=tmp_path, code=2).err
    )


def test_faults_of_case_files_are_told_at_once(school: Path) -> None:
    """Of all files, each with its place; for a script as JSON."""
    write_tests(school, "[[case]]\nnam = 1\nbody = '{}'\n", "a.toml")
    write_tests(school, "[[case]]\nname = 'x'\n", "b.toml")
    told = command("test", at=school, code=1).err
    assert "tests/a.toml: case[0].nam: is not a known key" in told
    assert "did you mean 'name'?" in told
    assert "tests/b.toml: case[0]: has neither body nor file" in told
    faults = command("test", "--json", at=school, code=1).json["faults"]
    assert {fault["where"].partition(":")[0] for fault in faults} == {
        "tests/a.toml",
        "tests/b.toml",
    }


def test_what_comes_now_is_written(school: Path) -> None:
    """--update brings what fails up to date, and the next run passes; comments stay."""
    file = write_tests(school, CASE.replace("12.5", "13").replace('"won"', '"lost"'))
    shown = command("test", "--update", at=school).out
    assert "Wrote what comes now of 1 case: tests/mine.toml" in shown
    assert file.read_text() == CASE
    assert [one.name for one in file.parent.iterdir() if one.name.startswith(".")] == []
    assert "Wrote" not in command("test", "--update", at=school).out


def test_what_no_case_reaches(school: Path) -> None:
    """--coverage reports; --fail-under makes it a finding."""
    shown = command("test", "--coverage", at=school).out
    assert "connectors.sandbox.standard.accounts" in shown
    assert "route accounts" in shown
    told = command("test", "--coverage", "--json", at=school).json["coverage"]
    assert told["total"] - told["reached"] == len(told["missed"]) > 5
    assert {"connector", "where", "what"} == told["missed"][0].keys()
    low = str(told["percent"] - 1)
    command("test", "--fail-under", low, at=school)
    assert "less than 100 %" in command("test", "--fail-under", "100", at=school, code=1).err


@pytest.mark.parametrize("connector", ["sandbox", "hubspot", "salesforce"])
def test_init_writes_first_cases(tmp_path: Path, connector: str) -> None:
    """They pass as written, without a secret being set, and reach all of the mapping."""
    said = command("init", "--connector", connector, at=tmp_path).out
    assert "tests/standard.toml" in said
    shown = command("test", "--coverage", "--fail-under", "100", at=tmp_path).out
    assert "14 cases: 14 passed, 0 failed" in shown


def test_init_leaves_tests_that_are_there(school: Path) -> None:
    """They are a person's work."""
    assert "tests/" not in command("init", "--force", at=school).out
    assert [one.name for one in (school / "tests").glob("*.toml")] == ["mine.toml"]
