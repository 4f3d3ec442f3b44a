"""An org of Salesforce."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.e2e.accounts.account import EVER, LAPSE, Contact, Deal, Refusal, by_key
from tests.fakes.salesforce import FakeSalesforce

ADMIN = "00D000000000001AAA!admin"


class SalesforceAccount:
    def __init__(self, fake: FakeSalesforce, name: str, settings: str = "") -> None:
        self.fake = fake
        self.name = name
        self.settings = settings

    def table(self) -> str:
        return f"""
[connectors.{self.name}]
type = "salesforce"
domain = "acme.my"
client_id = "gateway"
client_secret = "right"
provision_token = "{ADMIN}"
base_url = "{self.fake.url}"
mapping = "standard"
{self.settings}
"""

    def contacts(self) -> dict[str, Contact]:
        return by_key((one["Email"], _contact(one)) for one in self.fake.records("Contact"))

    def deals(self) -> dict[str, Deal]:
        return by_key(
            (one["AOM_Order_Key__c"], _deal(one)) for one in self.fake.records("Opportunity")
        )

    def buyers(self) -> list[tuple[str, str]]:
        people = {contact.id: address for address, contact in self.contacts().items()}
        orders = {deal.id: key for key, deal in self.deals().items()}
        roles = self.fake.records("OpportunityContactRole")
        assert all(role["IsPrimary"] for role in roles)
        return sorted((orders[role["OpportunityId"]], people[role["ContactId"]]) for role in roles)

    def calls(self) -> int:
        return self.fake.stats()["calls"]

    def failed_calls(self) -> int:
        return sum((request["status"] or 500) >= 400 for request in self.fake.requests())

    def sign_ins(self) -> int:
        return self.fake.stats()["sign_ins"]

    def forget_calls(self) -> None:
        self.fake.forget()

    def spoil(self, buyer: dict[str, Any]) -> Refusal:
        refusal = Refusal("FIELD_CUSTOM_VALIDATION_EXCEPTION", "No jokes in names", "FirstName")
        buyer["first_name"] = "Joker"
        self.fake.rule("Contact", refusal.field, buyer["first_name"], refusal.message)
        return refusal

    def hold(self) -> None:
        full = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}]
        self._befall(status=403, body=full, headers={"Retry-After": "1"})

    def hang(self) -> None:
        self._befall(delay=LAPSE, drop="before")

    def collapse(self) -> None:
        self._befall(
            status=503, body=[{"errorCode": "SERVER_UNAVAILABLE", "message": "The server is busy"}]
        )

    def fail(self, rate: float, seed: int) -> None:
        self.fake.misbehave(rate, seed, stall=LAPSE)

    def clear(self) -> None:
        self.fake.clear_faults()

    def lock_out(self) -> None:
        self.fake.configure(client_secret="another")
        self.fake.expire_tokens()

    def let_in(self) -> None:
        self.fake.configure(client_secret="right")

    def drop_field(self) -> None:
        self.fake.remove_field("Contact", "AOM_Id__c")

    def make_field(self) -> None:
        self.fake.add_field("Contact", name="AOM_Id__c")

    def _befall(self, **fault: Any) -> None:
        """Let it befall all calls but sign-ins."""
        for call in ("GET /", "PATCH /", "POST /composite"):
            self.fake.fault(call, times=EVER, **fault)


@contextmanager
def salesforce(name: str = "salesforce", settings: str = "") -> Iterator[SalesforceAccount]:
    with FakeSalesforce(bare=True) as fake:
        yield SalesforceAccount(fake, name, settings)


def _contact(row: Mapping[str, Any]) -> Contact:
    first, last, course = (
        str(row.get(name) or "") for name in ("FirstName", "LastName", "AOM_Last_Course__c")
    )
    return Contact(row["Id"], first, last, course, row["writes"])


def _deal(row: Mapping[str, Any]) -> Deal:
    return Deal(
        row["Id"], row["StageName"], row["AOM_Order_Status__c"], str(row["Amount"]), row["writes"]
    )
