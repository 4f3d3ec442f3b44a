"""Expressions can't reach the program, and can't use it up."""

from pathlib import Path

import pytest

from receiver.mapping import MappingFault
from tests.mapping.sample_routes import field_fault, value


@pytest.mark.parametrize(
    "expression",
    [
        "{{ ''.__class__ }}",
        "{{ person.__class__.__mro__ }}",
        "{{ person.model_fields }}",
        "{{ person.model_copy() }}",
        "{{ order.line_items.append(5) }}",
        "{{ 'x'.format(5) }}",
        "{{ order.total.as_tuple() }}",
        "{{ (raw.status | upper).__class__ }}",
        "{{ self }}",
        "{{ range(5) }}",
        "{{ lipsum() }}",
        "{{ cycler('a') }}",
        "{% import 'x' as y %}",
        "{% include 'x' %}",
        "{% macro f() %}{% endmacro %}",
        "{{ order | tojson }}",
        "{{ order | attr('id') }}",
        "{{ order | pprint }}",
        "{{ [1, 2] | random }}",
        "{{ 'x' | center(1000000000) }}",
        "{{ '%1000000000d' | format(5) }}",
        "{{ ('%1000000000d' if raw else none) % 5 }}",
        "{{ 10 ** 1000000000 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ 1 << 1000000000 }}",
        "{{ 1e400 }}",
        "{{ [-1e400] | first }}",
        "{{ " + "9" * 5000 + " }}",
        "{{ 0x" + "f" * 5000 + " }}",
        "{% for one in raw.list recursive %}{{ loop(raw.list) }}{% endfor %}",
        "{{ raw.list | map(raw.status) | join }}",
        "{{ raw.list | map('upper', *raw.list) | join }}",
        "{{ raw.status.replace(**raw) }}",
        "{{ raw.list | map(' loop', 5) | join }}",
    ],
)
def test_what_leads_out_is_refused_beforehand(tmp_path: Path, expression: str) -> None:
    """Inner attributes, globals, templates and filters that are not offered are faults of the
    configuration.
    """
    assert field_fault(tmp_path, f'"{expression}"') is not None


@pytest.mark.parametrize(
    "expression",
    [
        "{{ raw.__class__ }}",
        "{{ raw['__class__'] }}",
        "{{ raw.pop('id') }}",
        "{{ raw.clear() }}",
        "{{ raw.status.format(5) }}",
        "{{ raw.status.format_map(raw) }}",
        "{{ raw.update({}) }}",
        "{{ raw.get.__self__ }}",
        "{{ 'x' * 1000000000 }}",
        "{{ 1000000000 * [1] }}",
        "{{ raw.status % 5 }}",
        "{{ 'x' * 60000 }}{{ 'x' * 60000 }}",
        "{{ 'x' * 60000 ~ 'x' * 60000 }}",
    ],
)
def test_what_shows_only_at_work_is_a_fault_of_the_event(tmp_path: Path, expression: str) -> None:
    """What can't be seen beforehand is refused at once, without harm, and with its place."""
    with pytest.raises(MappingFault) as raised:
        value(tmp_path, f'"{expression}"')
    assert raised.value.where == "routes[0].upsert[0].fields.x"


def test_a_key_of_the_payload_comes_before_a_method(tmp_path: Path) -> None:
    """`raw.items` is what was sent under that name."""
    body = b'{"id": 5, "status": "COMPLETED", "customer": {"email": "a@x.test"}, "items": "mine"}'
    assert value(tmp_path, '"{{ raw.items }}"', body=body) == "mine"
    assert value(tmp_path, "\"{{ raw.get('items') }}\"", body=body) == "mine"
