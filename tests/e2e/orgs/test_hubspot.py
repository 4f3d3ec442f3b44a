"""HubSpot accounts with rules of their own, written by the real process: what waits, what lands, how it goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.e2e.accounts import configure, hubspot
from tests.e2e.traffic import orders, post_all
from tests.fakes.hubspot.characters import CHARACTERS
from tests.processes import Running, gateway, until


def words(running: Running) -> set[str]:
    """What the newest attempts at all events say."""
    found: set[str] = set()
    for event in running.admin("/api/events?limit=100")["items"]:
        attempts = running.admin(f"/api/events/{event['id']}")["deliveries"][0]["attempts"]
        found |= {attempt["message"] for attempt in attempts if attempt["message"]}
    return found


def test_a_required_property_holds_back_and_lets_go(tmp_path: Path) -> None:
    """Many learners are one refusal, in words; when the admin ends the rule all are written, and nobody is dead."""
    posts = orders(12)
    character = CHARACTERS["required_property"]
    assert character.cure is not None
    with hubspot() as crm, gateway(configure(tmp_path, crm)) as running:
        character.give(crm.fake)
        post_all(running, posts)
        until(lambda: len(words(running)) == 1, "the rule is told")
        (said,) = words(running)
        assert "the account demands phone of new contacts" in said
        assert running.admin("/api/status")["dead"] == 0
        assert crm.contacts() == {}
        character.cure(crm.fake)
        status = running.wait_until_delivered(seconds=180)
        assert status["dead"] == 0
        assert len(crm.contacts()) == len(crm.deals()) == len(crm.buyers()) == len(posts)


def test_people_edit_merge_and_delete_between_two_events(tmp_path: Path) -> None:
    """An address that staff has changed stays, merged deals are one, and a deleted contact is made and tied anew."""
    posts = orders(4)
    addresses = [payload["customer"]["email"].lower() for _, payload in posts]
    with hubspot() as crm, gateway(configure(tmp_path, crm)) as running:
        post_all(running, posts)
        running.wait_until_delivered()
        ids = {address: crm.contacts()[address].id for address in addresses}
        deals = {key: deal.id for key, deal in crm.deals().items()}
        edited, deleted, *_ = addresses
        crm.fake.edit("contacts", ids[edited], email="staff@example.edu")
        crm.fake.delete("contacts", ids[deleted])
        one, other = sorted(deals)[2:]
        crm.fake.merge_records("deals", deals[one], deals[other])
        later = [("order.refunded", {**payload, "status": "REFUNDED"}) for _, payload in posts]
        post_all(running, later)
        assert running.wait_until_delivered()["dead"] == 0
    found = crm.contacts()
    assert found["staff@example.edu"].id == ids[edited]
    assert edited not in found
    assert found[deleted].id != ids[deleted]
    assert len(found) == 4
    assert {deal.status for deal in crm.deals().values()} == {"REFUNDED"}
    assert len(crm.deals()) == 3
    assert deleted in {address for _, address in crm.buyers()}


def test_the_items_of_an_order_stand_on_its_deal(tmp_path: Path) -> None:
    """With both mappings, by the real process: two items, then one."""
    (placed,) = orders(1)
    items: list[dict[str, Any]] = [
        {"product_id": number, "product_name": name, "quantity": 1, "price_per_qty": "10.00", "total": "10.00"}
        for number, name in ((1, "Algebra"), (2, "Logic"))
    ]
    with hubspot() as crm:
        crm.fake.define("line_items", "aom_item_key", unique=True)
        crm.fake.define("line_items", "aom_product_id")
        config = configure(tmp_path, crm)
        config.write_text(config.read_text().replace('mapping = "standard"', 'mapping = ["standard", "line_items"]'))
        with gateway(config) as running:
            post_all(running, [("order.placed", {**placed[1], "line_items": items})])
            running.wait_until_delivered()
            assert [one["name"] for one in crm.fake.records("line_items")] == ["Algebra", "Logic"]
            refunded = {**placed[1], "status": "REFUNDED", "line_items": items[1:]}
            post_all(running, [("order.refunded", refunded)])
            assert running.wait_until_delivered()["dead"] == 0
        (left,) = crm.fake.records("line_items")
        (deal,) = crm.deals().values()
        assert left["name"] == "Logic"
        assert tuple(sorted((left["id"], deal.id))) in crm.fake.associations()
