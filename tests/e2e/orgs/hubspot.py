"""What accounts of HubSpot do to an integration."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from tests.cli.command import command
from tests.e2e.accounts import HubSpotAccount, configure, hubspot
from tests.e2e.orgs.situation import (
    Situation,
    addresses,
    crowd,
    enrolled,
    joined,
    number_of,
    placed,
    refunded,
)
from tests.e2e.orgs.stage import Org
from tests.fakes.hubspot import FakeHubSpot, Fault
from tests.fakes.hubspot.characters import CHARACTERS, GUILTY, HubSpotCharacter
from tests.fakes.hubspot.records import Records

STAFF = (
    "users of HubSpot tidy, merge and delete records; what then becomes of ids is documented at "
    "Merge records and Batch update"
)
HTML = {"Content-Type": "text/html"}
PROVISIONED = ("contacts", "deals", "line_items")


@contextmanager
def provisioned(name: str, settings: str = "") -> Iterator[HubSpotAccount]:
    """An account with all that `provision --apply` makes for the shipped mappings."""
    with hubspot(name, settings) as account:
        for type_, made in _provisioned().items():
            has = account.fake.portal.records(type_)
            has.properties, has.groups = deepcopy(made.properties), deepcopy(made.groups)
        yield account


@cache
def _provisioned() -> Mapping[str, Records]:
    with TemporaryDirectory() as directory, hubspot() as account:
        account.fake.define("line_items", "aom_item_key", unique=True)
        account.fake.define("line_items", "aom_product_id")
        configure(Path(directory), account)
        return {type_: account.fake.portal.records(type_) for type_ in PROVISIONED}


def situation(character: str | HubSpotCharacter, /, **told: Any) -> Situation:
    given = CHARACTERS[character] if isinstance(character, str) else character
    return Situation(open_account=provisioned, character=given, **told)


def by_address(account: FakeHubSpot) -> dict[str, str]:
    """The id of each contact."""
    return {row["email"]: row["id"] for row in account.records("contacts")}


def by_order(account: FakeHubSpot) -> dict[int, str]:
    """The id of each deal, by the number of its order."""
    return {int(row["aom_order_id"]): row["id"] for row in account.records("deals")}


def delete_contact(person: str) -> Callable[[FakeHubSpot], None]:
    return lambda account: account.delete("contacts", by_address(account)[f"{person}@example.edu"])


def delete_deal(person: str) -> Callable[[FakeHubSpot], None]:
    return lambda account: account.delete("deals", by_order(account)[number_of(person)])


def change_address(person: str) -> Callable[[FakeHubSpot], None]:
    return lambda account: account.edit(
        "contacts", by_address(account)[f"{person}@example.edu"], email="staff@example.edu"
    )


def merge_deals(kept: str, gone: str) -> Callable[[FakeHubSpot], object]:
    def merge(account: FakeHubSpot) -> object:
        orders = by_order(account)
        return account.merge_records("deals", orders[number_of(kept)], orders[number_of(gone)])

    return merge


def erase(person: str) -> Callable[[FakeHubSpot], None]:
    """As HubSpot's own deletion for privacy does."""

    def give(account: FakeHubSpot) -> None:
        account.portal.records("contacts").erased.add(f"{person}@example.edu")
        account.delete("contacts", by_address(account)[f"{person}@example.edu"])

    return give


def be_at_the_edge(account: FakeHubSpot) -> None:
    """Every kind of trouble that passes, one after the other; the move to another data centre names
    a short time.
    """
    page = "<html><body>Attention Required!</body></html>"
    account.script(
        Fault("status", status=403, body=page, headers=HTML),
        Fault("status", status=423),
        Fault("status", status=477, headers={"Retry-After": "3"}),
        Fault("status", status=521, body=page, headers=HTML),
    )


def seed_ada_who_is_bob_too(account: FakeHubSpot) -> None:
    account.seed_contact("ada@example.edu", ["bob@example.edu"])
    account.set_options(secondary="conflict")


def be_slow(account: FakeHubSpot) -> None:
    """A call of two records takes longer than the gateway waits here."""
    account.set_options(row_latency=0.6)


def rule_is_told(org: Org) -> None:
    """It is a rule, which an operator is asked to end or to satisfy: metrics and the command say
    so, and the connector runs.
    """
    status = org.status()
    assert status["state"] == "running"
    assert "phone" in status["waiting"]["rule"]
    metrics = httpx.get(f"{org.stage.api.running.url}/metrics", trust_env=False, timeout=60).text
    assert f'aom_gateway_connector_held_back{{connector="{org.name}"}} 1.0' in metrics
    assert "demands phone" in " ".join(
        command("status", at=org.stage.config.parent, code=1).out.split()
    )


def is_tied(person: str, contact: str | None = None) -> Callable[[Org], None]:
    """The person's order is that one's."""

    def check(org: Org) -> None:
        assert (
            f"{org.name}:{number_of(person)}",
            f"{contact or person}@example.edu",
        ) in org.account.buyers()

    return check


def has(object_: str, **values: Any) -> Callable[[Org], None]:
    """Every record of the object holds these values."""

    def check(org: Org) -> None:
        rows = org.fake.records(object_)
        assert rows
        assert [{name: row.get(name) for name in values} for row in rows] == [values] * len(rows)

    return check


INTERESTS = """
[[routes]]
name = "interests"
events = ["order.*"]

[[routes.upsert]]
object = "contact"
fields.aom_interests = { value = "{{ order.line_items | map(attribute='name') }}", append = true }
"""


def have_interests(account: FakeHubSpot) -> None:
    account.define(
        "contacts", "aom_interests", "enumeration", "checkbox", options=["Algebra", "Logic"]
    )


def items(*names: str) -> list[dict[str, Any]]:
    return [
        {
            "product_id": number,
            "product_name": name,
            "quantity": 1,
            "price_per_qty": "10.00",
            "total": "10.00",
        }
        for number, name in enumerate(names)
    ]


PEOPLE = ("ada", "bob", "cleo")
HUBSPOT: Mapping[str, Situation] = {
    "hubspot_plain": situation("plain", posts=placed(*PEOPLE), finally_=is_tied("ada")),
    # H1
    "no_customer_stage": situation(
        "no_customer_stage",
        posts=placed(*PEOPLE),
        told="note",
        words="lifecyclestage was left out",
    ),
    # B1
    "hubspot_contact_deleted": situation(
        HubSpotCharacter(STAFF, delete_contact("ada")),
        before=placed(*PEOPLE),
        posts=refunded(*PEOPLE),
        finally_=is_tied("ada"),
    ),
    # H2
    "address_changed": situation(
        HubSpotCharacter(STAFF, change_address("ada")),
        before=placed(*PEOPLE),
        posts=refunded(*PEOPLE),
        gone=addresses("ada"),
        also=addresses("staff"),
        finally_=is_tied("ada", "staff"),
    ),
    # H3
    "merged_deals": situation(
        HubSpotCharacter(STAFF, merge_deals("ada", "bob")),
        before=placed("ada", "bob"),
        posts=refunded("bob"),
        told="note",
        words="was merged in HubSpot: it goes on as",
        merged=(number_of("bob"), number_of("ada")),
    ),
    # H4
    "read_only_property": situation(
        "read_only_property", posts=placed(*PEOPLE), told="paused", words="aom_last_activity"
    ),
    "required_property": situation(
        "required_property",
        posts=placed(*PEOPLE),
        told="waits",
        words="the account demands phone of new contacts",
        meanwhile=rule_is_told,
    ),
    "required_at_a_stage": situation(
        "required_at_a_stage",
        posts=refunded(*PEOPLE),
        told="waits",
        words="the account demands closed_lost_reason",
        rewritten=True,
    ),
    "required_by_the_batch": situation(
        "required_by_the_batch",
        posts=placed(*PEOPLE),
        told="waits",
        words="the account demands phone",
    ),
    "guarded_pipeline": situation("guarded_pipeline", posts=placed(*PEOPLE)),
    "near_its_daily_limit": situation("near_its_daily_limit", posts=placed(*PEOPLE)),
    "unsure_answers": situation("unsure_answers", posts=placed(*PEOPLE), rewritten=True),
    "hubspot_slow_rows": situation(
        HubSpotCharacter(CHARACTERS["slow_rows"].source, be_slow, CHARACTERS["slow_rows"].cure),
        settings="timeout_seconds = 1",
        before=joined("first"),
        posts=enrolled(*crowd(10)),
        told="slow",
        words="did not answer",
        rewritten=True,
    ),
    # right already
    "secondary_address": situation(
        HubSpotCharacter(
            "HubSpot Knowledge Base, secondary email addresses of a contact",
            lambda account: account.seed_contact("ada@example.edu", ["bob@example.edu"]),
        ),
        posts=placed(*PEOPLE),
        gone=addresses("bob"),
        rewritten=True,
        finally_=is_tied("bob", "ada"),
    ),
    "secondary_address_conflicts": situation(
        HubSpotCharacter(
            "users report 409 for the whole batch where two inputs are one contact",
            seed_ada_who_is_bob_too,
        ),
        posts=placed(*PEOPLE),
        gone=addresses("bob"),
        rewritten=True,
        finally_=is_tied("bob", "ada"),
    ),
    "bad_address": situation(
        HubSpotCharacter("HubSpot's error codes: INVALID_EMAIL, by its own idea of an address"),
        posts=(*placed(*PEOPLE), *joined("x", email="x@example.invalid")),
        told="dead",
        words="INVALID_EMAIL",
        concerned=frozenset({"x@example.invalid"}),
        then="never",
    ),
    "breaking_row": situation(
        "breaking_row",
        posts=enrolled(*crowd(9), guilty=GUILTY),
        told="waits",
        words="INTERNAL_ERROR",
        concerned=addresses("guilty"),
        then="replayed",
    ),
    "used_up_day": situation(
        "used_up_day", posts=placed(*PEOPLE), told="throttled", words="daily limit", then="later"
    ),
    "edge": situation(
        HubSpotCharacter(
            "HubSpot's error handling: 423, 477, 521; a page with 403 is reported", be_at_the_edge
        ),
        posts=placed(*PEOPLE),
        rewritten=True,
    ),
    "narrow_token": situation(
        "narrow_token",
        posts=placed(*PEOPLE),
        told="paused",
        words="crm.objects.deals.write",
        rewritten=True,
    ),
    "expired_token": situation(
        "expired_token", posts=placed(*PEOPLE), told="paused", words="refuses the access token"
    ),
    "options_by_label": situation(
        HubSpotCharacter(
            "HubSpot Knowledge Base, multiple checkboxes: a leading semicolon appends",
            have_interests,
        ),
        routes=INTERESTS,
        posts=(
            *placed("ada", line_items=items("Algebra")),
            *placed("ada", line_items=items("Logic"), status="REFUNDED"),
        ),
        finally_=has("contacts", aom_interests="Algebra;Logic"),
        rewritten=True,
    ),
    "lifecycle_backwards": situation(
        HubSpotCharacter(
            "HubSpot Knowledge Base, Use lifecycle stages: the API moves them forward only",
            lambda account: account.seed_contact(
                "ada@example.edu", properties={"lifecyclestage": "evangelist"}
            ),
        ),
        posts=placed("ada"),
        finally_=has("contacts", lifecyclestage="evangelist"),
    ),
    "erased_person": situation(
        HubSpotCharacter(
            "HubSpot Knowledge Base, Perform a permanent delete: the address can't be made "
            "again by API",
            erase("ada"),
        ),
        before=joined("ada"),
        posts=placed(*PEOPLE),
        told="dead",
        words="deleted for privacy",
        concerned=addresses("ada"),
        then="never",
    ),
    "one_currency": situation(
        "one_currency",
        posts=placed(*PEOPLE),
        told="note",
        words="USD",
        finally_=has("deals", deal_currency_code=None),
    ),
    "line_items": situation(
        "plain",
        mappings=("standard", "line_items"),
        before=placed("ada", line_items=items("Algebra", "Logic")),
        posts=refunded("ada", line_items=items("Algebra")),
        finally_=has("line_items", name="Algebra"),
    ),
    "deal_deleted": situation(
        HubSpotCharacter(STAFF, delete_deal("ada")),
        before=placed(*PEOPLE),
        posts=refunded(*PEOPLE),
        finally_=is_tied("ada"),
    ),
    "grouping_comma": situation(
        HubSpotCharacter("WooCommerce formats totals as the shop's currency options say"),
        posts=placed("ada", order_total="1,250.00"),
        finally_=has("deals", amount="1250.00"),
    ),
}
"""The accounts of HubSpot, by the names of their connectors."""
