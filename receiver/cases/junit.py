"""Results as JUnit's XML, which build servers show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from xml.etree import ElementTree as ET

from receiver.cases.runner import CaseResult, Mismatch
from receiver.text.escape import escape_hidden


def junit_report(results: Sequence[CaseResult]) -> bytes:
    """One suite for each case file. Characters that XML cannot hold are shown as escapes."""
    root = ET.Element("testsuites", _counts(results))
    for file, of_file in groupby(results, key=lambda result: str(result.case.file)):
        ones = list(of_file)
        suite = ET.SubElement(root, "testsuite", {"name": escape_hidden(file), **_counts(ones)})
        for result in ones:
            suite.append(_test_case(file, result))
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _counts(results: Sequence[CaseResult]) -> dict[str, str]:
    return {
        "tests": str(len(results)),
        "failures": str(sum(not result.passed for result in results)),
        "errors": "0",
        "time": _seconds(result.seconds for result in results),
    }


def _test_case(file: str, result: CaseResult) -> ET.Element:
    name = escape_hidden(result.case.name)
    time = _seconds([result.seconds])
    element = ET.Element("testcase", {"classname": escape_hidden(file), "name": name, "time": time})
    if not result.passed:
        lines = [describe_mismatch(one) for one in result.mismatches]
        failure = ET.SubElement(element, "failure", {"message": lines[0]})
        failure.text = "\n".join(lines)
    if result.notes:
        ET.SubElement(element, "system-out").text = "\n".join(map(escape_hidden, result.notes))
    return element


def _seconds(times: Iterable[float]) -> str:
    return f"{sum(times):.4f}"


def describe_mismatch(one: Mismatch) -> str:
    """In one line: `sandbox contact a@b.c: firstname differs: expected "Ada", got "Demo"`."""
    place = f"{one.place}: " if one.place else ""
    values = ", ".join(
        f"{word} {value}"
        for word, value in (("expected", one.expected), ("got", one.got))
        if value is not None
    )
    field = f"{one.field} " if one.field else ""
    line = f"{place}{field}{one.message}"
    return escape_hidden(f"{line}: {values}" if values else line)
