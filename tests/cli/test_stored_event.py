"""`explain` of an event that the gateway has stored."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from receiver.cli.stored_event import names_stored_event
from tests.cli.command import command
from tests.cli.mapping_tests import ORDER
from tests.processes import gateway, write_config


def test_an_id_is_told_from_a_file(tmp_path: Path) -> None:
    """Also where a file is called like one."""
    event_id = "01a22e7b332f7b90a150f2a86dfbcf3e"
    assert names_stored_event(event_id)
    assert not names_stored_event("order.json")
    (tmp_path / event_id).touch()
    assert not names_stored_event(str(tmp_path / event_id))


def test_a_stored_event_is_explained(tmp_path: Path) -> None:
    """By the mapping as it stands now, at the time when it came, under the name in its URL."""
    config = write_config(tmp_path)
    (tmp_path / "order.json").write_text(ORDER)
    with gateway(config) as running:
        command("send", "order.refused", "--file", "order.json", at=tmp_path)
        running.wait_until_delivered()
        (event,) = command("events", "--json", at=tmp_path).json["items"]
    route = """
[[routes]]
name = "orders"
events = ["order.*"]
connector = "sandbox"
[[routes.upsert]]
object = "contact"
fields.at = "{{ event.received_at }}"
"""
    config.write_text(config.read_text() + route)
    told = command("explain", event["id"], "--json", at=tmp_path).json
    assert (told["event"], told["recognised_by"]) == (event["event"], event["recognised_by"])
    assert told["disagreement"]
    ((record,),) = [delivery["records"] for delivery in told["deliveries"]]
    assert (record["key"], record["fields"].keys()) == ("ada@math.org", {"at"})
    at = record["fields"]["at"].replace(" ", "T")
    assert datetime.fromisoformat(at) == datetime.fromisoformat(event["received_at"])
    assert "404" in command("explain", "0" * 32, at=tmp_path, code=1).err
