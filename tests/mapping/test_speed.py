"""Rendering is cheap beside a call of a CRM."""

from pathlib import Path
from timeit import repeat

from receiver.mapping import Mapping
from tests.mapping.routes import context
from tests.settings.configs import SANDBOX, loaded

BUDGET = 300e-6  # seconds


def test_an_order_is_rendered_within_its_budget(tmp_path: Path) -> None:
    """Two upserts with a dozen expressions; the best of many rounds, since others share the machine."""
    mapping = Mapping.compile(loaded(tmp_path, SANDBOX + 'mapping = "standard"\n'))
    names = context("order.placed")
    best = min(repeat(lambda: mapping.render("box", "springfield", "order.placed", names), number=50, repeat=40)) / 50
    assert best < BUDGET
