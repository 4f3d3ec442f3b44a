"""Values that a name can never have, in comparisons and in maps, are told with the nearest one."""

from __future__ import annotations

from pathlib import Path

import pytest

from receiver.aom import EVENTS
from receiver.aom.values.order_status import EVENTS_BY_STATUS, OFF
from receiver.mapping import RouteTable
from receiver.mapping.check.closed_sets import status_can_be
from tests.mapping.sample_routes import contact, field_fault, mapping_faults, route
from tests.settings.configs import SANDBOX, loaded


def warnings(directory: Path, routes: str) -> list[str]:
    """What is told of routes that stand, but for events that nobody takes."""
    found = RouteTable.compile(loaded(directory, SANDBOX + routes)).warnings
    return [str(one) for one in found if "no route takes" not in one.message]


@pytest.mark.parametrize(
    ("expression", "message", "remedy"),
    [
        (
            "{{ 1 if event.name == 'order.payed' else 2 }}",
            "event.name is never 'order.payed': there is no such event",
            "did you mean 'order.placed'?",
        ),
        (
            "{{ event.name in ['order.placed', 'order.fail'] }}",
            "event.name is never 'order.fail'",
            "",
        ),
        (
            "{{ 'Order.Placed' == event.name }}",
            "event.name is never 'Order.Placed'",
            "did you mean",
        ),
        ("{{ event['name'] != 'x' }}", "event.name is never 'x'", "there are: account.created"),
        ("{{ event.name is eq('order.plced') }}", "event.name is never 'order.plced'", ""),
        (
            "{{ source.name == 'springfeild' }}",
            "source.name is never",
            "did you mean 'springfield'",
        ),
        ("{{ event.label == 'New Order' }}", "event.label is never 'New Order'", "did you mean"),
        (
            "{{ order.status == 'completed' }}",
            "order.status is never 'completed': statuses are in capitals",
            "did you mean 'COMPLETED'?",
        ),
        ("{{ order.status == 'wc-on_hold' }}", "order.status is never", "did you mean 'ON-HOLD'?"),
    ],
)
def test_a_comparison_that_never_holds_is_told(
    tmp_path: Path, expression: str, message: str, remedy: str
) -> None:
    """Whichever side the name stands on."""
    fault = field_fault(tmp_path, f'"{expression}"')
    assert fault is not None
    assert fault.message.startswith(message)
    assert fault.remedy.startswith(remedy)


@pytest.mark.parametrize(
    ("value", "key", "says"),
    [
        ("event.name", "order.payed", "event.name is never 'order.payed'"),
        ("event.name", "ordr.*", "event.name is never 'ordr.*': it fits no event"),
        ("event.name if order.paid else 'other'", "othr", "event.name is never 'othr'"),
        ("order.status", "ON_HOLD", "did you mean 'ON-HOLD'?"),
        ("order.paid", "yes", "order.paid is never 'yes'"),
        ("source.name", "shelbyville", "source.name is never 'shelbyville'"),
        ("order.currency", "EURO", "order.currency is never 'EURO'"),
        ("source.currency", "$", "use a code of ISO 4217"),
    ],
)
def test_a_key_that_a_value_never_has_is_told(
    tmp_path: Path, value: str, key: str, says: str
) -> None:
    """At the key's own place."""
    field = (
        f'fields.x = {{ value = "{{{{ {value} }}}}", map = {{ "{key}" = "a" }}, default = "b" }}'
    )
    ((where, fault),) = mapping_faults(tmp_path, route("order.*", contact(field))).items()
    assert where.startswith("routes[0].upsert[0].fields.x.map.")
    assert says in str(fault)


@pytest.mark.parametrize(
    "field",
    [
        '{ value = "{{ order.status }}", map = { completed = "a", "on-hold" = "b", SHIPPED = 1 } }',
        '{ value = "{{ event.name }}", map = { "Order.Placed" = "a", "order.*" = "b" } }',
        '{ value = "{{ order.paid }}", map = { true = "a", False = "b" } }',
        "\"{{ order.status == 'SHIPPED' }}\"",
        "\"{{ event.name == 'order.placed' and order.status in ['COMPLETED', 'SHIPPED'] }}\"",
    ],
)
def test_what_may_come_is_let_through(tmp_path: Path, field: str) -> None:
    """Maps take upper and lower case alike, and a school may have statuses of its own."""
    routes = route("order.*", contact(f"fields.x = {field.replace(' } }', ' }, default = 1 }')}"))
    assert warnings(tmp_path, routes) == []


def test_a_status_that_is_nearly_known_is_a_fault(tmp_path: Path) -> None:
    """It is a slip; a school's own status that looks so is written as the fault says."""
    mapped = 'fields.x = {{ value = "{{{{ order.status }}}}", map = {{ {} = "a" }}, default = 1 }}'
    routes = route("order.*", contact(mapped.format("COMPLETD")))
    ((where, fault),) = mapping_faults(tmp_path, routes).items()
    assert where == "routes[0].upsert[0].fields.x.map.COMPLETD"
    assert str(fault).endswith(
        "order.status: no known status is 'COMPLETD'; did you mean 'COMPLETED'? One of the "
        "school's own is written COMPLETD*"
    )
    assert warnings(tmp_path, route("order.*", contact(mapped.format('"COMPLETD*"')))) == []
    compared = field_fault(tmp_path, "\"{{ 1 if order.status == 'COMPLETD' else 2 }}\"")
    assert compared is not None
    assert compared.remedy.endswith("is written order.status.startswith('COMPLETD')")
    own = "fields.x = \"{{ 1 if order.status.startswith('COMPLETD') else 2 }}\""
    assert warnings(tmp_path, route("order.*", contact(own))) == []


@pytest.mark.parametrize("status", [*EVENTS_BY_STATUS, *sorted(OFF)])
def test_a_known_status_belongs_to_one_event(status: str) -> None:
    """So that an order of another event never has it."""
    orders = [event for event in EVENTS if event.startswith("order.")]
    assert len([event for event in orders if status_can_be(status, event)]) == 1
