"""A connector that writes nothing: what it would write is kept and shown, and is written once it is
switched off.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx

from tests.cli.command import command
from tests.console.visitor import Visitor
from tests.e2e.accounts.hubspot import hubspot
from tests.gateway.changing import NO_TLS, Changing, boxed
from tests.gateway.test_reload import changing

IF_EMPTY = """
[[routes]]
events = ["account.created"]
connector = "hubspot"
[[routes.upsert]]
object = "contact"
fields.firstname = { value = "Ada", overwrite = "if_empty" }
fields.lastname = "Byron"
"""


def event_of(changed: Changing, number: int) -> dict[str, Any]:
    """The story of the event of this account."""
    (found,) = changed.running.admin(f"/api/events?person=p{number}@example.edu")["items"]
    story: dict[str, Any] = changed.running.admin(f"/api/events/{found['id']}")
    return story


def test_nothing_is_written_until_it_is_switched_off(tmp_path: Path, store_url: str) -> None:
    """What would be is on the event's page and in the API; then a replay writes it, as new."""
    with changing(tmp_path, boxed(settings="dry_run = true"), store=store_url) as changed:
        assert changed.post(1) == 202
        changed.running.wait_until_delivered()
        assert changed.contacts() == {}
        story = event_of(changed, 1)
        (delivery,) = story["deliveries"]
        assert (story["state"], delivery["state"]) == ("dry_run", "dry_run")
        (attempt,) = delivery["attempts"]
        (sent,) = attempt["sent"]
        assert (attempt["outcome"], sent["result"]) == ("dry_run", "dry_run")
        assert sent["fields"]["made_by"] == "first"
        assert "id" not in sent
        status = changed.running.admin("/api/status")["connectors"]["box"]
        assert status["dry_run"]
        assert "running, dry run" in command("status", at=tmp_path).out
        visitor = Visitor(changed.running.url)
        visitor.sign_in()
        assert "nothing is written" in visitor.get("/console").text
        assert (
            "A dry run: nothing was written" in visitor.get(f"/console/events/{story['id']}").text
        )
        assert changed.running.admin("/api/people/p1@example.edu")["records"] == []
        assert _metric(changed, "dry_run") == 1
        assert _metric(changed, "delivered") == 0
        changed.edit(("dry_run = true", "dry_run = false"))
        changed.reload()
        assert changed.post(2) == 202
        changed.running.wait_until_delivered()
        assert changed.contacts().keys() == {"p2@example.edu"}
        command("replay", "--state", "dry_run", "--connector", "box", "--yes", at=tmp_path)
        changed.running.wait_until_delivered()
        assert changed.contacts().keys() == {"p1@example.edu", "p2@example.edu"}
        assert event_of(changed, 1)["state"] == "delivered"
        assert not changed.running.admin("/api/events?state=dry_run")["items"]


def test_what_is_written_beside_it_is_not_forgotten(tmp_path: Path) -> None:
    """Fields that were only rendered in a dry run count as never set, and a replay takes later
    deliveries of the person along.
    """
    with changing(tmp_path, boxed("first")) as changed:
        assert changed.post(1) == 202
        changed.running.wait_until_delivered()
        changed.edit(('type = "sandbox"', 'type = "sandbox"\ndry_run = true'), ("first", "second"))
        changed.reload()
        command("replay", "--connector", "box", "--yes", at=tmp_path)
        changed.running.wait_until_delivered()
        assert changed.contacts()["p1@example.edu"]["made_by"] == "first"
        (sent,) = event_of(changed, 1)["deliveries"][0]["attempts"][-1]["sent"]
        assert (sent["fields"]["made_by"], sent["result"]) == ("second", "dry_run")
        changed.edit(("dry_run = true", ""))
        changed.reload()
        command("replay", "--state", "dry_run", "--yes", at=tmp_path)
        changed.running.wait_until_delivered()
        assert changed.contacts()["p1@example.edu"]["made_by"] == "second"


def test_the_crm_is_asked_and_not_written(tmp_path: Path) -> None:
    """What it holds decides what would be written; no call but reading ones is made."""
    with hubspot() as account:
        table = account.table().replace('mapping = "standard"', "dry_run = true")
        with changing(tmp_path, table + IF_EMPTY) as changed:
            assert changed.post(1) == 202
            changed.running.wait_until_delivered()
            calls = [call.path for call in account.fake.app.calls]
            assert [
                path
                for path in calls
                if not re.search("/read|/properties|/search|/account-info", path)
            ] == []
            assert any("/read" in path for path in calls)
            changed.edit(("dry_run = true", ""))
            changed.reload()
            command("replay", "--state", "dry_run", "--yes", at=tmp_path)
            changed.running.wait_until_delivered()
            contact = account.contacts()["p1@example.edu"]
            assert (contact.first_name, contact.last_name) == ("Ada", "Byron")


def test_the_command_lists_what_was_not_written(tmp_path: Path) -> None:
    """By its state."""
    with changing(tmp_path, boxed(settings="dry_run = true")) as changed:
        assert changed.post(1) == 202
        changed.running.wait_until_delivered()
        assert "p1@example.edu" in command("events", "--state", "dry_run", at=tmp_path).out


def _metric(changed: Changing, outcome: str) -> float:
    text = httpx.get(f"{changed.running.url}/metrics", verify=NO_TLS, trust_env=False).text
    name = f'aom_gateway_deliveries_total{{connector="box",outcome="{outcome}"}} '
    return float(text.partition(name)[2].partition("\n")[0] or 0)
