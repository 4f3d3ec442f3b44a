"""The licence that an integration user needs before any right on objects can be granted to it.

Source: Salesforce Help, "Give Integration Users API Only Access": the user licence Salesforce
Integration, and with it the permission set licence Salesforce API Integration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.base import Misconfigured, Problem, Step
from connectors.salesforce.soql import quote_text

if TYPE_CHECKING:
    from connectors.salesforce.api import SalesforceApi

USER_LICENCE = "Salesforce Integration"
SET_LICENCE = "SalesforceAPIIntegrationPsl"
SET_LICENCE_LABEL = "Salesforce API Integration"

LACKS = (
    f"the run-as user has the licence {USER_LICENCE} without {SET_LICENCE_LABEL}: no right on "
    "objects can be granted to it"
)
REMEDY = f"Setup → Users → (the user) → Permission Set License Assignments → {SET_LICENCE_LABEL}"
UNKNOWN = "the run-as user may not read its own licences: whether it has what it needs is not known"


async def licence_problems(api: SalesforceApi) -> list[Problem]:
    """Ask as the run-as user; what it may not read is said."""
    try:
        lacks = await lacks_licence(api, api)
    except Misconfigured:
        return [Problem("run-as user", UNKNOWN, f"see {REMEDY}", fatal=False)]
    return [Problem("run-as user", LACKS, f"`aom-gateway provision`, or {REMEDY}")] if lacks else []


async def licence_steps(api: SalesforceApi, admin: SalesforceApi) -> list[Step]:
    """Give the step that assigns the licence, where it is lacking."""
    if not await lacks_licence(api, admin):
        return []
    rows = await admin.query(
        f"SELECT Id FROM PermissionSetLicense WHERE DeveloperName = {quote_text(SET_LICENCE)}"
    )
    if not rows:
        raise Misconfigured(
            f"the org has no permission set licence {SET_LICENCE_LABEL} → see Setup → "
            "Company Information"
        )
    body = {"PermissionSetLicenseId": rows[0]["Id"], "AssigneeId": api.run_as}
    text = f"assign the licence {SET_LICENCE_LABEL} to the run-as user ({api.run_as})"
    return [Step(text, {"path": "sobjects/PermissionSetLicenseAssign", "body": body})]


async def lacks_licence(api: SalesforceApi, reader: SalesforceApi) -> bool:
    """Tell whether the user of `api` is one of integration without the licence, as `reader` sees
    it.
    """
    await api.sign_in()
    if api.run_as is None:
        return False
    user = quote_text(api.run_as)
    users, assigned = (
        await reader.query(f"SELECT Profile.UserLicense.Name FROM User WHERE Id = {user}"),
        await reader.query(
            "SELECT PermissionSetLicense.MasterLabel FROM PermissionSetLicenseAssign WHERE "
            f"AssigneeId = {user}"
        ),
    )
    integration = any(
        _nested(row, "Profile", "UserLicense", "Name") == USER_LICENCE for row in users
    )
    names = {_nested(row, "PermissionSetLicense", "MasterLabel") for row in assigned}
    return integration and SET_LICENCE_LABEL not in names


def _nested(row: dict[str, object], *names: str) -> object:
    found: object = row
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return found
