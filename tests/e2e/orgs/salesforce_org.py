"""What is done to an org of Salesforce, and what must hold in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.e2e.accounts import SalesforceAccount
from tests.e2e.orgs.situation import (
    Situation,
    addresses,
    joined,
    number_of,
    placed,
)
from tests.e2e.orgs.stage import Org
from tests.e2e.traffic import Post
from tests.fakes.salesforce import FakeSalesforce
from tests.fakes.salesforce.characters import CHARACTERS, SalesforceCharacter
from tests.fakes.salesforce.client import Admin

STAFF = (
    "users of Salesforce tidy, merge and delete records; what then becomes of ids is documented "
    "as ENTITY_IS_DELETED"
)
APPROVALS = "Salesforce Help, Approval Processes: a record is locked while its approval is pending"
APPROVAL = (
    "ENTITY_IS_LOCKED",
    "This record is locked. If you need to edit it, contact your admin.",
)
PERSON_EACH = 'account = { policy = "person" }\n'
PEOPLE = ("ada", "bob", "cleo")


@contextmanager
def provisioned(name: str, settings: str = "") -> Iterator[SalesforceAccount]:
    """An org with all that `provision --apply` makes for the shipped mapping."""
    with FakeSalesforce() as fake:
        yield SalesforceAccount(fake, name, settings)


def situation(
    character: str | SalesforceCharacter, /, settings: str = PERSON_EACH, **told: Any
) -> Situation:
    given = CHARACTERS[character] if isinstance(character, str) else character
    return Situation(open_account=provisioned, character=given, settings=settings, **told)


def refusing(
    source: str,
    object_: str,
    field: str,
    value: Any,
    code: str,
    words: str,
    cure: Callable[[Admin], None] = Admin.clear_rules,
) -> SalesforceCharacter:
    """An org that refuses every row of the object in which the field has this value, until somebody
    ends that.
    """
    return SalesforceCharacter(
        source, lambda org: org.rule(object_, field, value, words, code), cure
    )


def waiting(source: str, code: str, words: str) -> Situation:
    """One person's row is told to come again; three others are written meanwhile."""
    return situation(
        refusing(source, "Contact", "LastName", "Waiter", code, words),
        posts=(*joined(*PEOPLE), *joined("waiter", last_name="Waiter")),
        told="waits",
        words=words,
        concerned=addresses("waiter"),
        then="replayed",
    )


def by_address(org: Admin) -> dict[str, dict[str, Any]]:
    return {row["Email"]: row for row in org.records("Contact")}


def delete_contact(person: str) -> Callable[[Admin], None]:
    return lambda org: org.delete(by_address(org)[f"{person}@example.edu"]["Id"])


def delete_deal(person: str) -> Callable[[Admin], None]:
    def delete(org: Admin) -> None:
        (key,) = (
            row["Id"]
            for row in org.records("Opportunity")
            if row["AOM_Order_Key__c"].endswith(f":{number_of(person)}")
        )
        org.delete(key)

    return delete


def block_duplicates(org: Admin) -> None:
    """Somebody else's Contact has the address, and is not ours to take over."""
    org.seed("Contact", LastName="Byron", Email="ada@example.edu", AOM_Key__c="someone else")
    org.configure(duplicate_rule="block")


def hide_keyed(org: Admin) -> None:
    """A Contact that holds our key belongs to others, and is not shared with the gateway."""
    hidden = org.seed(
        "Contact", LastName="Ada", Email="ada@example.edu", AOM_Key__c="ada@example.edu"
    )
    org.change(hidden, _private=True)


def share_keyed(org: Admin) -> None:
    org.change(by_address(org)["ada@example.edu"]["Id"], _private=False)


def clean_up_duplicates(org: Admin) -> None:
    """Whoever owns the other Contact deletes it; the rule stays."""
    (other,) = (row["Id"] for row in org.records("Contact") if row["AOM_Key__c"] == "someone else")
    org.delete(other)


def is_tied(person: str) -> Callable[[Org], None]:
    """The person is the buyer of the order."""

    def check(org: Org) -> None:
        assert (
            f"{org.name}:{number_of(person)}",
            f"{person}@example.edu",
        ) in org.account.buyers()

    return check


def holds(object_: str, **values: Any) -> Callable[[Org], None]:
    """Every record of the object has these values."""

    def check(org: Org) -> None:
        rows = org.fake.records(object_)
        assert rows
        assert [{name: row.get(name) for name in values} for row in rows] == [values] * len(rows)

    return check


def is_given_up(org: Org) -> None:
    """After a day, and its page says so in Salesforce's words."""
    (story,) = (org.story(email, event) for email, event in org.posted if org.is_concerned(email))
    assert "gave up after 1 day" in story


def all_have_accounts(org: Org) -> None:
    assert all(row["AccountId"] for row in org.fake.records("Contact"))
    assert org.fake.records("Contact")


def twelve_is_the_most(org: Org) -> None:
    """The size that works is told, and so it is that of the next call."""
    sizes = org.status()["sizes"]
    assert 0 < max(sizes.values()) <= 12


def each_row_once(org: Org) -> None:
    """While the first call may be running still, nobody sends its rows again; and it is said that
    the org is slow.
    """
    org.wait(
        lambda: len(org.fake.records("Contact")) == len(org.situation.people()), "all are written"
    )
    assert {row["writes"] for row in org.fake.records("Contact")} == {1}
    assert "slow" in org.status()["note"]


def from_country(code: str, person: str) -> tuple[Post, ...]:
    """An order with a billing address."""
    ((name, payload),) = placed(person)
    return (
        (
            name,
            {
                **payload,
                "customer": {**payload["customer"], "billing_address": {"country": code}},
            },
        ),
    )


COUNTRY = """
[[routes]]
name = "countries"
events = ["order.*"]

[[routes.upsert]]
object = "contact"
fields.Country__c = "{{ customer.billing_address.country }}"
"""
