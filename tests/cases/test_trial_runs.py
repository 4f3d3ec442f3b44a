"""Every route is run over AOM's samples and values at the edge before a real call comes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from receiver.aom import InvalidBody, read_event, read_sample
from receiver.cases.trial_runs import try_routes, variants
from receiver.config_errors import ConfigFault
from receiver.gateway import sites_of
from receiver.mapping import RouteTable
from receiver.settings import load_settings
from tests.cases.shipped import MAPPINGS, ShippedMapping
from tests.mapping.sample_routes import SITE, contact, route
from tests.settings.configs import SANDBOX, loaded


def tried(directory: Path, routes: str) -> list[ConfigFault]:
    """What is told of routes to the connector `box`."""
    settings = loaded(directory, SANDBOX + routes)
    return try_routes(sites_of(settings), RouteTable.compile(settings))


@pytest.mark.parametrize(
    ("events", "field", "says"),
    [
        (
            "order.placed",
            "{{ order.total > 0 }}",
            "fails for order.placed where order_total is absent: '>' not supported",
        ),
        ("order.placed", "{{ 100 / order.total }}", "where order_total is 0: divides by zero"),
        ("order.placed", "{{ order.line_items[0].name }}", "where line_items is absent: there is"),
        (
            "order.placed",
            "{{ (order.line_items | map(attribute='name') | join)[5000:] | slug | string * 9 }}",
            "product_name is a text of 20,000 characters: | slug takes at most 10,000",
        ),
        (
            "order.placed",
            "{{ raw.coupon_code }}",
            "all is as in AOM's sample: there is no 'coupon_code' in this payload",
        ),
        ("quiz.submitted", "{{ raw.quiz.name.upper() }}", "where quiz is absent"),
        (
            "order.refused",
            "{{ 1 / (order.total - order.total) }}",
            "for order.refused where all is",
        ),
        ("announcement.created", "{{ raw.announcement_title }}", "announcement_title is absent"),
    ],
)
def test_what_raises_is_told_with_the_first_value(
    tmp_path: Path, events: str, field: str, says: str
) -> None:
    """A warning at its place, once; it does not keep the gateway from starting."""
    told = tried(tmp_path, route(events, contact(f'fields.x = "{field}"')))
    assert {fault.where for fault in told} == {"routes[0].upsert[0].fields.x"}
    assert len({fault.message for fault in told}) == len(told)
    assert any(says in fault.message for fault in told)
    assert all(fault.warning and "dead letter" in fault.remedy for fault in told)


def test_one_place_is_told_once_for_all_its_events(tmp_path: Path) -> None:
    """With the names of the events."""
    (fault,) = tried(tmp_path, route("order.*", contact('fields.x = "{{ order.total > 0 }}"')))
    assert "order.placed, order.failed, order.refunded, order.refused, order.pending" in (
        fault.message
    )


def test_a_key_that_can_be_nothing_is_told(tmp_path: Path) -> None:
    """A record needs one."""
    upsert = (
        '[[routes.upsert]]\nobject = "thing"\nkey_field = "k"\neach = "course in courses"\n'
        'key = "{{ course.id }}"'
    )
    (fault,) = tried(tmp_path, route("course.enrolled", upsert))
    assert fault.where == "routes[0].upsert[0].key"
    assert "where enrolled_courses_list[0].id is absent: gives nothing" in fault.message


@pytest.mark.parametrize(
    "field",
    [
        "{{ order.total and order.total > 0 }}",
        "{{ raw.coupon_code | default('') }}",
        "{{ order.line_items | map(attribute='name') | join(', ') | truncate(100) }}",
    ],
)
def test_what_is_guarded_is_let_through(tmp_path: Path, field: str) -> None:
    """Nothing is told of what cannot raise."""
    assert tried(tmp_path, route("order.*", contact(f'fields.x = "{field}"'))) == []


@pytest.mark.parametrize("shipped", MAPPINGS, ids=lambda one: str(one.name))
def test_no_shipped_mapping_raises(tmp_path: Path, shipped: ShippedMapping) -> None:
    """Whatever is absent, empty, zero, long or in letters of any kind."""
    settings = load_settings(shipped.write_config(tmp_path), {}, stand_ins=True)
    assert try_routes(sites_of(settings), RouteTable.compile(settings)) == []


def test_every_value_of_a_payload_is_put_to_its_edge() -> None:
    """And most of what comes of it is a call that routes see."""
    sample = json.loads(read_sample("order.placed") or b"{}")
    made = dict(variants(sample))
    assert len(made) > 100
    for words in (
        "order_total is 0",
        "customer.first_name is absent",
        "customer.billing_address is empty",
        "line_items[0].product_name is a text of 20,000 characters",
        "line_items is empty",
        "date_created is null",
        "all that may be absent is",
    ):
        assert words in made
    accepted = 0
    for payload in made.values():
        try:
            read_event(json.dumps(payload).encode(), SITE, "order.placed")
            accepted += 1
        except InvalidBody:
            continue
    assert accepted > len(made) * 0.9
