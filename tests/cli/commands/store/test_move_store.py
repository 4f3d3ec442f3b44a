"""`move-store` with the real program before and after it."""

from __future__ import annotations

from pathlib import Path

from tests.cli.command import command
from tests.cli.test_operating import account, post
from tests.processes import gateway, write_config


def test_a_school_moves_to_postgresql_and_goes_on(tmp_path: Path, postgresql_url: str) -> None:
    """Its events, its ids in the CRM and its numbers are there; what is posted again is known."""
    config = write_config(tmp_path)
    with gateway(config) as running:
        id = post(running, "account.created", account("ann@example.edu"))
        running.wait_until_delivered()
        assert "in use" in command("move-store", postgresql_url, at=tmp_path, code=1).err
    moved = command("move-store", postgresql_url, "--json", at=tmp_path).json
    assert moved["tables"]["event"] == moved["tables"]["delivery"] == 1
    assert moved["rows"] == sum(moved["tables"].values())
    again = command("move-store", postgresql_url, at=tmp_path, code=1).err
    assert "holds data already" in again
    text = config.read_text()
    assert "sqlite:///" in text
    url = next(line for line in text.splitlines() if "sqlite:///" in line)
    config.write_text(text.replace(url, f'url = "{postgresql_url}"'))
    with gateway(config) as running:
        assert post(running, "account.created", account("ann@example.edu")) == id
        post(running, "account.created", {**account("ann@example.edu"), "last_name": "Moor"})
        running.wait_until_delivered()
        (contact,) = running.records("sandbox", "contact")
        assert contact["key"] == "ann@example.edu"
    assert "PostgreSQL already" in command("move-store", postgresql_url, at=tmp_path, code=1).err


def test_another_target_is_refused(tmp_path: Path) -> None:
    """And a store that is not there."""
    write_config(tmp_path)
    wrong = command("move-store", "sqlite:///other.db", at=tmp_path, code=2).err
    assert "A store moves to PostgreSQL" in wrong
    nothing = command("move-store", "postgresql://u@localhost/d", at=tmp_path, code=1).err
    assert "There is no store yet" in nothing
