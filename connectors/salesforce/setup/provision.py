"""Carries out what `plan` lists, as an administrator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.base import Misconfigured, Plan, Problem, Report
from connectors.salesforce.setup.provision_plan import ADMIN, SET
from connectors.salesforce.soql import quote_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.salesforce.api import SalesforceApi

THERE_ALREADY = {"DUPLICATE_DEVELOPER_NAME", "DUPLICATE_VALUE"}


async def provision_steps(admin: SalesforceApi, plan: Plan, permission_set: str) -> Report:
    """Do each step; one that is done already counts as done. A step that fails stops no other."""
    done: list[str] = []
    failed: list[Problem] = []
    for step in plan.steps:
        try:
            refused = await admin.create(
                step.data["path"], await _filled(admin, step.data["body"], permission_set)
            )
        except Misconfigured as fault:
            failed.append(Problem(step.text, str(fault)))
            continue
        if refused is None or refused.code in THERE_ALREADY:
            done.append(step.text)
        else:
            failed.append(
                Problem(
                    step.text,
                    str(refused),
                    ADMIN if refused.code.startswith("INSUFFICIENT_ACCESS") else "",
                )
            )
    return Report(tuple(done), tuple(failed))


async def _filled(
    admin: SalesforceApi, body: Mapping[str, Any], permission_set: str
) -> dict[str, Any]:
    if SET not in body.values():
        return dict(body)
    rows = await admin.query(
        f"SELECT Id FROM PermissionSet WHERE Name = {quote_text(permission_set)}"
    )
    if not rows:
        raise Misconfigured(f"there is no permission set {permission_set}")
    return {name: rows[0]["Id"] if value == SET else value for name, value in body.items()}
