"""HubSpot and Salesforce seen as one: an account to write to, by what both have, and what is in it then."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from tests.fakes.hubspot import RANDOM, FakeHubSpot, Fault, Options
from tests.fakes.salesforce import FakeSalesforce
from tests.processes import write_config

EVER = 100_000  # calls
LAPSE = 4.0  # seconds that a call hangs where it does; clients give up before, see CONFIG
CONFIG = """
[delivery]
lease_seconds = 12   # of which a call may take a quarter
"""
ADMIN = "00D000000000001AAA!admin"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Contact:
    """What an account holds of a person. `writes` counts how often it was written."""

    id: str
    first_name: str
    last_name: str
    course: str
    writes: int


@dataclass(frozen=True, slots=True)
class Deal:
    """What an account holds of an order."""

    id: str
    stage: str
    status: str
    amount: str
    writes: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a CRM says of a record that it does not take."""

    code: str
    message: str
    field: str


class Account(Protocol):
    """A CRM's account on a server of its own, empty and as the CRM hands it out. `name` is the connector's."""

    name: str

    def table(self) -> str:
        """Give the account's part of the configuration."""

    def contacts(self) -> dict[str, Contact]:
        """Give all people by their addresses; nobody is there twice."""

    def deals(self) -> dict[str, Deal]:
        """Give all orders by their keys; none is there twice."""

    def buyers(self) -> list[tuple[str, str]]:
        """Give all links as pairs of an order's key and its buyer's address, in order."""

    def calls(self) -> int:
        """Count the calls that were made, but for signing in."""

    def failed_calls(self) -> int:
        """Count those that were answered with an error, or not at all."""

    def sign_ins(self) -> int: ...

    def forget_calls(self) -> None: ...

    def spoil(self, buyer: dict[str, Any]) -> Refusal:
        """Make a buyer of an order one whom the CRM refuses; returns how it does so."""

    def hold(self) -> None:
        """Ask every caller to wait, until `clear`."""

    def hang(self) -> None:
        """Let no call be answered, until `clear`."""

    def collapse(self) -> None:
        """Answer all calls with 503, until `clear`."""

    def fail(self, rate: float, seed: int) -> None:
        """Let this share of all calls fail, until `clear`: turned away, hung or hung up on, before or after they were carried out."""

    def clear(self) -> None: ...

    def lock_out(self) -> None:
        """Take the gateway's credentials no more, until `let_in`."""

    def let_in(self) -> None: ...

    def drop_field(self) -> None:
        """Delete a field that the mapping writes, until `make_field`."""

    def make_field(self) -> None: ...


class HubSpotAccount:
    def __init__(self, fake: FakeHubSpot, name: str, settings: str = "") -> None:
        self.fake = fake
        self.name = name
        self.settings = settings

    def table(self) -> str:
        return f"""
[connectors.{self.name}]
type = "hubspot"
access_token = "{self.fake.token}"
base_url = "{self.fake.url}"
mapping = "standard"
{self.settings}
"""

    def contacts(self) -> dict[str, Contact]:
        return _by_key((one["email"], _contact(one, "firstname", "lastname", "aom_last_course")) for one in self.fake.records("contacts"))

    def deals(self) -> dict[str, Deal]:
        return _by_key((one["aom_order_key"], _deal(one, "dealstage", "aom_order_status", "amount")) for one in self.fake.records("deals"))

    def buyers(self) -> list[tuple[str, str]]:
        people = {contact.id: address for address, contact in self.contacts().items()}
        orders = {deal.id: key for key, deal in self.deals().items()}
        return sorted((orders[b], people[a]) if a in people else (orders[a], people[b]) for a, b in self.fake.associations())

    def calls(self) -> int:
        return self.fake.calls()

    def failed_calls(self) -> int:
        return sum(not 200 <= call.status < 300 for call in self.fake.app.calls)

    def sign_ins(self) -> int:
        return 0  # the token is there

    def forget_calls(self) -> None:
        self.fake.reset_calls()

    def spoil(self, buyer: dict[str, Any]) -> Refusal:
        buyer["first_name"] = "x" * 70_000
        return Refusal("VALUE_TOO_LONG", 'Property "firstname" is limited to 65536 characters.', "firstname")

    def hold(self) -> None:
        self.fake.script(Fault("status", status=429, headers={"Retry-After": "1"}, times=EVER))

    def hang(self) -> None:
        self.fake.script(Fault("stall", times=EVER))

    def collapse(self) -> None:
        self.fake.script(Fault("status", status=503, times=EVER))

    def fail(self, rate: float, seed: int) -> None:
        self.fake.at_random(rate, [*RANDOM, Fault("stall", applied=True)], seed)

    def clear(self) -> None:
        self.fake.clear_faults()

    def lock_out(self) -> None:
        self.fake.set_token("expired")

    def let_in(self) -> None:
        self.fake.set_token("good")

    def drop_field(self) -> None:
        del self.fake.portal.records("contacts").properties["aom_user_id"]

    def make_field(self) -> None:
        self.fake.define("contacts", "aom_user_id")


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
        return _by_key((one["Email"], _contact(one, "FirstName", "LastName", "AOM_Last_Course__c")) for one in self.fake.records("Contact"))

    def deals(self) -> dict[str, Deal]:
        rows = self.fake.records("Opportunity")
        return _by_key((one["AOM_Order_Key__c"], _deal(one, "StageName", "AOM_Order_Status__c", "Amount")) for one in rows)

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
        self._befall(status=503, body=[{"errorCode": "SERVER_UNAVAILABLE", "message": "The server is busy"}])

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
def hubspot(name: str = "hubspot", settings: str = "") -> Iterator[HubSpotAccount]:
    with FakeHubSpot(Options(burst=EVER, stall=LAPSE)) as fake:
        yield HubSpotAccount(fake, name, settings)


@contextmanager
def salesforce(name: str = "salesforce", settings: str = "") -> Iterator[SalesforceAccount]:
    with FakeSalesforce(bare=True) as fake:
        yield SalesforceAccount(fake, name, settings)


CRMS: Mapping[str, Callable[..., AbstractContextManager[Account]]] = {"hubspot": hubspot, "salesforce": salesforce}


def configure(directory: Path, *accounts: Account) -> Path:
    """A gateway for the accounts, made ready by its own command line. The same content again is no duplicate to it."""
    config = write_config(
        directory, "".join(account.table() for account in accounts) + CONFIG, store=f"sqlite:///{directory}/aom-gateway.db"
    )
    config.write_text(config.read_text().replace("[store]", "[store]\ndedup_hours = 0"))
    for account in accounts:
        _aom_gateway(config, "provision", account.name, "--apply")
    _aom_gateway(config, "check", "--online")
    for account in accounts:
        account.forget_calls()
    return config


def _aom_gateway(config: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "receiver.cli", *arguments, "--config", str(config)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def _by_key(pairs: Iterable[tuple[str, T]]) -> dict[str, T]:
    found: dict[str, T] = {}
    for key, one in pairs:
        assert key not in found, f"{key} is there twice"
        found[key] = one
    return found


def _contact(row: Mapping[str, Any], first_name: str, last_name: str, course: str) -> Contact:
    first, last, latest = (str(row.get(name) or "") for name in (first_name, last_name, course))
    return Contact(_id(row), first, last, latest, row["writes"])


def _deal(row: Mapping[str, Any], stage: str, status: str, amount: str) -> Deal:
    return Deal(_id(row), row[stage], row[status], str(row[amount]), row["writes"])


def _id(row: Mapping[str, Any]) -> str:
    return str(row.get("id") or row["Id"])
