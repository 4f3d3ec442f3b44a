"""What the account looks like, as HubSpot's answers tell it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from connectors.base import AuthFailed, Context
from connectors.hubspot.account import AccountSchema
from connectors.hubspot.api import HubSpotApi
from connectors.hubspot.settings import HubSpotSettings
from connectors.testing import Gate
from tests.fakes.hubspot import FakeHubSpot, Fault

T = TypeVar("T")

BEGIN = datetime(2026, 11, 24, tzinfo=UTC)


def look(
    hubspot: FakeHubSpot,
    use: Callable[[AccountSchema], Awaitable[T]],
    now: Callable[[], datetime] = lambda: BEGIN,
) -> T:
    """Do some look-ups in this account."""

    async def main() -> T:
        given = {"type": "hubspot", "access_token": hubspot.token, "base_url": hubspot.url}
        api = HubSpotApi(
            HubSpotSettings.model_validate(given), Context("hubspot", Gate(), Path()), 8
        )
        account = AccountSchema(api, now)
        try:
            return await use(account)
        finally:
            await account.aclose()
            await api.aclose()

    return asyncio.run(main())


def test_properties_are_read_as_the_account_has_them(hubspot: FakeHubSpot) -> None:
    """Types, uniqueness, what may be written, options by value."""
    hubspot.define("contacts", "courses", "enumeration", "checkbox", options=["Algebra"])
    contacts = look(hubspot, lambda account: account.read_properties("contacts"))
    courses = contacts["courses"]
    assert (courses.type, courses.field_type) == ("enumeration", "checkbox")
    assert list(courses.options) == ["Algebra"]
    assert contacts["email"].unique
    assert not contacts["createdate"].writable
    assert look(hubspot, lambda account: account.read_properties("deals"))["aom_order_key"].unique


def test_pipelines_are_read_with_their_stages(hubspot: FakeHubSpot) -> None:
    """By id and by name, for a mapping may say either."""
    (pipeline,) = look(hubspot, lambda account: account.read_pipelines("deals"))
    assert (pipeline.id, pipeline.label) == ("default", "Sales Pipeline")
    assert ("closedwon", "Closed Won") in [(stage.id, stage.label) for stage in pipeline.stages]


def test_an_object_that_is_not_there_has_no_properties(hubspot: FakeHubSpot) -> None:
    """The account has none of that name."""
    assert look(hubspot, lambda account: account.find_properties("p_enrollment")) is None


def test_who_looks_at_once_shares_one_call(hubspot: FakeHubSpot) -> None:
    """Eight batches that begin together ask for the properties once."""

    async def use(account: AccountSchema) -> None:
        await asyncio.gather(*(account.properties("contacts") for _ in range(8)))

    look(hubspot, use)
    assert hubspot.calls("properties") == 1


def test_what_is_known_serves_on_while_hubspot_is_away(hubspot: FakeHubSpot) -> None:
    """But not where the token is refused: then nothing may be written by what was known."""
    now = [BEGIN]

    async def use(account: AccountSchema) -> None:
        known = await account.properties("contacts")
        now[0] += timedelta(minutes=6)
        hubspot.script(Fault("status", status=503, path="properties"))
        assert await account.properties("contacts") is known
        hubspot.set_token("expired")
        with pytest.raises(AuthFailed):
            await account.properties("contacts")

    look(hubspot, use, lambda: now[0])


def test_the_account_has_an_id(hubspot: FakeHubSpot) -> None:
    """It is asked for once."""

    async def use(account: AccountSchema) -> list[int | None]:
        return [await account.find_portal(), await account.find_portal()]

    assert look(hubspot, use) == [hubspot.portal.id] * 2
    assert hubspot.calls("account-info") == 1


def test_a_token_that_may_not_know_the_account(hubspot: FakeHubSpot) -> None:
    """That is no fault: nothing is known of it then."""
    hubspot.script(Fault("status", status=403))
    assert look(hubspot, lambda account: account.find_portal()) is None
