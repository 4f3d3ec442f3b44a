"""Whether the account policy fits the org: who makes Accounts, who sees Contacts without one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.base import Misconfigured, Problem
from connectors.salesforce.records.accounts import NO_ACCOUNT, fixed_account

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.salesforce.api import SalesforceApi
    from connectors.salesforce.objects import SObject
    from connectors.salesforce.settings import AccountSettings

# so begin the fields that a package adds to Contact; both make an Account where a Contact has none
PACKAGES = {
    "npe01__": "the Nonprofit Success Pack (NPSP)",
    "npo02__": "the Nonprofit Success Pack (NPSP)",
    "npsp__": "the Nonprofit Success Pack (NPSP)",
    "hed__": "Education Data Architecture (EDA)",
}
WHERE = "account.policy"
PRIVATE = (
    "new Contacts stand under no Account: nobody but their owner, the run-as user, and "
    "administrators sees them, "
    "whatever the org's sharing model is"
)
BUCKET = (
    "all new Contacts and Opportunities stand under one Account: each write locks it, so "
    "that calls wait for each other and for "
    "your staff, and from 10,000 records on Salesforce slows down"
)
ONE_EACH = 'set policy = "person" (one Account each), or "domain" (one per organisation)'
SHARING = "Setup → Sharing Settings → Account"


async def account_problems(
    api: SalesforceApi, contact: SObject, settings: AccountSettings
) -> list[Problem]:
    """Ask the org, and say which policy fits it.

    All are warnings, but that a fixed Account must exist.
    """
    found = [*_policy(contact, settings)]
    if settings.policy == "fixed":
        found += await _fixed(api, settings)
    if settings.policy != "none":
        found += await _sharing(api)
    return found


def _policy(contact: SObject, settings: AccountSettings) -> Iterator[Problem]:
    names = (name for name in contact.fields if name.startswith((*PACKAGES,)))
    package = next((PACKAGES[f"{name.partition('__')[0]}__"] for name in names), None)
    if package and settings.policy != "none":
        text = (
            f"{package} makes an Account for each Contact itself, and does not where one is given"
        )
        yield Problem(WHERE, text, 'set policy = "none"', fatal=False)
    if not package and settings.policy == "none":
        yield Problem(WHERE, PRIVATE, ONE_EACH, fatal=False)


async def _fixed(api: SalesforceApi, settings: AccountSettings) -> list[Problem]:
    if await api.query(fixed_account(settings)):
        return [Problem(WHERE, BUCKET, ONE_EACH, fatal=False)]
    name, value = ("id", settings.id) if settings.id else ("key", settings.key)
    return [
        Problem(
            f"account.{name}",
            NO_ACCOUNT.format(name, value),
            "make it, or let the run-as user see it",
        )
    ]


async def _sharing(api: SalesforceApi) -> list[Problem]:
    try:
        rows = await api.query("SELECT DefaultAccountAccess FROM Organization")
    except Misconfigured:
        text = (
            "the run-as user may not read the org's sharing model: who will see the new Accounts "
            "is not known"
        )
        return [Problem(WHERE, text, f"see {SHARING}", fatal=False)]
    if not rows or rows[0]["DefaultAccountAccess"] != "None":
        return []
    text = (
        "Accounts are private in this org: what the gateway makes is seen by its owner, the "
        "run-as user, alone"
    )
    return [Problem(WHERE, text, f"share what the run-as user owns: {SHARING}", fatal=False)]
