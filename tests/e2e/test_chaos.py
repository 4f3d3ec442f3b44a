"""The short form of `make chaos`: gateways and their database are broken on purpose, and nothing is
lost, doubled or out of order.
"""

from __future__ import annotations

from pathlib import Path

from tests.chaos.run import run
from tests.databases import serve_postgresql


def test_whatever_breaks_the_crm_ends_right(tmp_path: Path) -> None:
    """Three processes, a fifth of all calls failing, and a kill, a freeze or a dead database every
    few seconds.
    """
    with serve_postgresql() as database:  # of its own: it is killed
        report = run(tmp_path, database, seconds=20, seed=11, senders=4)
    assert report.wrong == ()
    assert report.answered > 20
    assert report.struck
