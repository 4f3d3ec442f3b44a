"""Results as JUnit's XML."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

from receiver.cases.junit import describe_mismatch, junit_report
from receiver.cases.runner import Mismatch
from tests.cases.mapped import ORDER, run

DEAL = '[[case.expect]]\nconnector = "box"\nobject = "deal"\n'


def test_a_build_server_finds_suites_cases_and_failures(tmp_path: Path) -> None:
    """One suite for a file; a failure has all that differs."""
    second = ORDER.replace("an order", "another")
    results = run(tmp_path, f"{ORDER}{DEAL}{second}{DEAL}fields = {{ amount = 1, x = 'y' }}\n")
    root = ET.fromstring(junit_report(results))  # noqa: S314 - our own
    (suite,) = root
    assert (root.tag, suite.tag, suite.get("name")) == (
        "testsuites",
        "testsuite",
        str(tmp_path / "cases.toml"),
    )
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "0")
    good, bad = suite
    assert (good.get("name"), len(good)) == ("an order", 0)
    (failure,) = bad
    assert failure.get("message") == "box deal springfield:7: amount differs: expected 1, got 12.5"
    assert failure.text is not None
    assert failure.text.splitlines()[1:] == ['box deal springfield:7: x is not sent: expected "y"']


def test_whatever_a_payload_holds_it_is_xml(tmp_path: Path) -> None:
    """Control characters, which XML cannot hold, are shown as escapes; markup stays text."""
    name = 'name = "<b>&\\u0007\\u001b[2J"'
    text = ORDER.replace('name = "an order"', name).replace('"Ada"', '"<&\\u0001\\u000b>"')
    expect = '[[case.expect]]\nconnector = "box"\nobject = "contact"\nfields.firstname = "Ada"\n'
    results = run(tmp_path, f"{text}{expect}")
    (case,) = ET.fromstring(junit_report(results))[0]  # noqa: S314 - our own
    assert case.get("name") == "<b>&\\u0007\\u001b[2J"
    assert case[0].get("message")


def test_a_mismatch_is_one_line() -> None:
    """Also where it is of the whole call."""
    assert describe_mismatch(Mismatch("the call is bad")) == "the call is bad"
    assert describe_mismatch(Mismatch("is not written", "box", "deal", "7")) == (
        "box deal 7: is not written"
    )
