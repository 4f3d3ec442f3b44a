"""What a backlog costs in calls of each CRM."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.accounts import Account, configure, salesforce
from tests.e2e.traffic import Post, buyers, days, last_status, orders, people, post_all
from tests.processes import Running, gateway

ORDERS = 2000
DAYS = int(
    os.environ.get("BACKLOG_DAYS", "4000")
)  # enough that what is asked and made once weighs little
"""How many events: orders of as many new buyers; and events of all kinds, of a fifth as many
learners.
"""

CALLS_FOR_ORDERS = {"hubspot": 0.045, "salesforce": 0.025}
CALLS_FOR_DAYS = {"hubspot": 0.012, "salesforce": 0.009}
CALLS_WITH_ACCOUNTS = {"orders": 0.03, "days": 0.011}
"""Per event, at the most; the last ones are of Salesforce with an Account for each person."""

POSTS = {"orders": orders(ORDERS), "days": days(DAYS, learners=DAYS // 5)}


def drain(running: Running, crms: Collection[Account], posts: list[Post]) -> dict[str, Any]:
    """Let all gather while the CRMs ask to wait, then be delivered. Returns the status."""
    for crm in crms:
        crm.hold()
    post_all(running, posts)
    assert not any(crm.contacts() for crm in crms)
    for crm in crms:
        crm.forget_calls()
        crm.clear()
    return running.wait_until_delivered()


@pytest.mark.parametrize(
    ("posts", "budget"),
    [(POSTS["orders"], CALLS_FOR_ORDERS), (POSTS["days"], CALLS_FOR_DAYS)],
    ids=["orders", "days"],
)
def test_a_backlog_costs_few_calls(
    tmp_path: Path, crms: dict[str, Account], posts: list[Post], budget: dict[str, float]
) -> None:
    """Records go together, contacts, deals and links: nobody is written twice, and the calls are
    within their budget.
    """
    with gateway(configure(tmp_path, *crms.values())) as running:
        assert drain(running, crms.values(), posts)["dead"] == 0
    for name, crm in crms.items():
        contacts, deals = crm.contacts(), crm.deals()
        assert contacts.keys() == people(posts)
        assert {key: deal.status for key, deal in deals.items()} == last_status(posts)
        assert crm.buyers() == buyers(posts)
        assert (
            {contact.writes for contact in contacts.values()}
            == {deal.writes for deal in deals.values()}
            == {1}
        )
        assert crm.calls() <= budget[name] * len(posts)


@pytest.mark.parametrize(("kind", "budget"), CALLS_WITH_ACCOUNTS.items())
def test_an_account_for_each_person_costs_little_more(
    tmp_path: Path, kind: str, budget: float
) -> None:
    """They are made in as few calls."""
    posts = POSTS[kind]
    with salesforce(settings='account = { policy = "person" }') as crm:
        with gateway(configure(tmp_path, crm)) as running:
            assert drain(running, [crm], posts)["dead"] == 0
        assert crm.contacts().keys() == people(posts)
        assert crm.calls() <= budget * len(posts)
