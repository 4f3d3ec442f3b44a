"""The rules of a record, as a case has them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from receiver.cases.record_rules import RecordRules
from tests.cases.mapped import CONFIG, ORDER, run, told

CONTACT = '[[case.expect]]\nconnector = "box"\nobject = "contact"\n'
RULED = CONFIG.replace(
    'fields.firstname = "{{ person.first_name }}"',
    """mode = "update"
    fields.firstname = { value = "{{ person.first_name }}", overwrite = "if_empty" }
    fields.stage = { value = "customer", forward = ["lead", "customer"] }
    fields.seen_at = { value = "{{ event.received_at }}", newest = true }
    fields.site = { value = "{{ source.name }}", newest = "{{ order.date_created }}" }""",
)


def test_all_rules_can_be_expected(tmp_path: Path) -> None:
    """By the names that the mapping has for them: a stage by its place, `newest` by its date."""
    expected = """
    mode = "update"
    grow = []
    overwrite = { firstname = "if_empty", stage = "always" }
    forward = { stage = 2 }
    newest = { seen_at = 2026-01-01T12:00:00Z, site = 2020-08-11T19:45:00-04:00 }
    """
    assert told(run(tmp_path, f"{ORDER}{CONTACT}{expected}", RULED)) == []


@pytest.mark.parametrize(
    ("expected", "difference"),
    [
        ('mode = "upsert"', ("mode", "differs", "upsert", "update")),
        (
            'overwrite = { firstname = "never" }',
            ("firstname.overwrite", "differs", "never", "if_empty"),
        ),
        (
            'overwrite = { tags = "if_empty" }',
            ("tags.overwrite", "differs", "if_empty", "always"),
        ),
        ("forward = { stage = 1 }", ("stage.forward", "differs", "1", "2")),
        ("forward = { site = 1 }", ("site.forward", "is not so", "1", None)),
        (
            "newest = { firstname = 2026-01-01T12:00:00Z }",
            ("firstname.newest", "is not so", "2026-01-01 12:00:00+00:00", None),
        ),
        ('grow = ["tags"]', ("tags.grow", "differs", "true", "false")),
    ],
)
def test_a_rule_that_differs_is_told(
    tmp_path: Path, expected: str, difference: tuple[str, str, str, str | None]
) -> None:
    """At the field that it is a rule of."""
    assert told(run(tmp_path, f"{ORDER}{CONTACT}{expected}\n", RULED)) == [difference]


def test_what_is_only_created_is_told_by_its_mode(tmp_path: Path) -> None:
    """And not by each of its fields."""
    made = CONFIG.replace('object = "contact"', 'object = "contact"\nmode = "create"')
    (result,) = run(tmp_path, f"{ORDER}{CONTACT}", made)
    rules = RecordRules.of(result.matched[0].record)
    assert (rules.mode, rules.overwrite, rules.newest, rules.grow) == ("create", {}, {}, ())


def test_a_rule_is_no_expectation_of_nothing(tmp_path: Path) -> None:
    """`none` with one contradicts itself."""
    from tests.cases.mapped import faults_of  # noqa: PLC0415

    text = f'{ORDER}[[case.expect]]\nnone = true\nmode = "update"\n'
    (fault,) = faults_of(tmp_path, text)
    assert "expects nothing, and has mode" in fault


def test_dates_are_moments(tmp_path: Path) -> None:
    """Whatever zone they are written in."""
    (result,) = run(tmp_path, f"{ORDER}{CONTACT}", RULED)
    rules = RecordRules.of(result.matched[0].record)
    assert rules.newest["seen_at"] == datetime(2026, 1, 1, 12, tzinfo=UTC)
