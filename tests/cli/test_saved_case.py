"""A stored event becomes a test of the mapping, without its personal data."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from tests.cli.command import command
from tests.cli.mapping_tests import CASE, ORDER, write_tests
from tests.processes import gateway, write_config


def stored_event(directory: Path) -> str:
    """The id of an order that a gateway has taken and delivered."""
    (directory / "order.json").write_text(ORDER)
    with gateway(directory / "config.toml") as running:
        command("send", "order.placed", "--file", "order.json", at=directory)
        running.wait_until_delivered()
        ((event),) = command("events", "--json", at=directory).json["items"]
        return str(event["id"])


def test_a_stored_event_becomes_a_case(tmp_path: Path) -> None:
    """Without its person; it passes, and is not written twice."""
    write_config(tmp_path)
    event = stored_event(tmp_path)
    command("test", "--save", event, at=tmp_path)
    file = tmp_path / "tests" / "saved.toml"
    for word in ("ada", "lovelace", "math.org"):
        assert word not in file.read_text().casefold()
    (case,) = tomllib.loads(file.read_text())["case"]
    assert (case["event"], case["source"]) == ("order.placed", "springfield")
    assert fields_of(case, "deal")["amount"] == 12.5
    assert fields_of(case, "contact")["firstname"] == "First1"
    assert "1 passed" in command("test", at=tmp_path).out
    assert "already" in command("test", "--save", event, at=tmp_path, code=1).err
    other = write_tests(tmp_path)
    command("test", "--save", event, str(other), at=tmp_path)
    assert other.read_text().startswith(CASE.rstrip())
    assert "4 cases: 4 passed" in command("test", at=tmp_path).out


def fields_of(case: dict[str, Any], object: str) -> dict[str, Any]:
    (found,) = [one["fields"] for one in case["expect"] if one["object"] == object]
    return dict(found)


def test_only_an_event_that_is_there_becomes_a_case(tmp_path: Path) -> None:
    """Else the gateway says so, and nothing is written."""
    write_config(tmp_path)
    stored_event(tmp_path)
    assert "404" in command("test", "--save", "0" * 32, at=tmp_path, code=1).err
    assert not (tmp_path / "tests" / "saved.toml").exists()
