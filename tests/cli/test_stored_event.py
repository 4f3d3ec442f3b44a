"""`explain` of an event that the gateway has stored."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from receiver.cli.stored_event import names_stored_event
from tests.cli.command import command
from tests.cli.mapping_tests import ORDER
from tests.console.visitor import Visitor, signed_in_cookie
from tests.processes import TOKEN, gateway, write_config


def test_an_id_is_told_from_a_file(tmp_path: Path) -> None:
    """Also where a file is called like one."""
    event_id = "01a22e7b332f7b90a150f2a86dfbcf3e"
    assert names_stored_event(event_id)
    assert not names_stored_event("order.json")
    (tmp_path / event_id).touch()
    assert not names_stored_event(str(tmp_path / event_id))


def test_a_stored_event_is_explained(tmp_path: Path) -> None:
    """By the mapping as it stands now, at the time when it came, under the name in its URL."""
    config = write_config(tmp_path)
    (tmp_path / "order.json").write_text(ORDER)
    with gateway(config) as running:
        command("send", "order.refused", "--file", "order.json", at=tmp_path)
        running.wait_until_delivered()
        (event,) = command("events", "--json", at=tmp_path).json["items"]
    route = """
[[routes]]
name = "orders"
events = ["order.*"]
connector = "sandbox"
[[routes.upsert]]
object = "contact"
fields.at = "{{ event.received_at }}"
"""
    config.write_text(config.read_text() + route)
    told = command("explain", event["id"], "--json", at=tmp_path).json
    assert (told["event"], told["recognised_by"]) == (event["event"], event["recognised_by"])
    assert told["disagreement"]
    ((record,),) = [delivery["records"] for delivery in told["deliveries"]]
    assert (record["key"], record["fields"].keys()) == ("ada@math.org", {"at"})
    at = record["fields"]["at"].replace(" ", "T")
    assert datetime.fromisoformat(at) == datetime.fromisoformat(event["received_at"])
    assert "404" in command("explain", "0" * 32, at=tmp_path, code=1).err


def test_what_the_crm_holds_stands_beside_what_would_be_written(tmp_path: Path) -> None:
    """Its id and the event that set each field last, as the gateway remembers; with --online what
    the CRM says itself. A record of its key alone is shown, and each field's line is named.
    """
    config = write_config(tmp_path)
    bare = """
[[routes]]
name = "tickets"
events = ["order.*"]
connector = "sandbox"
[[routes.upsert]]
object = "ticket"
key_field = "k"
key = "{{ source.name }}:{{ order.id }}"
"""
    config.write_text(config.read_text() + bare)
    (tmp_path / "order.json").write_text(ORDER)
    (tmp_path / "later.json").write_text(ORDER.replace("COMPLETED", "REFUNDED"))
    with gateway(config) as running:
        for event, file in (("order.placed", "order.json"), ("order.refunded", "later.json")):
            command("send", event, "--file", file, at=tmp_path)
            running.wait_until_delivered()
        newer, first = (one["id"] for one in command("events", "--json", at=tmp_path).json["items"])
        told = command("explain", first, "--online", "--json", at=tmp_path).json
        shown = command("explain", first, "--online", at=tmp_path).out
    ((ticket, contact, deal),) = [delivery["records"] for delivery in told["deliveries"]]
    assert (ticket["object"], ticket["fields"]) == ("ticket", {})
    assert deal["held"]["id"] == deal["in_crm"]["id"]
    assert deal["held"]["fields"]["dealstage"] == newer
    assert (deal["fields"]["dealstage"], deal["in_crm"]["fields"]["dealstage"]) == (
        "won",
        "refunded",
    )
    assert deal["lines"]["amount"].startswith("sandbox standard, line ")
    assert contact["held"]["fields"]["firstname"] in {first, newer}
    for words in (
        "ticket by k: springfield:7 (the CRM has it: ",
        "its key alone",
        f"{newer}, newer",
        "in the CRM now",
    ):
        assert words in shown


def test_a_crm_that_cannot_be_asked_is_noted(tmp_path: Path) -> None:
    """What would be written is shown all the same; no store is needed for a file."""
    hubspot = (
        '[connectors.crm]\ntype = "hubspot"\naccess_token = "pat-na1-0123456789"\n'
        'base_url = "http://127.0.0.1:9"\nmapping = "standard"'
    )
    write_config(tmp_path, hubspot)
    (tmp_path / "order.json").write_text(ORDER)
    told = command("explain", "order.json", "--online", "--json", at=tmp_path).json
    (delivery,) = told["deliveries"]
    assert delivery["note"].startswith("could not be asked: ")
    assert len(delivery["records"]) == 2
    assert "could not be asked" in command("explain", "order.json", "--online", at=tmp_path).out


def test_a_record_that_the_crm_does_not_have_is_told(tmp_path: Path) -> None:
    """Before anything was sent."""
    write_config(tmp_path)
    (tmp_path / "order.json").write_text(ORDER)
    shown = command("explain", "order.json", "--online", at=tmp_path).out
    assert "deal: springfield:7 (the CRM has none)" in shown


def test_it_is_explained_with_what_is_known_of_the_person(tmp_path: Path) -> None:
    """As a delivery would write it now: all their orders, not this one alone."""
    route = """
[connectors.sandbox]
type = "sandbox"
[[routes]]
events = ["order.*"]
connector = "sandbox"
[[routes.upsert]]
object = "contact"
fields.orders = "{{ profile.order_count }}"
fields.revenue = "{{ profile.revenue }}"
"""
    order = json.loads(ORDER)
    with gateway(write_config(tmp_path, route)) as running:
        for id in (1, 2):
            (tmp_path / "order.json").write_text(json.dumps({**order, "id": id}))
            command("send", "order.placed", "--file", "order.json", at=tmp_path)
        running.wait_until_delivered()
        first = command("events", "--json", at=tmp_path).json["items"][-1]["id"]
        for what, orders in ((first, 2), ("order.json", 1)):
            told = command("explain", what, "--json", at=tmp_path).json
            ((record,),) = [delivery["records"] for delivery in told["deliveries"]]
            fields = (record["fields"]["orders"], record["fields"]["revenue"])
            assert fields == (orders, str(12.5 * orders))
        (profile,) = running.admin(f"/api/events/{first}")["profiles"].values()
        assert (profile["order_count"], profile["revenue"]) == (2, "25.0")


def test_whose_address_has_changed_is_explained_as_they_are_known_now(tmp_path: Path) -> None:
    """With their profile, and what the CRM holds of their contact; on the command line and in the
    console. An order that stands with somebody else's address is theirs.
    """
    route = """
[connectors.sandbox]
type = "sandbox"
[[routes]]
events = ["account.created", "order.*"]
connector = "sandbox"
[[routes.upsert]]
object = "contact"
fields.told = "{{ person.key }} {{ person.email }} {{ profile.order_count }} orders"
"""
    old, new = "ann@old.example", "ann@new.example"
    order = json.loads(ORDER)
    with gateway(write_config(tmp_path, route)) as running:

        def post(event: str, body: dict[str, Any]) -> str:
            answer = httpx.post(f"{running.url}/in/{TOKEN}/{event}", json=body, trust_env=False)
            assert answer.status_code == 202, answer.text
            return str(answer.json()["id"])

        def account(email: str) -> str:
            body = {"id": 7, "email": email, "date_registered": "Aug 11, 2026 04:58 PM"}
            return post("account.created", body)

        def ordered(id: int, email: str) -> str:
            customer = {**order["customer"], "id": 7, "email": email}
            return post("order.placed", {**order, "id": id, "customer": customer})

        first = account(old)
        running.wait_until_delivered()
        account(new)
        gift = ordered(1, "gift@example.edu")
        last = ordered(2, new)
        running.wait_until_delivered()
        visitor = Visitor(running.url, signed_in_cookie(running.url))
        for id in (first, gift, last):
            told = command("explain", id, "--json", at=tmp_path).json
            (delivery,) = told["deliveries"]
            (record,) = delivery["records"]
            assert (delivery["person"], record["key"]) == (old, new)
            assert record["fields"]["told"] == f"{old} {new} 2 orders"
            assert record["held"]["id"] is not None
            page = visitor.get(f"/console/set-up/explain?stored={id}").text
            assert f"{old} {new} 2 orders" in page
            assert "The CRM has it" in page
