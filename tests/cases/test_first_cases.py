"""A first case for each event, that passes as it is written."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from receiver.aom import EVENTS, LABELS
from receiver.cases import MappingCoverage
from receiver.cases.first_cases import first_cases
from receiver.gateway import sites_of
from receiver.mapping import RouteTable
from receiver.settings import load_settings
from tests.cases.mapped import CONFIG, run, settings
from tests.cases.shipped import MAPPINGS, ShippedMapping


def test_every_event_has_one(tmp_path: Path) -> None:
    """By the label of AOM's menu, also where the mapping has no route for it."""
    configured = settings(tmp_path)
    text = first_cases(sites_of(configured)["springfield"], RouteTable.compile(configured))
    cases = tomllib.loads(text)["case"]
    assert [case["event"] for case in cases[:-1]] == list(EVENTS)
    assert [case["name"] for case in cases[:-1]] == [LABELS[event] for event in EVENTS]
    results = run(tmp_path, text, CONFIG)
    assert [result.mismatches for result in results] == [()] * len(cases)
    assert cases[0]["expect"] == [{"none": True}]


def test_they_are_the_same_every_time(tmp_path: Path) -> None:
    """No clock and no dice: what differs is the mapping."""
    configured = settings(tmp_path)
    site, routes = sites_of(configured)["springfield"], RouteTable.compile(configured)
    assert first_cases(site, routes) == first_cases(site, routes)


@pytest.mark.parametrize("shipped", MAPPINGS, ids=lambda one: str(one.name))
def test_they_reach_all_of_a_shipped_mapping(tmp_path: Path, shipped: ShippedMapping) -> None:
    """So that whoever begins changes nothing unseen."""
    coverage = MappingCoverage()
    configured = load_settings(shipped.write_config(tmp_path), {}, stand_ins=True)
    site, routes = next(iter(sites_of(configured).values())), RouteTable.compile(configured)
    results = shipped.run(tmp_path, first_cases(site, routes), coverage)
    assert all(result.passed for result in results)
    assert coverage.missed == ()
