"""What a backlog costs in calls of each CRM."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.accounts import Account, configure
from tests.e2e.traffic import Post, buyers, days, last_status, orders, people, post_all
from tests.processes import Running, gateway

EVENTS = 2000
BUDGETS = {"hubspot": (0.035, 0.02), "salesforce": (0.025, 0.02)}
"""Calls per event: of orders of as many new buyers, and of all kinds of events of a fifth as many learners."""


def drain(running: Running, crms: Collection[Account], posts: list[Post]) -> dict[str, Any]:
    """Let all gather while the CRMs ask to wait, then be delivered. Returns the status."""
    for crm in crms:
        crm.hold()
    post_all(running, posts)
    assert running.admin("/api/status")["pending"] >= EVENTS * len(crms)
    for crm in crms:
        crm.forget_calls()
        crm.clear()
    return running.wait_until_delivered()


@pytest.mark.parametrize("kind", ["orders", "days"])
def test_a_backlog_costs_few_calls(tmp_path: Path, crms: dict[str, Account], kind: str) -> None:
    """Records go together, contacts, deals and links: nobody is written twice, and the calls are within their budget."""
    posts = orders(EVENTS) if kind == "orders" else days(EVENTS, learners=EVENTS // 5)
    with gateway(configure(tmp_path, *crms.values())) as running:
        assert drain(running, crms.values(), posts)["dead"] == 0
    for name, crm in crms.items():
        contacts, deals = crm.contacts(), crm.deals()
        assert contacts.keys() == people(posts)
        assert {key: deal.status for key, deal in deals.items()} == last_status(posts)
        assert crm.buyers() == buyers(posts)
        assert {contact.writes for contact in contacts.values()} == {deal.writes for deal in deals.values()} == {1}
        assert crm.calls() <= BUDGETS[name][kind == "days"] * EVENTS
