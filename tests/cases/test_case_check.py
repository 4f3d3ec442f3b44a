"""What a case says that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases.mapped import faults_of

BOTH = '[[case]]\nname = "a"\nbody = "{}"\nfile = "cases.toml"\n'


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (BOTH, "case[0]: has both body and file; write one of them"),
        (
            '[[case]]\nname = "a"\nbody = "{}"\nsource = "springfeld"\n',
            (
                "case[0].source: there is no source 'springfeld' in the configuration; "
                "did you mean 'springfield'?"
            ),
        ),
        (
            '[[case]]\nname = "a"\nbody = "{}"\n[[case.expect]]\nobject = "contact"\n',
            "case[0].expect[0].connector: is missing; there are: box, chest",
        ),
        (
            '[[case]]\nname = "a"\nbody = "{}"\n[[case.expect]]\nnone = true\nconnector = "bx"\n',
            (
                "case[0].expect[0].connector: there is no connector 'bx' in the configuration; "
                "did you mean 'box'?"
            ),
        ),
        (
            '[[case]]\nname = "a"\nbody = "{}"\n[[case.expect]]\nconnector = "box"\n',
            'case[0].expect[0]: says no object; write object = "contact"',
        ),
        (
            '[[case]]\nname = "a"\nbody = "{}"\n[[case]]\nname = "a"\nbody = "{}"\n',
            "case[1].name: is that of case[0] too; give each a name of its own",
        ),
    ],
)
def test_a_fault_says_what_would_be_right(tmp_path: Path, text: str, fault: str) -> None:
    """Names are those of the configuration, a case has one body, and a record an object."""
    (told,) = faults_of(tmp_path, text)
    assert fault in told


def test_what_is_wrong_already_is_not_told_twice(tmp_path: Path) -> None:
    """A body of the wrong kind is not a missing one too, nor an object."""
    text = """
    [[case]]
    name = "a"
    body = 5
    [[case.expect]]
    connector = "box"
    object = 5
    """
    assert [fault.partition(" ")[0] for fault in faults_of(tmp_path, text)] == [
        "case[0].body:",
        "case[0].expect[0].object:",
    ]
