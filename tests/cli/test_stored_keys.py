"""`check` asks the running gateway which keys it has met."""

from __future__ import annotations

from pathlib import Path

from receiver.cli.stored_keys import fetch_stored_keys
from receiver.settings import load_settings
from tests.cli.command import command
from tests.cli.mapping_tests import ORDER
from tests.processes import gateway, write_config

ROUTE = """
[[routes]]
name = "loyal"
events = ["order.placed"]
connector = "sandbox"
[[routes.upsert]]
object = "contact"
fields.level = "{{ raw.loyalty_levle | default('') }}"
"""


def test_a_slip_in_a_key_that_was_met_is_told(tmp_path: Path) -> None:
    """A school's own key is known to the gateway that stored it; without it nothing is told."""
    config = write_config(tmp_path)
    config.write_text(config.read_text() + ROUTE)
    (tmp_path / "order.json").write_text(ORDER.replace('"id"', '"loyalty_level": "gold", "id"'))
    assert "loyalty" not in command("check", at=tmp_path).err
    with gateway(config) as running:
        command("send", "order.placed", "--file", "order.json", at=tmp_path)
        running.wait_until_delivered()
        keys = fetch_stored_keys(load_settings(config))
        told = command("check", at=tmp_path).err
    assert keys == {"order.placed": {"loyalty_level"}}
    assert "'raw.loyalty_levle'" in told
    assert "did you mean 'loyalty_level'?" in told


def test_nobody_is_asked_without_a_token(tmp_path: Path) -> None:
    """Nor where something else listens there."""
    config = write_config(tmp_path)
    assert fetch_stored_keys(load_settings(config)) == {}
    lines = config.read_text().splitlines()
    config.write_text("\n".join(line for line in lines if not line.startswith("admin_token")))
    assert fetch_stored_keys(load_settings(config)) == {}
