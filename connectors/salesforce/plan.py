"""What `provision` would make: custom fields, and a permission set that lets the run-as user see and write them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.base import Misconfigured, ObjectNeed, Plan, Problem, Step
from connectors.salesforce import fields
from connectors.salesforce.error_table import FIELDS
from connectors.salesforce.objects import Objects, SObject, api_name
from connectors.salesforce.parents import is_role
from connectors.salesforce.settings import SalesforceSettings, key_field_of
from connectors.salesforce.soql import quote
from connectors.salesforce.values import CURRENCY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connectors.base import Needs
    from connectors.salesforce.api import Api

SET = "@permission set"
"""Stands in a step's body for the id of the permission set, which is known when the step is done."""

READ_TOO = {"Contact": "Account", "Opportunity": "Account"}
"""Salesforce lets nobody write the one who may not read the other."""

ADMIN = "give an administrator's access token as provision_token, e.g. of `sf org auth show-access-token`"


async def plan(api: Api, admin: Api, objects: Objects, settings: SalesforceSettings, needs: Needs) -> Plan:
    """Compare the needs with the org, as the run-as user sees it (`api`) and as it is (`admin`)."""
    await api.sign_in()
    steps: list[Step] = []
    grants: list[Step] = []
    blockers: list[Problem] = []
    for need in needs:
        name = api_name(need.object)
        sobject = await objects.find(name)
        if sobject is None:
            text = f"the org has no object {name}, or the run-as user may not see it"
            blockers.append(Problem(need.object, text, "make it at Setup → Object Manager → Create, then provision again"))
            continue
        key_field = key_field_of(settings, name, need.key_field)
        wanted = _wanted(sobject, need, key_field)
        try:
            existing = {*sobject.fields} if wanted.keys() <= sobject.fields.keys() else await _existing(admin, name)
        except Misconfigured as fault:
            return Plan((), (Problem("provision", str(fault).partition(" → ")[0], ADMIN),))
        steps += [_creation(name, field, shape) for field, shape in wanted.items() if field not in existing]
        grants += [*_object_grants(sobject), *(_field_grant(name, field) for field in wanted if not _writable(sobject, field))]
        blockers += _blockers(sobject, need, key_field)
    if grants:
        steps += [*await _permission_set(api, admin, settings.permission_set), *grants]
    return Plan(tuple({step.text: step for step in steps}.values()), tuple(dict.fromkeys(blockers)))


def _wanted(sobject: SObject, need: ObjectNeed, key_field: str) -> dict[str, dict[str, Any]]:
    """Give the custom fields that the mapping writes, with the metadata to make them."""
    wanted = {key_field: fields.metadata(key_field, None)}
    wanted |= {name: fields.metadata(name, field) for name, field in need.fields.items() if name != key_field}
    for target in need.links:
        if not is_role(need.object, target) and not any(api_name(target) in field.parents for field in sobject.fields.values()):
            name = f"AOM_{api_name(target).removesuffix('__c')}__c"
            wanted[name] = fields.lookup(name, api_name(target), sobject.name)
    return {name: shape for name, shape in wanted.items() if name.endswith("__c") and "." not in name}


async def _existing(admin: Api, name: str) -> set[str]:
    """List the custom fields that there are, seen or not."""
    rows = await admin.tooling(f"SELECT DeveloperName FROM CustomField WHERE EntityDefinition.QualifiedApiName = {quote(name)}")
    return {f"{row['DeveloperName']}__c" for row in rows}


def _creation(name: str, field: str, shape: Mapping[str, Any]) -> Step:
    body = {"FullName": f"{name}.{field}", "Metadata": shape}
    return Step(f"create the field {name}.{field}: {fields.in_words(shape)}", {"path": "tooling/sobjects/CustomField", "body": body})


def _writable(sobject: SObject, field: str) -> bool:
    return field in sobject.fields and sobject.fields[field].writable


def _field_grant(name: str, field: str) -> Step:
    body = {"ParentId": SET, "SobjectType": name, "Field": f"{name}.{field}", "PermissionsRead": True, "PermissionsEdit": True}
    return Step(f"let the run-as user read and edit {name}.{field}", {"path": "sobjects/FieldPermissions", "body": body})


def _object_grants(sobject: SObject) -> Iterator[Step]:
    if sobject.createable and sobject.updateable:
        return
    if sobject.name in READ_TOO:
        yield _object_grant(READ_TOO[sobject.name], "read", PermissionsRead=True)
    yield _object_grant(sobject.name, "read, create and edit", PermissionsRead=True, PermissionsCreate=True, PermissionsEdit=True)


def _object_grant(name: str, verbs: str, **rights: bool) -> Step:
    body = {"ParentId": SET, "SobjectType": name, **rights}
    return Step(f"let the run-as user {verbs} {name}", {"path": "sobjects/ObjectPermissions", "body": body})


async def _permission_set(api: Api, admin: Api, name: str) -> list[Step]:
    """Give the steps to make the set and to assign it, as far as they are left to do."""
    rows = await admin.query(f"SELECT Id FROM PermissionSet WHERE Name = {quote(name)}")
    if rows and await _assigned(admin, rows[0]["Id"], str(api.run_as)):
        return []
    make = Step(
        f"create the permission set {name}",
        {"path": "sobjects/PermissionSet", "body": {"Name": name, "Label": name.replace("_", " ")}},
    )
    assign = Step(
        f"assign the permission set {name} to the run-as user ({api.run_as})",
        {"path": "sobjects/PermissionSetAssignment", "body": {"PermissionSetId": SET, "AssigneeId": api.run_as}},
    )
    return [assign] if rows else [make, assign]


async def _assigned(admin: Api, set_id: str, user: str) -> bool:
    query = "SELECT Id FROM PermissionSetAssignment WHERE PermissionSetId = {} AND AssigneeId = {}"
    return bool(await admin.query(query.format(quote(set_id), quote(user))))


def _blockers(sobject: SObject, need: ObjectNeed, key_field: str) -> Iterator[Problem]:
    key = sobject.fields.get(key_field)
    if key and key.name != "Email" and not (key.external_id and key.unique):
        text = "the field is there, and is not both External ID and unique"
        yield Problem(f"{sobject.name}.{key.name}", text, f"{FIELDS} → {key.name} → Edit: External ID and Unique")
    for name, field in need.fields.items():
        standard = not name.endswith("__c") and "." not in name and name != CURRENCY
        if standard and name not in sobject.fields:
            place = ", ".join(field.places) or f"{sobject.name}.{name}"
            yield Problem(
                place, f"{sobject.name} has no standard field {name}, or the run-as user may not see it", "see Setup → Object Manager"
            )
