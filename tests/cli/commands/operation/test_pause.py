"""`pause` and `resume`: a connector that an operator holds back."""

from __future__ import annotations

from pathlib import Path

import httpx

from tests.cli.command import command
from tests.cli.test_operating import account, post
from tests.processes import Running, gateway, until, write_config

WHY = "the school moves to another portal"


def test_a_paused_connector_is_left_alone_until_it_is_resumed(tmp_path: Path) -> None:
    """Across a restart, too; what came meanwhile is then delivered."""
    config = write_config(tmp_path)
    with gateway(config) as running:
        assert command("resume", "sandbox", at=tmp_path).out == (
            "sandbox was not paused by an operator.\n"
        )
        assert command("pause", "sandbox", "--reason", WHY, "--json", at=tmp_path).json == {
            "paused": True,
            "changed": True,
        }
        post(running, "account.created", account("ann@example.edu"))
        assert contacts(running) == 0
    with gateway(config) as running:
        status = command("status", at=tmp_path, code=1).out
        assert "paused" in status
        assert WHY in status
        ready = httpx.get(f"{running.url}/readyz", trust_env=False).json()
        assert ready["connectors"] == {"sandbox": {"state": "paused", "reason": WHY}}
        metrics = httpx.get(f"{running.url}/metrics", trust_env=False).text
        assert 'connector_paused{connector="sandbox",reason="operator"} 1.0' in metrics
        assert "already paused" in command("pause", "sandbox", "--reason", "x", at=tmp_path).out
        assert contacts(running) == 0
        assert command("resume", "sandbox", at=tmp_path).out == "sandbox goes on.\n"
        running.wait_until_delivered()
        assert contacts(running) == 1


def test_a_pause_needs_a_reason_and_a_connector_that_there_is(tmp_path: Path) -> None:
    """Without a gateway that runs, the store alone is asked and changed."""
    config = write_config(tmp_path)
    with gateway(config):
        pass
    assert "--reason" in command("pause", "sandbox", at=tmp_path, code=2).err
    assert "reason" in command("pause", "sandbox", "--reason", "  ", at=tmp_path, code=2).err
    unknown = command("pause", "hubspt", "--reason", "x", at=tmp_path, code=1).err
    assert "There is no connector 'hubspt'; there are: sandbox." in unknown
    assert "is paused" in command("pause", "sandbox", "--reason", "x", at=tmp_path).out
    assert "paused" in command("status", at=tmp_path, code=1).out


def contacts(running: Running) -> int:
    """How many the sandbox holds, once the gateway has had a look at what waits."""
    until(lambda: bool(running.admin("/api/status")["connectors"]["sandbox"]["leader"]), "a leader")
    return len(running.admin("/api/connectors/sandbox/records/contact")["items"])
