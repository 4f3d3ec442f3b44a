"""Characters that no CRM takes are told wherever a mapping writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mapping.sample_routes import contact, mapping, mapping_faults, route

FIELD = "routes[0].upsert[0].fields.x"


@pytest.mark.parametrize(
    ("upsert", "where"),
    [
        ('fields.x = "a\\u0000b"', FIELD),
        ('fields.x = "{{ event.name }}\\u0001"', FIELD),
        ("fields.x = \"{{ 'a\\\\x1b' if event.name else 'b' }}\"", FIELD),
        ('fields.x = { value = "{{ none }}", default = "\\uFFFE" }', f"{FIELD}.default"),
        (
            'fields.x = { value = "{{ event.name }}", map = { "*" = "\\u0007" } }',
            f'{FIELD}.map."*"',
        ),
        (
            'fields.x = { value = "a", forward = ["a", "b\\u0000"] }',
            f"{FIELD}.forward",
        ),
        ('fields."x\\u0000" = 1', 'routes[0].upsert[0].fields."x\\u0000"'),
        ('key = "{{ event.id }}\\u007F"', "routes[0].upsert[0].key"),
        ('key_field = "a\\u0000"', "routes[0].upsert[0].key_field"),
    ],
)
def test_a_character_that_no_crm_takes_is_told(tmp_path: Path, upsert: str, where: str) -> None:
    """At its place, with its number, since nobody sees it."""
    ((place, fault),) = mapping_faults(tmp_path, route("order.*", contact(upsert))).items()
    assert place == where
    assert "has the character U+" in fault.message


def test_a_field_has_a_name(tmp_path: Path) -> None:
    """One that is empty is no CRM's."""
    ((place, fault),) = mapping_faults(tmp_path, route("order.*", contact('fields."" = 1'))).items()
    assert (place, fault.message) == ('routes[0].upsert[0].fields.""', "has no name")


@pytest.mark.parametrize(
    "upsert",
    [
        'fields.x = "lines\\nand\\ttabs, 学习 🎓"',
        "fields.x = \"{{ event.name | replace('\\\\x00', '') }}\"",
    ],
)
def test_what_is_written_as_any_text_is_let_through(tmp_path: Path, upsert: str) -> None:
    """Also an expression that takes such characters out."""
    found = mapping(tmp_path, route("order.*", contact(upsert))).warnings
    assert not [one for one in found if "U+" in one.message]
