"""A mistake in the mapping that kills deliveries: found, mended, and made good in one command."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.traffic import Post, orders, post_all
from tests.processes import gateway, write_config
from tests.program import run_program

LEARNERS = 500

MISTAKEN = """
[connectors.sandbox]
type = "sandbox"

[[routes]]
name = "orders"
events = ["order.*"]
connector = "sandbox"

[[routes.upsert]]
object = "contact"
fields.lastname = "{{ person.last_name }}"

[[routes.upsert]]
object = "deal"
key = "{{ source.name }}:{{ order.id }}"
links = ["contact"]
fields.amount = "{{ order.total }}"
fields.dealstage = "{{ {'REFUNDED': 'refunded'}[order.status] }}"
"""

MENDED = MISTAKEN.replace("{{ {'REFUNDED': 'refunded'}[order.status] }}", "{{ order.status }}")


def command(*words: str, at: Path, code: int = 0) -> Any:
    """What the command prints as JSON."""
    done = run_program(*words, "--json", cwd=at)
    assert done.returncode == code, done.stderr + done.stdout
    return json.loads(done.stdout)


def refunds(posts: Sequence[Post]) -> list[Post]:
    """Each order again, refunded."""
    return [("order.refunded", {**payload, "status": "REFUNDED"}) for _, payload in posts]


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_a_mapping_mistake_is_made_good(
    tmp_path: Path, request: pytest.FixtureRequest, store: str
) -> None:
    """500 deliveries died of one mistake.

    `dead` names its reason, the mapping is mended, `replay --group` does the rest: all 500 end
    right although half of their people's orders were refunded meanwhile, and nobody falls back
    behind the refund.
    """
    config = write_config(tmp_path, MISTAKEN, store=request.getfixturevalue(f"{store}_url"))
    placed = orders(LEARNERS)
    refunded = refunds(placed[: LEARNERS // 2])
    with gateway(config) as running:
        post_all(running, placed)
        running.wait_until_delivered()
        post_all(running, refunded)
        assert running.wait_until_delivered()["dead"] == LEARNERS
        (group,) = command("dead", at=tmp_path, code=1)
        assert group["count"] == LEARNERS
        assert "dealstage" in group["reason"]
        assert running.terminate() == 0
    config.write_text(config.read_text().replace(MISTAKEN, MENDED))
    command("check", at=tmp_path)
    with gateway(config) as running:
        done = command("replay", "--group", group["id"], "--yes", "--wait", at=tmp_path)
        assert (done["chosen"], done["replayed"]) == (LEARNERS, LEARNERS + len(refunded))
        assert command("dead", at=tmp_path) == []
        stages = {
            deal["key"]: deal["fields"]["dealstage"] for deal in running.records("sandbox", "deal")
        }
        gone = {f"springfield:{payload['id']}" for _, payload in refunded}
        assert stages == {
            f"springfield:{payload['id']}": "REFUNDED"
            if f"springfield:{payload['id']}" in gone
            else "COMPLETED"
            for _, payload in placed
        }
        assert len(running.records("sandbox", "contact")) == LEARNERS
