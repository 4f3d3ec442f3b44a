"""`status`: how the connectors stand, by what their leader has kept of them."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

from receiver.inbox import ConnectorState, Inbox
from tests.cli.command import command
from tests.inbox.store import keep_state
from tests.processes import gateway, write_config


async def keep(directory: Path, state: ConnectorState) -> None:
    inbox = await Inbox.open(f"sqlite:///{directory / 'aom-gateway.db'}", dedup_hours=24)
    await keep_state(inbox, state)
    await inbox.aclose()


def test_what_a_leader_has_learnt_is_shown(tmp_path: Path) -> None:
    """Its name, what is to be known while the connector runs, and how large its calls may be."""
    write_config(tmp_path)
    state = ConnectorState("sandbox", note="slow\x1b[2J", sizes={"contact": 25, "deal": 1})
    asyncio.run(keep(tmp_path, state))
    shown = command("status", at=tmp_path, code=1).out.splitlines()
    assert "sandbox: delivered by test" in shown
    assert "sandbox: at most 25 contact, 1 deal in a call" in shown
    (note,) = [line for line in shown if line.startswith("sandbox: slow")]
    assert "\x1b" not in note
    one = command("status", "--json", at=tmp_path, code=1).json["connectors"]["sandbox"]
    assert (one["leader"], one["sizes"]) == ("test", {"contact": 25, "deal": 1})


def test_a_running_gateway_leads_its_connector(tmp_path: Path) -> None:
    """By its host and number; where nothing is to be said, nothing is."""
    with gateway(write_config(tmp_path)) as running:
        running.wait_until_delivered()
        one = command("status", "--json", at=tmp_path).json["connectors"]["sandbox"]
        assert one["leader"] == f"{socket.gethostname()}:{running.process.pid}"
        assert (one["note"], one["sizes"]) == ("", {})
        assert "at most" not in command("status", at=tmp_path).out
