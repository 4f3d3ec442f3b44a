"""Which parts of a mapping the cases reach."""

from __future__ import annotations

from pathlib import Path

from receiver.cases import MappingCoverage
from tests.cases.mapped import CONFIG, ORDER, run

_DEAL = "routes[0].upsert[1]"


def missed(directory: Path, text: str, config: str = CONFIG) -> set[tuple[str, str]]:
    coverage = MappingCoverage()
    run(directory, text, config, coverage)
    assert {point.connector for point in coverage.missed} <= {"box"}
    return {(point.where, point.what) for point in coverage.missed}


def case(name: str, status: str, total: int) -> str:
    return f"""
[[case]]
name = "{name}"
event = "order.placed"
body = {{ id = 7, status = "{status}", order_total = {total}, customer = {{ email = "a@b.edu" }} }}
"""


def test_without_a_case_nothing_is_reached(tmp_path: Path) -> None:
    """All that can be reached, by its place."""
    assert missed(tmp_path, "") == {
        ("routes[0]", "route orders"),
        ("routes[0].upsert[0]", "upsert"),
        (_DEAL, "upsert"),
        (f"{_DEAL}.when", "when it holds"),
        (f"{_DEAL}.when", "when it does not"),
        (f"{_DEAL}.fields.stage.map", "entry 'COMPLETED'"),
        (f"{_DEAL}.fields.stage.map", "entry 'REF*'"),
        (f"{_DEAL}.fields.stage.default", "default"),
    }


def test_a_case_reaches_what_it_goes_through(tmp_path: Path) -> None:
    """Of a condition the side that it takes, of a map the entry that it finds, also by pattern."""
    left = missed(tmp_path, ORDER)
    assert left == {
        (f"{_DEAL}.when", "when it does not"),
        (f"{_DEAL}.fields.stage.map", "entry 'REF*'"),
        (f"{_DEAL}.fields.stage.default", "default"),
    }
    assert missed(tmp_path, ORDER + case("free", "COMPLETED", 0)) == left - {
        (f"{_DEAL}.when", "when it does not")
    }
    assert missed(tmp_path, ORDER + case("back", "refunded", 5)) == left - {
        (f"{_DEAL}.fields.stage.map", "entry 'REF*'")
    }
    assert missed(tmp_path, ORDER + case("odd", "ON REVIEW", 5)) == left - {
        (f"{_DEAL}.fields.stage.default", "default")
    }


def test_a_route_is_reached_where_its_condition_holds(tmp_path: Path) -> None:
    """An event that it turns away reaches the condition alone."""
    config = CONFIG.replace(
        'connector = "box"\n', 'connector = "box"\nwhen = "{{ order.total > 20 }}"\n', 1
    )
    left = missed(tmp_path, ORDER, config)
    assert {("routes[0]", "route orders"), ("routes[0].when", "when it holds")} <= left
    assert ("routes[0].when", "when it does not") not in left
    left = missed(tmp_path, case("dear", "COMPLETED", 30), config)
    assert ("routes[0]", "route orders") not in left


def test_percent_counts_the_parts(tmp_path: Path) -> None:
    """All where there is nothing to reach."""
    coverage = MappingCoverage()
    assert coverage.percent == 100
    run(tmp_path, ORDER, CONFIG, coverage)
    assert (coverage.total, len(coverage.missed)) == (8, 3)
    assert coverage.percent == 62.5
