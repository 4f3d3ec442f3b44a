"""Conditions that can never hold for any event of their route are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mapping.sample_routes import contact, mapping_faults, route


def fault_of(directory: Path, events: str, when: str) -> str:
    """What is told of the condition of a route; nothing where it may hold."""
    upserts = f'when = "{when}"\n{contact("")}'
    found = mapping_faults(directory, route(events, upserts))
    assert set(found) <= {"routes[0].when"}
    return "".join(map(str, found.values()))


@pytest.mark.parametrize(
    ("events", "when"),
    [
        ("order.*", "{{ event.name == 'quiz.submitted' }}"),
        ("order.placed", "{{ event.name.startswith('quiz') }}"),
        ("order.placed", "{{ order.status == 'FAILED' }}"),
        ("order.placed", "{{ order.status in ['FAILED', 'CANCELLED'] }}"),
        ("order.failed", "{{ order.paid }}"),
        ("order.refunded", "{{ order.paid and order.total > 0 }}"),
        ("order.*", "{{ order.status == 'COMPLETED' and order.status == 'FAILED' }}"),
        ("order.*", "{{ order is not defined }}"),
        ("quiz.submitted", "{{ quiz is defined and event.name == 'order.placed' }}"),
    ],
)
def test_a_condition_that_never_holds_is_told(tmp_path: Path, events: str, when: str) -> None:
    """With the events that it holds for none of."""
    assert "never holds for " in fault_of(tmp_path, events, when)


@pytest.mark.parametrize(
    ("events", "when"),
    [
        ("order.*", "{{ event.name == 'order.placed' }}"),
        ("order.*", "{{ order.paid }}"),
        ("order.*", "{{ order.status == 'FAILED' }}"),
        ("order.placed", "{{ order.status == 'SHIPPED' }}"),
        ("order.placed", "{{ order.status != 'FAILED' }}"),
        ("order.failed", "{{ order.status in ['FAILED', 'CANCELLED', 'COMPLETED'] }}"),
        ("order.placed", "{{ order.status == 'COMPLETED' or order.status == 'SHIPPED' }}"),
        ("order.placed", "{{ order.total > 1000000 }}"),
        ("order.placed", "{{ false }}"),
    ],
)
def test_a_condition_that_may_hold_is_let_through(tmp_path: Path, events: str, when: str) -> None:
    """Also one that is written as false: that switches a route off."""
    assert fault_of(tmp_path, events, when) == ""


def test_a_condition_of_an_upsert_is_told_at_its_place(tmp_path: Path) -> None:
    """And that of a field."""
    never = "{{ event.name == 'order.failed' }}"
    assert list(mapping_faults(tmp_path, route("order.placed", contact(f'when = "{never}"')))) == [
        "routes[0].upsert[0].when"
    ]
    field = f'fields.x = {{ value = "a", when = "{never}" }}'
    assert list(mapping_faults(tmp_path, route("order.placed", contact(field)))) == [
        "routes[0].upsert[0].fields.x.when"
    ]
