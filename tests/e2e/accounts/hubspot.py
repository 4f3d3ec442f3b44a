"""An account of HubSpot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.e2e.accounts.account import EVER, LAPSE, Contact, Deal, Refusal, by_key
from tests.fakes.hubspot import RANDOM, FakeHubSpot, Fault, Options


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
        return by_key((one["email"], _contact(one)) for one in self.fake.records("contacts"))

    def deals(self) -> dict[str, Deal]:
        return by_key((one["aom_order_key"], _deal(one)) for one in self.fake.records("deals"))

    def buyers(self) -> list[tuple[str, str]]:
        people = {contact.id: address for address, contact in self.contacts().items()}
        orders = {deal.id: key for key, deal in self.deals().items()}
        return sorted(
            (orders[b], people[a]) if a in people else (orders[a], people[b])
            for a, b in self.fake.associations()
        )

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
        return Refusal(
            "VALUE_TOO_LONG", 'Property "firstname" is limited to 65536 characters.', "firstname"
        )

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


@contextmanager
def hubspot(name: str = "hubspot", settings: str = "") -> Iterator[HubSpotAccount]:
    with FakeHubSpot(Options(burst=EVER, stall=LAPSE)) as fake:
        yield HubSpotAccount(fake, name, settings)


def _contact(row: Mapping[str, Any]) -> Contact:
    first, last, course = (
        str(row.get(name) or "") for name in ("firstname", "lastname", "aom_last_course")
    )
    return Contact(row["id"], first, last, course, row["writes"])


def _deal(row: Mapping[str, Any]) -> Deal:
    return Deal(row["id"], row["dealstage"], row["aom_order_status"], row["amount"], row["writes"])
