"""The question before a replay, and what is begun by the answer."""

from __future__ import annotations

import html
import re
from pathlib import Path

from tests.console.visitor import Visitor
from tests.gateway.changing import Changing, account, boxed
from tests.processes import gateway, write_config


def facts(page: str) -> dict[str, str]:
    """What the question says, by name."""
    pairs = re.findall(r"<dt>(.*?)</dt>\s*<dd>(.*?)</dd>", page, re.DOTALL)
    return {name: html.unescape(re.sub("<[^>]+>", "", text)).strip() for name, text in pairs}


def test_a_question_counts_all_that_would_be_delivered(tmp_path: Path) -> None:
    """Chosen ones, later ones of the same person, and those for a route that was added since; the
    answer delivers just that.
    """
    config = write_config(tmp_path, boxed())
    with gateway(config) as running:
        changed, visitor = Changing(running, config), Visitor(running.url)
        later = {**account(1), "first_name": "Ada"}
        assert [changed.post(1), changed.send(later)] == [202, 202]
        running.wait_until_delivered()
        changed.edit(
            ("[connectors.box]", '[connectors.other]\ntype = "sandbox"\n[connectors.box]'),
            ('connector = "box"', 'connector = ["box", "other"]'),
        )
        changed.reload()
        visitor.sign_in()
        first = running.admin("/api/events")["items"][-1]["id"]
        visitor.get(f"/console/events/{first}")
        asked = visitor.post(f"/console/events/{first}/replay")
        assert facts(asked.text) == {
            "Chosen": "1 delivery",
            "Later ones": "1 of the same people, so that the order is kept",
            "Routes added since": "1 delivery of 1 event to other 1",
            "To": "box 2, other 1",
            "For": "1 person, and whoever is in the events for routes added since",
        }
        answered = visitor.post(f"/console/events/{first}/replay", {"confirmed": "yes"})
        assert answered.headers["location"].startswith("/console/work/")
        running.wait_until_delivered()
        deliveries = running.admin(f"/api/events/{first}")["deliveries"]
        assert {one["connector"]: len(one["attempts"]) for one in deliveries} == {
            "box": 2,
            "other": 1,
        }
