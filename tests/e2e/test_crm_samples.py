"""AOM's nine samples in a CRM's account, through the real process."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.e2e.accounts import Account, configure
from tests.e2e.traffic import post_all, samples
from tests.processes import Running, gateway

CLOSED_LOST = {"hubspot": "closedlost", "salesforce": "Closed Lost"}


def deliver(running: Running) -> None:
    for post in samples():
        post_all(running, [post])  # one after the other: they are one order's story
    assert running.wait_until_delivered()["dead"] == 0


def content(account: Account) -> object:
    """What is there, with the ids, so that what was made anew shows; how often it was written does
    not matter.
    """
    contacts = {
        address: replace(contact, writes=0) for address, contact in account.contacts().items()
    }
    return (
        contacts,
        {key: replace(deal, writes=0) for key, deal in account.deals().items()},
        account.buyers(),
    )


def test_the_samples_become_contacts_and_a_deal(tmp_path: Path, crms: dict[str, Account]) -> None:
    """One contact per address, one deal for order 19 at its last stage, tied to its buyer; whoever
    posts them again creates nothing.
    """
    config = configure(tmp_path, *crms.values())
    with gateway(config) as running:
        deliver(running)
        for crm in crms.values():
            assert_right(crm)
        before = [content(crm) for crm in crms.values()]
        deliver(running)
        assert [content(crm) for crm in crms.values()] == before
    for file in tmp_path.glob("aom-gateway.db*"):
        file.unlink()
    with gateway(config) as running:
        deliver(running)
        assert [content(crm) for crm in crms.values()] == before


def assert_right(crm: Account) -> None:
    contacts = crm.contacts()
    assert contacts.keys() == {  # an announcement makes nobody a contact
        "johndoe@academyofmine.com",
        "dev@academyofmine.com",
        "student@app.com",
    }
    assert (
        contacts["johndoe@academyofmine.com"].first_name,
        contacts["johndoe@academyofmine.com"].last_name,
    ) == ("John", "Doe")
    assert contacts["dev@academyofmine.com"].course == "test course to test all the events"
    (deal,) = crm.deals().values()
    assert (deal.stage, deal.status, deal.amount) == (CLOSED_LOST[crm.name], "REFUNDED", "220")
    assert crm.buyers() == [("springfield:19", "student@app.com")]
