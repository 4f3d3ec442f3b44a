"""A field that cannot grow is said before the first event."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from connectors.base import Append, Connector
from receiver.config_errors import ConfigError
from receiver.mapping import RouteTable
from tests.connectors.minimal import MinimalConnector
from tests.mapping.sample_routes import contact, mapping_faults, rendered, route, value
from tests.settings.configs import SANDBOX, loaded

COURSES = "{{ courses | map(attribute='name') }}"
GROWN = f'fields.x = {{ value = "{COURSES}", append = true, grow = true }}'


def test_options_say_that_they_grow(tmp_path: Path) -> None:
    """Those of the value, of a map, and of a default."""
    text = f'{{ value = "{COURSES}", append = true, grow = true }}'
    found = value(tmp_path, text, "course.enrolled")
    assert isinstance(found, Append)
    assert found.grow
    assert found.values
    default = '{ value = "{{ none }}", default = "Other", append = true, grow = true }'
    assert value(tmp_path, default) == Append(("Other",), grow=True)
    mapped = '{ value = "Logic", map = { "L*" = "logic" }, append = true, grow = true }'
    assert value(tmp_path, mapped) == Append(("logic",), grow=True)


def test_a_renamed_course_keeps_its_option(tmp_path: Path) -> None:
    """By a map of its id, whatever its name is now; other courses go by their names."""
    (of_sample,) = value_of_courses(tmp_path, "{{ course.name }}")
    keep = '{ value = "{{ course.id }}", map = { "%s" = "Physics" }, '
    text = keep % value_of_courses(tmp_path, "{{ course.id }}")[0]
    text += 'default = "{{ course.name }}", append = true, grow = true }'
    assert courses_of(tmp_path, text) == ("Physics",)
    other = text.replace('map = { "', 'map = { "9')
    assert courses_of(tmp_path, other) == (of_sample,)


def courses_of(directory: Path, field: str) -> tuple[str, ...]:
    upsert = contact(f'each = "course in courses"\nfields.x = {field}')
    records = rendered(directory, "course.enrolled", route("course.enrolled", upsert))
    found = records[0].fields["x"]
    assert isinstance(found, Append)
    return found.values


def value_of_courses(directory: Path, expression: str) -> tuple[str, ...]:
    return courses_of(directory, f'{{ value = "{expression}", append = true }}')


def test_a_plain_field_does_not_grow(tmp_path: Path) -> None:
    """It would replace what is there: `append` belongs to it."""
    faults = mapping_faults(
        tmp_path, route("order.placed", contact('fields.x = { value = "a", grow = true }'))
    )
    (fault,) = faults.values()
    assert fault.message == "has `grow` without `append`"
    assert "append = true" in fault.remedy


def test_a_connector_that_makes_no_options_is_a_fault(tmp_path: Path) -> None:
    """It is said at its place; without `grow` the connector will do."""
    plain: Mapping[str, type[Connector]] = {"sandbox": MinimalConnector}
    settings = loaded(tmp_path, SANDBOX + route("course.enrolled", contact(GROWN)))
    with pytest.raises(ConfigError) as raised:
        RouteTable.compile(settings, plain)
    (fault,) = raised.value.faults
    assert fault.where == "routes[0].upsert[0].fields.x.grow"
    assert fault.message == "cannot grow: the connector box makes no options in its CRM"
    kept = contact(GROWN.replace(", grow = true", ""))
    RouteTable.compile(loaded(tmp_path, SANDBOX + route("course.enrolled", kept)), plain)
