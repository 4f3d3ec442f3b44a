"""From files of mapping tests to cases, or all that is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from receiver.cases import NamedThings, read_case_files
from receiver.config_errors import ConfigError
from tests.cases.mapped import ORDER, faults_of, read, written


def test_a_body_may_stand_in_a_table_a_text_or_a_file(tmp_path: Path) -> None:
    """All three are the same call."""
    (tmp_path / "order.json").write_text('{"id": 7, "total": 1.5}')
    text = """
    [[case]]
    name = "table"
    body = { id = 7, total = 1.50 }
    [[case]]
    name = "text"
    body = '{"id": 7, "total": 1.5}'
    [[case]]
    name = "file"
    file = "order.json"
    """
    assert {case.body for case in read(tmp_path, text)} == {b'{"id": 7, "total": 1.5}'}


def test_what_may_be_left_out(tmp_path: Path) -> None:
    """The source is the first one; the only connector need not be named."""
    text = '[[case]]\nname = "a"\nbody = "{}"\n[[case.expect]]\nobject = "contact"\n'
    known = NamedThings(("first", "second"), ("only",))
    (case,) = read_case_files([written(tmp_path, text)], known)
    assert (case.source, case.event, case.expect[0].connector) == ("first", None, "only")


def test_an_event_is_named_as_in_its_url(tmp_path: Path) -> None:
    """Upper and lower case and the sign between the words do not count."""
    (case,) = read(tmp_path, '[[case]]\nname = "a"\nevent = "Order_Placed"\nbody = "{}"\n')
    assert case.event == "order.placed"


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    """Each with its place and what would be right, whatever file and case it is in."""
    text = f"""
    {ORDER}
    [[case.expect]]
    conector = "box"
    object = "deal"
    [[case.expect]]
    connector = "bx"
    object = "deal"
    [[case.expect]]
    object = "deal"
    [[case.expect]]
    none = true
    object = "deal"
    [[case]]
    name = "an order"
    event = "order.plced"
    source = "springfeld"
    file = "missing.json"
    [[case]]
    name = "neither"
    """
    assert faults_of(tmp_path, text) == [
        "case[0].expect[0].conector: is not a known key; did you mean 'connector'?",
        "case[1].event: 'order.plced' is not an event; did you mean 'order.placed'?",
        (
            "case[0].expect[1].connector: there is no connector 'bx' in the configuration; "
            "did you mean 'box'?"
        ),
        "case[0].expect[2].connector: is missing; there are: box, chest",
        (
            "case[0].expect[3]: expects nothing, and has object; leave out `none`, or all but "
            "`connector`"
        ),
        (
            "case[1].source: there is no source 'springfeld' in the configuration; did you mean "
            "'springfield'?"
        ),
        "case[2]: has neither body nor file; write one of them",
        "case[1].name: is that of case[0] too; give each a name of its own",
        f"case[1].file: {tmp_path}/missing.json can't be read: No such file or directory",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[[cases]]\nname = "a"\nbody = "{}"\n', "cases: is not a known key; did you mean 'case'?"),
        ("[[case]\n", "line 1, column 7: is no TOML"),
        ('[[case]]\nname = "a"\nfile = "no.json"\n', "no.json can't be read: No such file"),
        ('[[case]]\nname = "a"\nbody = 5\n', "case[0].body: is neither a table nor a text"),
        (
            '[[case]]\nname = "a"\nbody = "id = 7"\n[[case.expect]]\nnone = true\n',
            "of a call that nobody can read, nothing is written",
        ),
        (
            '[[case]]\nname = "a"\nfile = "cases.toml"\n[[case.expect]]\nnone = true\n',
            "case[0].file: ",
        ),
        (
            (
                '[[case]]\nname = "a"\nbody = "{}"\n[[case.expect]]\nobject = "contact"\n'
                'connector = "box"\nfields.at = 2026-05-01T09:00:00\n'
            ),
            "case[0].expect[0].fields.at: has no time zone; write the offset",
        ),
    ],
)
def test_a_fault_says_what_would_be_right(tmp_path: Path, text: str, fault: str) -> None:
    """A wrong file is never taken for one without cases."""
    (told,) = faults_of(tmp_path, text)
    assert fault in told


def test_a_fault_names_its_file(tmp_path: Path) -> None:
    """Of several files each has its own."""
    files = [written(tmp_path, "x = 1", "a.toml"), written(tmp_path, "[", "b.toml")]
    files.append(tmp_path / "c.toml")
    with pytest.raises(ConfigError) as failed:
        read_case_files(files, NamedThings(("s",), ("c",)))
    assert [fault.where.partition(":")[0] for fault in failed.value.faults] == list(map(str, files))
