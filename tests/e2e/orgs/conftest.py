"""A school that writes to HubSpot and to Salesforce at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.conftest import Api, asked
from tests.e2e.accounts import HubSpotAccount, SalesforceAccount, configure, hubspot, salesforce
from tests.fakes.salesforce import FakeSalesforce
from tests.processes import until


@dataclass(frozen=True)
class School:
    """A gateway with a connector for each CRM, of the CRM's name."""

    api: Api
    hubspot: HubSpotAccount
    salesforce: SalesforceAccount
    directory: Path

    @property
    def org(self) -> FakeSalesforce:
        return self.salesforce.fake

    def status(self, connector: str = "salesforce") -> dict[str, Any]:
        """What `status` says of a connector."""
        found: dict[str, Any] = self.api.get("/api/status")["connectors"][connector]
        return found

    def wait_for_reason(self, words: str, connector: str = "salesforce") -> dict[str, Any]:
        """Return the connector's status when its reason says so."""
        until(lambda: words in self.status(connector)["reason"], f"the reason says {words!r}")
        return self.status(connector)

    def readiness(self, connector: str) -> dict[str, str]:
        """What anybody may read of a connector."""
        found: dict[str, str] = httpx.get(f"{self.api.running.url}/readyz", trust_env=False).json()["connectors"][connector]
        return found

    def contacts(self) -> dict[str, dict[str, Any]]:
        """The Contacts of the org by address."""
        return {row["Email"]: row for row in self.org.records("Contact")}

    def deals(self) -> dict[str, dict[str, Any]]:
        """The Opportunities of the org by our key."""
        return {row["AOM_Order_Key__c"]: row for row in self.org.records("Opportunity")}


@pytest.fixture(scope="package")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    """One for all tests: each has its own people, and cures what it has done to the CRMs."""
    directory = tmp_path_factory.mktemp("school")
    with ExitStack() as stack:
        marketing = stack.enter_context(hubspot())
        sales = stack.enter_context(salesforce(settings='account = { policy = "person" }'))
        api = stack.enter_context(asked(configure(directory, marketing, sales)))
        yield School(api, marketing, sales, directory)
