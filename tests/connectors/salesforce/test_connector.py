"""Salesforce as a connector: what is told without a call."""

from __future__ import annotations

import pytest

from connectors.salesforce import SalesforceConnector
from tests.connectors.salesforce.opening import run
from tests.fakes.salesforce import FakeSalesforce


@pytest.mark.parametrize(
    ("id_", "url"),
    [
        ("003000000000001AAA", "https://acme.my.salesforce.com/003000000000001AAA"),
        ("", None),
        ("../setup", None),
    ],
)
def test_a_record_has_an_address(fake: FakeSalesforce, id_: str, url: str | None) -> None:
    """Where a person sees it; what is no id leads nowhere."""

    async def work(salesforce: SalesforceConnector) -> str | None:
        return salesforce.record_url("contact", id_)

    assert run(fake, work) == url


def test_the_org_is_told_by_signing_in(fake: FakeSalesforce) -> None:
    """Which costs no call of its own."""

    async def work(salesforce: SalesforceConnector) -> str:
        return await salesforce.account()

    assert run(fake, work) == "org 00D000000000001AAA"
    assert fake.stats()["calls"] == 0
