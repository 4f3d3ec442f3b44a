"""Arguments that a filter does not take are told before any event comes."""

from pathlib import Path

import pytest

from receiver.mapping.check.filter_arguments import taken_by
from receiver.mapping.language.filters import FILTERS
from tests.mapping.sample_routes import field_fault


@pytest.mark.parametrize(
    ("expression", "message", "remedy"),
    [
        ("{{ event.occurred_at | plus(month=1) }}", "| plus takes no 'month'", "name weeks, days"),
        ("{{ event.occurred_at | plus(30) }}", "| plus is not told how much later", "name weeks"),
        ("{{ event.occurred_at | plus }}", "| plus is not told how much later", "name weeks"),
        ("{{ order.id | replace('a') }}", "| replace is given what it does not take", "in its"),
        ("{{ order.id | upper(1) }}", "| upper is given what it does not take", "it takes nothing"),
        ("{{ order.id | default('x', true) }}", "| default is given", "in its brackets it takes f"),
        ("{{ order.id | truncate(width=5) }}", "| truncate is given", "in its brackets it takes l"),
        ("{{ order.total | round(1, places=2) }}", "| round is given", "in its brackets"),
    ],
)
def test_wrong_arguments_are_told(
    tmp_path: Path, expression: str, message: str, remedy: str
) -> None:
    """With what may stand there."""
    fault = field_fault(tmp_path, f'"{expression}"')
    assert fault is not None
    assert fault.message.startswith(message)
    assert fault.remedy.startswith(remedy)


@pytest.mark.parametrize(
    "expression",
    [
        "{{ event.occurred_at | plus(days=1, hours=-2) }}",
        "{{ order.id | replace('a', 'b', 1) }}",
        "{{ order.id | truncate(5, true, '…') }}",
        "{{ order.line_items | sort(attribute='total', reverse=true) | join(attribute='name') }}",
        "{{ order.line_items | selectattr('price', 'gt', 100) | sum(attribute='total') }}",
    ],
)
def test_right_arguments_are_let_through(tmp_path: Path, expression: str) -> None:
    """By place or by name."""
    assert field_fault(tmp_path, f'"{expression}"') is None


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_what_a_filter_is_given_by_the_program_is_not_asked_for(name: str) -> None:
    """Neither the scope nor the value stands in the brackets."""
    assert not taken_by(name).parameters.keys() & {"scope", "context", "environment", "value", "s"}
