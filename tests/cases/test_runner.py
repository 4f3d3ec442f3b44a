"""What a call would write, held against what its case expects."""

from __future__ import annotations

from pathlib import Path

import pytest

from receiver.cases.runner import result_as_json
from tests.cases.mapped import CONFIG, ORDER, run, told

CONTACT = '[[case.expect]]\nconnector = "box"\nobject = "contact"\n'
DEAL = '[[case.expect]]\nconnector = "box"\nobject = "deal"\n'
NONE = "[[case.expect]]\nnone = true\n"


def test_a_subset_of_the_fields_is_enough(tmp_path: Path) -> None:
    """What a case does not name may be as it will; what is not expected is named."""
    (result,) = run(tmp_path, f'{ORDER}{DEAL}key = "springfield:7"\nfields.amount = 12.5\n')
    assert result.passed
    assert [str(one) for one in result.also] == ["box contact ada@example.edu"]


def test_every_kind_of_value_can_be_expected(tmp_path: Path) -> None:
    """Texts, money, times, true and false, options; links and what is not sent."""
    text = f"""{ORDER}{CONTACT}
    key = "ada@example.edu"
    absent = ["lastname"]
    fields = {{ firstname = "Ada", tags = ["A", "B"] }}
    {DEAL}
    links = ["contact ada@example.edu"]
    fields = {{ amount = 12.5, at = 2020-08-11T19:45:00-04:00, paid = true, stage = "won" }}
    """
    assert told(run(tmp_path, text)) == []


def test_each_field_that_differs_is_told(tmp_path: Path) -> None:
    """With what was expected and what came."""
    text = f"""{ORDER}{DEAL}
    links = ["contact ben@example.edu", "contact"]
    absent = ["paid"]
    fields = {{ amount = 13, stage = "won", colour = "red" }}
    """
    assert told(run(tmp_path, text)) == [
        ("amount", "differs", "13", "12.5"),
        ("colour", "is not sent", '"red"', None),
        ("paid", "is sent, and may not be", None, "true"),
        ("links", "are not to it", "contact ben@example.edu", "contact ada@example.edu"),
    ]


def test_a_record_that_is_expected_twice_is_told(tmp_path: Path) -> None:
    """With its key and without: the second one would prove nothing."""
    text = f'{ORDER}{DEAL}key = "springfield:7"\n{DEAL}fields.amount = 12.5\n'
    ((_, message, _, _),) = told(run(tmp_path, text))
    assert message == "is expected twice: say it once"


def test_a_field_that_nothing_sends_is_noted_where_it_may_not_be_sent(tmp_path: Path) -> None:
    """Perhaps another name was meant, and the case would let that one through."""
    (result,) = run(tmp_path, f'{ORDER}{CONTACT}absent = ["fristname"]\n')
    assert result.passed
    assert result.notes == (
        "absent: no route writes 'fristname' to a contact; did you mean 'firstname'?",
    )


@pytest.mark.parametrize(
    "expect", ['connector = "box"\nobject = "company"', 'connector = "chest"\nobject = "deal"',
               'connector = "box"\nobject = "deal"\nkey = "springfield:8"']
)  # fmt: skip
def test_a_record_that_is_not_written_is_told(tmp_path: Path, expect: str) -> None:
    """With those that are."""
    ((_, message, _, _),) = told(run(tmp_path, f"{ORDER}[[case.expect]]\n{expect}\n"))
    there = "box contact ada@example.edu, box deal springfield:7"
    assert message == f"is not written; written are: {there}"


def test_nothing_may_be_written(tmp_path: Path) -> None:
    """`none` of all connectors, or of one."""
    other = f'{ORDER}{NONE}connector = "chest"\n'
    assert told(run(tmp_path, other)) == []
    (result,) = run(tmp_path, f"{ORDER}{NONE}")
    assert [one.place for one in result.mismatches] == [
        "box contact ada@example.edu",
        "box deal springfield:7",
    ]


def test_only_what_is_expected_may_be_written(tmp_path: Path) -> None:
    """With `only`, another record fails the case."""
    (result,) = run(tmp_path, f"{ORDER}only = true\n{DEAL}")
    ((_, message, _, _),) = told([result])
    assert message == "is written, and not expected"
    assert result.mismatches[0].place == "box contact ada@example.edu"
    assert run(tmp_path, f"{ORDER}only = true\n{DEAL}{CONTACT}")[0].passed


def test_a_case_that_expects_nothing_fails(tmp_path: Path) -> None:
    """It would pass whatever the mapping did."""
    ((_, message, _, _),) = told(run(tmp_path, ORDER))
    assert "--update" in message


def test_of_several_records_one_must_be_named(tmp_path: Path) -> None:
    """An object alone names a record only where there is one."""
    two_people = """
    [[case]]
    name = "two people"
    body = '{"receivers": [{"email": "a@example.edu"}, {"email": "b@example.edu"}]}'
    [[case.expect]]
    connector = "box"
    object = "contact"
    """
    route = """
[sources.springfield]
tokens = ["springfield-token-of-the-tests"]
[connectors.box]
type = "sandbox"
[connectors.chest]
type = "sandbox"
[[routes]]
events = ["announcement.created"]
connector = "box"
[[routes.upsert]]
object = "contact"
fields.news = "{{ event.label }}"
"""
    ((_, message, _, _),) = told(run(tmp_path, two_people, route))
    assert message == "2 are written; say which by its key: a@example.edu, b@example.edu"
    assert run(tmp_path, f'{two_people}key = "b@example.edu"\n', route)[0].passed


BAD = '[[case]]\nname = "bad"\nevent = "order.placed"\nbody = { id = 7 }\n'


def test_a_call_for_quarantine_writes_nothing(tmp_path: Path) -> None:
    """Which is a fault where a record is expected, and a note where nothing may be written."""
    ((_, message, _, _),) = told(run(tmp_path, f"{BAD}{DEAL}"))
    assert message.startswith("the call would be kept in quarantine: ")
    (result,) = run(tmp_path, f"{BAD}{NONE}")
    assert result.passed
    assert result.notes[0].startswith("the call would be kept in quarantine: ")
    assert not run(tmp_path, BAD)[0].passed


def test_a_dead_letter_is_never_what_is_meant(tmp_path: Path) -> None:
    """A delivery that the mapping kills fails the case, also where nothing is expected."""
    body = '{ id = 7, status = "COMPLETED", customer = { email = "a@example.edu" } }'
    text = f'[[case]]\nname = "no total"\nbody = {body}\n{NONE}'
    ((_, message, _, _),) = told(run(tmp_path, text))
    assert message.startswith("a@example.edu: routes[0].upsert[1].when")


def test_a_result_is_told_to_scripts(tmp_path: Path) -> None:
    """With all that a person is shown."""
    (result,) = run(tmp_path, f"{ORDER}{DEAL}fields.amount = 13\n")
    assert result_as_json(result) == {
        "file": str(tmp_path / "cases.toml"),
        "name": "an order",
        "event": "order.placed",
        "passed": False,
        "failures": [
            {
                "connector": "box",
                "object": "deal",
                "key": "springfield:7",
                "field": "amount",
                "expected": "13",
                "got": "12.5",
                "message": "differs",
            }
        ],
        "not_expected": [
            {"connector": "box", "object": "contact", "key": "ada@example.edu"},
        ],
        "notes": [],
    }


PROFILED = CONFIG.replace(
    'fields.paid = "{{ order.paid }}"',
    'fields.paid = "{{ order.paid }}"\nfields.revenue = "{{ profile.revenue }}"\n'
    "fields.courses = \"{{ profile.courses | map(attribute='name') | join(' + ') }}\"\n"
    "fields.kind = \"{{ 'often' if profile.course_count > 1 else 'new' }}\"",
)


def test_what_is_known_of_a_person_may_be_said(tmp_path: Path) -> None:
    """Without it, it is what the call alone tells."""
    expect = """
    [[case.expect]]
    connector = "box"
    object = "deal"
    fields.revenue = {revenue}
    fields.kind = "{kind}"
    """
    alone = ORDER + expect.format(revenue="12.50", kind="new")
    known = """
    [case.profile]
    revenue = 120.25
    courses = [
      { name = "Algebra", enrolled_at = 2026-01-01T00:00:00Z },
      { name = "Drawing", enrolled_at = 2026-01-02T00:00:00Z },
    ]
    """
    both = alone + ORDER.replace("an order", "of a regular") + known
    both += expect.format(revenue="120.25", kind="often") + 'fields.courses = "Algebra + Drawing"\n'
    assert [one.passed for one in run(tmp_path, both, PROFILED)] == [True, True]
