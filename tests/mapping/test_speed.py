"""Rendering is cheap beside a call of a CRM."""

import sys
from pathlib import Path
from typing import Any

from receiver.mapping import RouteTable
from tests.mapping.sample_routes import context
from tests.settings.configs import SANDBOX, loaded

CALLS = 200  # of functions in Python, which are as many on a slow machine


def test_an_order_is_rendered_in_few_calls(tmp_path: Path) -> None:
    """Two upserts with a dozen expressions: a path like `person.first_name` is a function, not a
    template.
    """
    table = RouteTable.compile(loaded(tmp_path, SANDBOX + 'mapping = "standard"\n'))
    names = context("order.placed")
    table.render("box", "springfield", "order.placed", names)
    calls = 0

    def count(frame: Any, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        table.render("box", "springfield", "order.placed", names)
    finally:
        sys.setprofile(before)
    assert 0 < calls < CALLS
