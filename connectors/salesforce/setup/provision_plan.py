"""What `provision` would make: fields, and a permission set that lets the run-as user write
them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.base import Misconfigured, ObjectNeed, Plan, Problem, Step
from connectors.salesforce.error_table import FIELDS
from connectors.salesforce.objects import ObjectCache, SObject, api_name
from connectors.salesforce.records.field_values import CURRENCY
from connectors.salesforce.records.parents import is_role
from connectors.salesforce.settings import SalesforceSettings, key_field_of
from connectors.salesforce.setup import field_metadata
from connectors.salesforce.setup.licence import licence_steps
from connectors.salesforce.soql import quote_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from connectors.base import Needs
    from connectors.salesforce.api import SalesforceApi

SET = "@permission set"
"""Stands in a step's body for the id of the permission set, which is known when the step is
done.
"""

READ_TOO = {"Contact": "Account", "Opportunity": "Account"}
"""Salesforce lets nobody write the one who may not read the other."""

READ_BY_US = {"Contact": ("Email",)}
"""What the connector reads whether a mapping writes it or not."""

ADMIN = (
    "give an administrator's access token as provision_token, e.g. of `sf org auth "
    "show-access-token`"
)


@dataclass(frozen=True, slots=True)
class ObjectView:
    """An object as the run-as user sees it, if at all, and as an administrator does."""

    own: SObject | None
    whole: SObject

    def may_write(self, field: str) -> bool:
        return self.own is not None and field in self.own.fields and self.own.fields[field].writable


async def plan_provision(
    api: SalesforceApi,
    admin: SalesforceApi,
    objects: ObjectCache,
    settings: SalesforceSettings,
    needs: Needs,
) -> Plan:
    """Compare the needs with the org, as the run-as user sees it (`api`) and as it is (`admin`)."""
    await api.sign_in()
    all_objects = objects if admin is api else ObjectCache(admin, objects.now)
    steps: list[Step] = []
    grants: list[Step] = []
    blockers: list[Problem] = []
    for need in needs:
        name = api_name(need.object)
        own, whole = await objects.find(name), await all_objects.find(name)
        sobject = whole or own
        if sobject is None:
            text = f"the org has no object {name}, or the run-as user may not see it"
            blockers.append(
                Problem(
                    need.object,
                    text,
                    "make it at Setup → Object Manager → Create, then provision again",
                )
            )
            continue
        view = ObjectView(own, sobject)
        key_field = key_field_of(settings, name, need.key_field)
        wanted = _wanted(sobject, need, key_field)
        seen = {*sobject.fields, *(own.fields if own else ())}
        try:
            existing = seen if wanted.keys() <= seen else await _existing(admin, name)
        except Misconfigured as fault:
            return Plan((), (Problem("provision", str(fault).partition(" → ")[0], ADMIN),))
        steps += [
            _creation(name, field, shape)
            for field, shape in wanted.items()
            if field not in existing
        ]
        grants += [*_object_grants(view), *_field_grants(view, need, wanted)]
        blockers += _blockers(sobject, need, key_field)
    if grants:
        try:
            steps += await licence_steps(api, admin)
        except Misconfigured as fault:
            message, _, remedy = str(fault).partition(" → ")
            blockers.append(Problem("run-as user", message, remedy))
        steps += [*await _permission_set(api, admin, settings.permission_set), *grants]
    return Plan(tuple({step.text: step for step in steps}.values()), tuple(dict.fromkeys(blockers)))


def _wanted(sobject: SObject, need: ObjectNeed, key_field: str) -> dict[str, dict[str, Any]]:
    """Give the custom fields that the mapping writes, with the metadata to make them."""
    wanted = {key_field: field_metadata.field_metadata(key_field, None)}
    wanted |= {
        name: field_metadata.field_metadata(name, field)
        for name, field in need.fields.items()
        if name != key_field
    }
    for target in need.links:
        if not is_role(need.object, target) and not any(
            api_name(target) in field.parents for field in sobject.fields.values()
        ):
            name = f"AOM_{api_name(target).removesuffix('__c')}__c"
            wanted[name] = field_metadata.lookup_metadata(name, api_name(target), sobject.name)
    return {
        name: shape for name, shape in wanted.items() if name.endswith("__c") and "." not in name
    }


async def _existing(admin: SalesforceApi, name: str) -> set[str]:
    """List the custom fields that there are, seen or not."""
    rows = await admin.tooling(
        "SELECT DeveloperName FROM CustomField WHERE EntityDefinition.QualifiedApiName = "
        f"{quote_text(name)}"
    )
    return {f"{row['DeveloperName']}__c" for row in rows}


def _creation(name: str, field: str, shape: Mapping[str, Any]) -> Step:
    body = {"FullName": f"{name}.{field}", "Metadata": shape}
    return Step(
        f"create the field {name}.{field}: {field_metadata.in_words(shape)}",
        {"path": "tooling/sobjects/CustomField", "body": body},
    )


def _field_grants(view: ObjectView, need: ObjectNeed, wanted: Iterable[str]) -> Iterator[Step]:
    """Grant the fields that are made, and those that an administrator sees and the user does
    not.
    """
    for field in wanted:
        if not view.may_write(field):
            yield _field_grant(view.whole.name, field)
    standard = dict.fromkeys((*need.fields, *READ_BY_US.get(view.whole.name, ())))
    for field in standard:
        there = view.whole.fields.get(field)
        if (
            there
            and field not in {*wanted}
            and there.grantable
            and there.writable
            and not view.may_write(field)
        ):
            yield _field_grant(view.whole.name, field)


def _field_grant(name: str, field: str) -> Step:
    body = {
        "ParentId": SET,
        "SobjectType": name,
        "Field": f"{name}.{field}",
        "PermissionsRead": True,
        "PermissionsEdit": True,
    }
    return Step(
        f"let the run-as user read and edit {name}.{field}",
        {"path": "sobjects/FieldPermissions", "body": body},
    )


def _object_grants(view: ObjectView) -> Iterator[Step]:
    if view.own and view.own.createable and view.own.updateable:
        return
    name = view.whole.name
    if name in READ_TOO:
        yield _object_grant(READ_TOO[name], "read", PermissionsRead=True)
    yield _object_grant(
        name,
        "read, create and edit",
        PermissionsRead=True,
        PermissionsCreate=True,
        PermissionsEdit=True,
    )


def _object_grant(name: str, verbs: str, **rights: bool) -> Step:
    body = {"ParentId": SET, "SobjectType": name, **rights}
    return Step(
        f"let the run-as user {verbs} {name}", {"path": "sobjects/ObjectPermissions", "body": body}
    )


async def _permission_set(api: SalesforceApi, admin: SalesforceApi, name: str) -> list[Step]:
    """Give the steps to make the set and to assign it, as far as they are left to do."""
    rows = await admin.query(f"SELECT Id FROM PermissionSet WHERE Name = {quote_text(name)}")
    if rows and await _assigned(admin, rows[0]["Id"], str(api.run_as)):
        return []
    make = Step(
        f"create the permission set {name}",
        {"path": "sobjects/PermissionSet", "body": {"Name": name, "Label": name.replace("_", " ")}},
    )
    assign = Step(
        f"assign the permission set {name} to the run-as user ({api.run_as})",
        {
            "path": "sobjects/PermissionSetAssignment",
            "body": {"PermissionSetId": SET, "AssigneeId": api.run_as},
        },
    )
    return [assign] if rows else [make, assign]


async def _assigned(admin: SalesforceApi, set_id: str, user: str) -> bool:
    query = "SELECT Id FROM PermissionSetAssignment WHERE PermissionSetId = {} AND AssigneeId = {}"
    return bool(await admin.query(query.format(quote_text(set_id), quote_text(user))))


def _blockers(sobject: SObject, need: ObjectNeed, key_field: str) -> Iterator[Problem]:
    key = sobject.fields.get(key_field)
    if key and key.name != "Email" and not (key.external_id and key.unique):
        text = "the field is there, and is not both External ID and unique"
        yield Problem(
            f"{sobject.name}.{key.name}",
            text,
            f"{FIELDS} → {key.name} → Edit: External ID and Unique",
        )
    for name, field in need.fields.items():
        standard = not name.endswith("__c") and "." not in name and name != CURRENCY
        if standard and name not in sobject.fields:
            place = ", ".join(field.places) or f"{sobject.name}.{name}"
            yield Problem(
                place,
                f"{sobject.name} has no standard field {name}, or the run-as user may not see it",
                "see Setup → Object Manager",
            )
