"""The JSON Schema of the events."""

import json
from typing import Any

import jsonschema_rs
import pytest

from receiver.aom import EVENTS, LABELS, json_schema
from tests.aom.bodies import SAMPLED, changed, sampled


@pytest.mark.parametrize("event", EVENTS)
def test_every_event_has_a_valid_schema(event: str) -> None:
    """Of draft 2020-12, named and described, as JSON."""
    schema = json_schema(event)
    jsonschema_rs.meta.validate(schema)
    assert schema["title"] == event
    assert LABELS[event] in schema["description"]
    json.dumps(schema, allow_nan=False)


@pytest.mark.parametrize("event", sorted(SAMPLED))
def test_a_sample_fits_its_schema(event: str) -> None:
    """AOM's sample is in the schema, and fits it."""
    assert json_schema(event)["examples"] == [sampled(event)]
    jsonschema_rs.validate(json_schema(event), sampled(event))


@pytest.mark.parametrize(
    ("event", "needed"),
    [
        ("quiz.submitted", ["email"]),
        ("order.failed", ["id", "status", "customer"]),
        ("course.enrolled", ["userList"]),
    ],
)
def test_required_is_what_the_gateway_needs(event: str, needed: list[str]) -> None:
    """And nothing else."""
    assert json_schema(event)["required"] == needed
    for key in needed:
        with pytest.raises(jsonschema_rs.ValidationError):
            jsonschema_rs.validate(json_schema(event), json.loads(changed(event, **{key: ...})))


def test_further_keys_are_allowed() -> None:
    """AOM may add what it likes."""
    jsonschema_rs.validate(
        json_schema("quiz.submitted"), json.loads(changed("quiz.submitted", extra={"a": 1}))
    )


def test_keys_are_spelled_as_aom_spells_them() -> None:
    """Mistakes included."""
    assert "annoucement_date" in json_schema("announcement.created")["properties"]
    assert "course_instructor_name" in json_schema("quiz.submitted")["properties"]
    assert "course_instructor" in json_schema("assignment.submitted")["properties"]


def test_a_schema_has_no_noise() -> None:
    """No defaults that nobody sends, no titles made of names."""
    assert "default" not in list(_keys(json_schema("order.placed")["properties"]))
    assert "title" not in list(_keys(json_schema("order.placed")["properties"]))


def test_a_name_that_is_no_event_has_no_schema() -> None:
    """The caller answers 404."""
    with pytest.raises(KeyError):
        json_schema("order.cancelled")


def _keys(value: Any) -> list[str]:
    if isinstance(value, list):
        return [key for item in value for key in _keys(item)]
    return (
        [*value, *(key for item in value.values() for key in _keys(item))]
        if isinstance(value, dict)
        else []
    )
