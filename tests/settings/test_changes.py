"""What differs between two configurations, and what of it counts without a restart."""

from __future__ import annotations

from pathlib import Path

from receiver.settings import SettingChange, Settings, compare_settings, keep_fixed
from tests.settings.configs import SANDBOX, TOKEN, loaded

ROUTE = """
[[routes]]
name = "people"
events = ["account.created"]
connector = "box"
[[routes.upsert]]
object = "contact"
fields.score = "1"
"""


def test_each_difference_is_told_by_its_place(tmp_path: Path) -> None:
    """What came, what went, what is another; a table's settings one by one, a route as one."""
    before = loaded(tmp_path, SANDBOX + ROUTE)
    text = (SANDBOX + ROUTE).replace(TOKEN, f"{TOKEN}-2").replace('score = "1"', 'score = "2"')
    text = text.replace("[connectors.box]", "[connectors.box]\nbatch_size = 7")
    text += '[connectors.new]\ntype = "sandbox"\n[delivery]\nlease_seconds = 9\n'
    text += '[alerts]\nurl = "http://127.0.0.1:1/x"\n'
    after = loaded(tmp_path, text)
    assert compare_settings(before, after) == [
        SettingChange("sources.springfield.tokens", "changed"),
        SettingChange("connectors.box.batch_size", "changed"),
        SettingChange("connectors.new", "added"),
        SettingChange("routes.people", "changed"),
        SettingChange("delivery.lease_seconds", "changed"),
        SettingChange("alerts", "added"),
    ]
    assert SettingChange("connectors.new", "removed") in compare_settings(after, before)


def test_two_that_are_the_same_do_not_differ(tmp_path: Path) -> None:
    """Also where they were read twice."""
    one, other = (loaded(tmp_path, SANDBOX + ROUTE) for _ in range(2))
    assert compare_settings(one, other) == []


def test_another_type_is_the_connector_changed(tmp_path: Path) -> None:
    """Its settings have nothing in common."""
    before = loaded(tmp_path, SANDBOX)
    text = SANDBOX.replace('"sandbox"', '"hubspot"\naccess_token = "pat-na1-0123456789"')
    after = loaded(tmp_path, text)
    assert compare_settings(before, after) == [SettingChange("connectors.box", "changed")]


def test_what_is_fixed_stays_as_it_runs(tmp_path: Path) -> None:
    """Its places are named; all else is as it was written anew."""
    running = loaded(tmp_path, SANDBOX)
    written = loaded(
        tmp_path,
        f'{SANDBOX}[server]\nport = 1\nmax_body_bytes = 2048\n[log]\nlevel = "error"\n'
        '[store]\nkeep_days = 3\nurl = "sqlite:///other.db"\n',
    )
    kept, waiting = keep_fixed(running, written)
    assert waiting == ["server.port", "store.url", "log.level"]
    assert (kept.server.port, kept.server.max_body_bytes) == (running.server.port, 2048)
    assert (kept.store.url, kept.store.keep_days) == (running.store.url, 3)
    assert kept.log == running.log
    assert isinstance(kept, Settings)
