"""Writes what comes now into case files, and leaves what people wrote as it is."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from receiver.cases.case_settings import RECEIVED_AT
from receiver.cases.case_writer import NewCase, can_update, case_text, update_cases
from tests.cases.mapped import ORDER, run

CONTACT = '[[case.expect]]\nconnector = "box"\nobject = "contact"\n'
DEAL = '[[case.expect]]\nconnector = "box"\nobject = "deal"\n'
NONE = "[[case.expect]]\nnone = true\n"


def updated(directory: Path, text: str) -> str:
    """The file afterwards, which passes."""
    after = update_cases(text, run(directory, text))
    assert all(result.passed for result in run(directory, after)), after
    return after


def expected(text: str) -> list[dict[str, object]]:
    """What the first case of a file expects."""
    (first, *_) = tomllib.loads(text)["case"]
    return list(first["expect"])


def test_only_what_differs_is_written(tmp_path: Path) -> None:
    """Comments, the order of things, and what is right, stay to the letter."""
    text = f"""# for the audit
{ORDER}# what the CRM must hold
{DEAL}fields.amount = 13 # gross
fields.stage = "won"  # by the status
"""
    after = updated(tmp_path, text)
    assert after == text.replace("amount = 13 #", "amount = 12.5 #")


def test_a_file_that_passes_stays_as_it_is(tmp_path: Path) -> None:
    """Nothing is written for cases that are right."""
    text = f"{ORDER}{DEAL}fields.amount = 12.5\n"
    assert updated(tmp_path, text) == text


def test_what_is_sent_no_more_is_taken_out(tmp_path: Path) -> None:
    """A field, one that may not be sent and is, a link."""
    text = f"""{ORDER}{DEAL}
absent = ["paid", "colour"]
links = ["company x"]
fields.stage = "won"
fields.size = 5
"""
    (deal,) = expected(updated(tmp_path, text))
    assert deal["fields"] == {"stage": "won"}
    assert deal["absent"] == ["colour"]
    assert deal["links"] == ["contact ada@example.edu"]


def test_all_that_comes_is_written_where_nothing_was_expected(tmp_path: Path) -> None:
    """Each record whole, with its links; other cases stay."""
    second = ORDER.replace("an order", "another")
    after = updated(tmp_path, f"{ORDER}{second}{DEAL}")
    contact, deal = expected(after)
    assert contact == {
        "connector": "box",
        "object": "contact",
        "key": "ada@example.edu",
        "mode": "upsert",
        "grow": [],
        "fields": {"firstname": "Ada", "tags": ["A", "B"]},
    }
    assert deal["links"] == ["contact ada@example.edu"]
    assert deal["fields"] == {
        "amount": 12.5,
        "at": datetime(2020, 8, 11, 23, 45, tzinfo=UTC),
        "paid": True,
        "stage": "won",
    }
    assert after.endswith(f"{second}{DEAL}")


@pytest.mark.parametrize(
    "expect",
    [
        NONE,
        DEAL + 'key = "springfield:8"\nfields.amount = 1\n',
        f"only = true\n{DEAL}fields.amount = 12.5\n",
    ],
)
def test_what_comes_takes_the_place_of_what_does_not(tmp_path: Path, expect: str) -> None:
    """Of nothing, of a record by another key, and besides what was expected alone."""
    keys = {
        record.get("key", "springfield:7") for record in expected(updated(tmp_path, ORDER + expect))
    }
    assert keys == {"ada@example.edu", "springfield:7"}


def test_where_nothing_comes_any_more_nothing_is_expected(tmp_path: Path) -> None:
    """An event that no route takes."""
    text = f"""
[[case]]
name = "account"
event = "account.created"
body = '{{"email": "a@example.edu", "date_registered": ""}}'
{CONTACT}
"""
    assert expected(updated(tmp_path, text)) == [{"none": True}]


def test_expectations_within_one_line_stay_there(tmp_path: Path) -> None:
    """TOML can be written so, and then is."""
    inline = 'expect = [{ connector = "box", object = "deal", key = "springfield:8" }]\n'
    after = updated(tmp_path, ORDER + inline)
    assert "[[case.expect]]" not in after
    assert {record["key"] for record in expected(after)} == {"ada@example.edu", "springfield:7"}


def test_what_fails_in_itself_is_not_taken_for_right(tmp_path: Path) -> None:
    """A call for quarantine, and one that would be a dead letter."""
    bodies = ("{ id = 7 }", '{ id = 7, status = "COMPLETED", customer = { email = "a@b.edu" } }')
    for body in bodies:
        text = f'[[case]]\nname = "bad"\nevent = "order.placed"\nbody = {body}\n{DEAL}'
        (result,) = run(tmp_path, text)
        assert not can_update(result)
        assert update_cases(text, [result]) == text


@pytest.mark.parametrize("quoted", ["plain", "it''''s", "bell \\u0007", "é ' \\\" \\\\"])
def test_a_new_case_holds_its_body_to_the_letter(tmp_path: Path, quoted: str) -> None:
    """Whatever quotes and signs stand in it; and it passes."""
    body = f'{{\n  "email": "a@example.edu",\n  "first_name": "{quoted}"\n}}'
    new = NewCase("x", "account.created", "shelbyville", datetime(2026, 5, 1, tzinfo=UTC), body)
    text = case_text(new, ())
    (case,) = tomllib.loads(text)["case"]
    assert case["body"].rstrip("\n") == body
    assert (case["name"], case["event"], case["source"]) == ("x", "account.created", "shelbyville")
    assert case["received_at"] == new.received_at
    assert run(tmp_path, text)[0].passed


def test_rules_are_written_and_brought_up_to_date(tmp_path: Path) -> None:
    """As they are now; what is no rule any more goes."""
    text = f"""{ORDER}{CONTACT}
mode = "create"
grow = ["tags"]
overwrite = {{ firstname = "never", tags = "always" }}
newest = {{ firstname = 2026-01-01T12:00:00Z }}
"""
    (contact,) = expected(updated(tmp_path, text))
    assert (contact["mode"], contact["grow"]) == ("upsert", [])
    assert (contact["overwrite"], contact["newest"]) == ({"tags": "always"}, {})


def test_what_is_so_by_itself_is_not_written(tmp_path: Path) -> None:
    """The source, the event, the usual moment."""
    text = case_text(NewCase("x", None, None, RECEIVED_AT, "{}"), run(tmp_path, ORDER)[0].written)
    (case,) = tomllib.loads(text)["case"]
    assert case.keys() == {"name", "body", "expect"}
    assert len(case["expect"]) == 2
