"""People whom a CRM knows already, from a form, an import, or a colleague: the real process updates
them, and doubles nobody.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.e2e.accounts import SalesforceAccount, configure, hubspot, salesforce
from tests.e2e.traffic import orders, post_all
from tests.processes import Running, gateway


def test_hubspot_people_are_found_by_their_addresses(tmp_path: Path) -> None:
    """A contact is updated by its e-mail or a secondary one, which stays secondary; one that is
    merged goes on under its new id.
    """
    posts = orders(4)
    known, second, kept, gone = (post[1]["customer"]["email"].lower() for post in posts)
    with hubspot() as crm:
        ids = {crm.fake.seed_contact(known), crm.fake.seed_contact("main@example.edu", [second])}
        with gateway(configure(tmp_path, crm)) as running:
            post_all(running, posts)
            assert running.wait_until_delivered()["dead"] == 0
            found = {one.id: address for address, one in crm.contacts().items()}
            assert {found[id_] for id_ in ids} == {known, "main@example.edu"}
            assert len(found) == 4
            new = crm.fake.merge(kept, gone)
            later = [("order.refunded", {**payload, "status": "REFUNDED"}) for _, payload in posts]
            another = ("order.placed", {**posts[2][1], "id": 1})
            post_all(running, [*later, another])
            assert running.wait_until_delivered()["dead"] == 0
        assert {one.id for one in crm.contacts().values()} == {*ids, new}
        assert {deal.status for key, deal in crm.deals().items() if key != "springfield:1"} == {
            "REFUNDED"
        }
        assert ("springfield:1", kept) in crm.buyers()
        assert len(crm.buyers()) == 5


def test_salesforce_contacts_without_our_key_are_taken_over(tmp_path: Path) -> None:
    """One match gets our key; several go by the configured choice; a lead is gone past, or left to
    the sales team if so configured.
    """
    posts = orders(4)
    one, several, lead, new = (post[1]["customer"]["email"].lower() for post in posts)
    choices = {
        "oldest": 'several_matches = "oldest"',
        "newest": 'several_matches = "newest"',
        "strict": 'several_matches = "dead_letter"\nmatch_leads = true',
    }
    with ExitStack() as stack:
        orgs = {
            name: stack.enter_context(salesforce(name, settings))
            for name, settings in choices.items()
        }
        seeded = {name: seed(org, one, several, lead) for name, org in orgs.items()}
        with gateway(configure(tmp_path, *orgs.values())) as running:
            post_all(running, posts)
            assert running.wait_until_delivered()["dead"] == 2
            dead = [
                delivery
                for event in running.admin("/api/events?state=dead")["items"]
                for delivery in dead_letters(running, event["id"])
            ]
        assert sorted(
            (delivery["connector"], delivery["person"], delivery["reason"].rpartition(" ")[2])
            for delivery in dead
        ) == [
            ("strict", several, "(SEVERAL_MATCHES)"),
            ("strict", lead, "(UNCONVERTED_LEAD)"),
        ]
        for name, org in orgs.items():
            records = {record["Id"]: record for record in org.fake.records("Contact")}
            ids = seeded[name]
            assert records[ids[0]]["AOM_Key__c"] == one
            # what staff has filled is theirs, and what was empty is filled
            assert records[ids[0]]["LastName"] == "Known"
            assert records[ids[0]]["FirstName"] == posts[0][1]["customer"]["first_name"]
            assert [records[id_].get("AOM_Key__c") for id_ in ids[1:]] == {
                "oldest": [several, None],
                "newest": [None, several],
                "strict": [None, None],
            }[name]
            assert {record["AOM_Key__c"] for id_, record in records.items() if id_ not in ids} == (
                {new} if name == "strict" else {lead, new}
            )
            assert (
                len(org.fake.records("Opportunity"))
                == len(org.fake.records("OpportunityContactRole"))
                == (2 if name == "strict" else 4)
            )


def seed(org: SalesforceAccount, one: str, several: str, lead: str) -> list[str]:
    """Contacts as people make them, without our key, and a lead; returns the Contacts' ids."""
    org.fake.seed("Lead", LastName="Known", Company="Example", Email=lead, IsConverted=False)
    return [
        org.fake.seed("Contact", LastName="Known", Email=address)
        for address in (one, several, several)
    ]


def dead_letters(running: Running, event: str) -> list[dict[str, Any]]:
    deliveries: list[dict[str, Any]] = running.admin(f"/api/events/{event}")["deliveries"]
    return [delivery for delivery in deliveries if delivery["state"] == "dead"]
