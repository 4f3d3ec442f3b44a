"""What would keep the gateway from writing to this org: credentials, version, limits, objects,
fields, keys, stages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.base import AuthFailed, FieldNeed, Misconfigured, ObjectNeed, Problem, Throttled
from connectors.salesforce.error_table import (
    ENCRYPTION,
    ENCRYPTION_POLICY,
    FIELDS,
    PERMISSIONS,
    STORAGE,
)
from connectors.salesforce.objects import TYPES, ObjectCache, ObjectField, SObject, api_name
from connectors.salesforce.records.contact_roles import ROLE
from connectors.salesforce.records.field_values import CURRENCY
from connectors.salesforce.records.option_growth import RESTRICTED, unrestrict
from connectors.salesforce.records.parents import find_lookup, is_role
from connectors.salesforce.records.person_claim import PERSON_ACCOUNT
from connectors.salesforce.settings import SalesforceSettings, key_field_of
from connectors.salesforce.setup.account_check import account_problems
from connectors.salesforce.setup.licence import licence_problems

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from connectors.base import FieldType, Needs
    from connectors.salesforce.api import SalesforceApi

FEW_CALLS = 0.1  # of the day's, that the gateway may still make
PROVISION = "`aom-gateway provision`, or "
PERSON_ACCOUNTS = (
    "this org has person accounts; the gateway writes Contacts, so that a learner who is a "
    "person account already would be refused "
    "(PERSON_ACCOUNT), and all others become Contacts beside them"
)

# what Salesforce's kinds of fields take of the mapping's
TAKEN: Mapping[FieldType, set[FieldType]] = {
    "string": {"string", "number", "boolean", "date", "datetime", "choice", "choices"},
    "number": {"number", "string"},
    "boolean": {"boolean", "string"},
    "date": {"date", "datetime", "string"},
    "datetime": {"date", "datetime", "string"},
    "choice": {"choice", "string", "choices"},
    "choices": {"choices", "choice", "string"},
}


async def find_problems(
    api: SalesforceApi,
    objects: ObjectCache,
    settings: SalesforceSettings,
    needs: Needs,
) -> list[Problem]:
    """Ask the org, and tell all that is wrong at once.

    Raises Unavailable; all else is a problem.
    """
    found: list[Problem] = []
    try:
        async for problem in _find_faults(api, objects, settings, needs):
            found.append(problem)  # noqa: PERF401 - what was found before a fault stays
    except (AuthFailed, Misconfigured) as fault:
        message, _, remedy = str(fault).partition(" → ")
        where = "sign-in" if isinstance(fault, AuthFailed) else "set-up"
        found.append(Problem(where, message, remedy))
    except Throttled as fault:
        text = f"{fault}; the rest could not be looked at"
        found.append(Problem("limits", text, "check again when there is room"))
    return found


async def _find_faults(
    api: SalesforceApi,
    objects: ObjectCache,
    settings: SalesforceSettings,
    needs: Needs,
) -> AsyncIterator[Problem]:
    if wrong := await _version(api, settings):
        for problem in wrong:
            yield problem
        return
    for problem in await _limits(api, settings):
        yield problem
    for need in needs:
        for problem in await _object(objects, settings, need):
            yield problem
    for problem in (
        *await _helpers(objects, settings, needs),
        *await licence_problems(api),
        *await _accounts(api, objects, settings, needs),
    ):
        yield problem


async def _version(api: SalesforceApi, settings: SalesforceSettings) -> list[Problem]:
    versions = await api.versions()
    if settings.api_version in versions:
        return []
    return [
        Problem(
            "api_version",
            f"the org does not speak {settings.api_version}",
            f'set api_version = "{versions[-1]}"',
        )
    ]


async def _limits(api: SalesforceApi, settings: SalesforceSettings) -> list[Problem]:
    limits = await api.call("GET", "limits")
    found = []
    calls, storage = limits.get("DailyApiRequests", {}), limits.get("DataStorageMB", {})
    top, left = calls.get("Max", 0), calls.get("Remaining", 0)
    if top and left <= top * (1 - settings.daily_share + FEW_CALLS):
        text = (
            f"{left} of {top} API calls are left in these 24 hours, and daily_share leaves "
            f"{1 - settings.daily_share:.0%} to others"
        )
        found.append(
            Problem(
                "limits",
                text,
                "Setup → Company Information → API Requests; wait, or buy more",
                fatal=False,
            )
        )
    if storage.get("Remaining") == 0:
        found.append(Problem("limits", "the org's data storage is full", STORAGE))
    return found


async def _object(
    objects: ObjectCache, settings: SalesforceSettings, need: ObjectNeed
) -> list[Problem]:
    name = api_name(need.object)
    sobject = await objects.find(name)
    if sobject is None:
        return [
            Problem(
                need.object,
                f"the org has no object {name}, or the run-as user may not see it",
                f"Setup → Object Manager; {PERMISSIONS}",
            )
        ]
    key_field = key_field_of(settings, name, need.key_field)
    found = [*_rights(sobject), *_key(sobject, key_field)]
    for field, wanted in need.fields.items():
        found += _check_field(sobject, field, wanted)
    found += _links(sobject, need)
    found += _required(sobject, need, key_field)
    return found


def _rights(sobject: SObject) -> Iterator[Problem]:
    if not (sobject.createable and sobject.updateable):
        yield Problem(
            sobject.name,
            f"the run-as user may not create and edit {sobject.name}",
            f"{PROVISION}{PERMISSIONS}",
        )


def _key(sobject: SObject, key_field: str) -> Iterator[Problem]:
    if key_field not in sobject.fields:
        yield _missing_field(sobject, key_field, sobject.name)
    elif not sobject.fields[key_field].is_key:
        yield Problem(
            f"{sobject.name}.{key_field}",
            "it holds the key, and is no External ID",
            f"{FIELDS} → {key_field} → Edit → External ID, Unique",
        )
    elif not sobject.fields[key_field].unique and key_field != "Email":
        text = "it holds the key, and is not unique: two records could get the same one"
        yield Problem(
            f"{sobject.name}.{key_field}", text, f"{FIELDS} → {key_field} → Edit → Unique"
        )


def _check_field(sobject: SObject, name: str, need: FieldNeed) -> Iterator[Problem]:
    place = ", ".join(need.places) or f"{sobject.name}.{name}"
    if name == CURRENCY and CURRENCY not in sobject.fields:
        return  # an org of one currency: it is left out
    if "." in name:
        yield from _by_parent(sobject, name, place)
        return
    field = sobject.fields.get(name)
    if field is None:
        yield _missing_field(sobject, name, place)
    elif not field.writable:
        yield Problem(
            place,
            f"the run-as user may not write {sobject.name}.{name}",
            f"{PROVISION}{PERMISSIONS}; formulas can never be written",
        )
    else:
        yield from _values(sobject, field, need, place)


def _values(sobject: SObject, field: ObjectField, need: FieldNeed, place: str) -> Iterator[Problem]:
    kind = TYPES.get(field.type, "string")
    if need.type is not None and need.type not in TAKEN[kind]:
        text = f"{sobject.name}.{field.name} is of the type {field.type}, and takes no {need.type}"
        yield Problem(place, text, "map it to another field, or make one of the right type")
    if need.grows and (field.bound or kind == "choice"):
        text = RESTRICTED if field.bound else f"it is of the type {field.type}, which holds one"
        yield Problem(
            place,
            f"{sobject.name}.{field.name} cannot grow: {text}",
            unrestrict(field) if field.bound else "map it to a multi-select picklist",
        )
    strange = (
        sorted(value for value in need.values if value and value.casefold() not in field.options)
        if field.bound
        else []
    )
    if strange:
        options = ", ".join(dict.fromkeys(field.options.values()))
        text = (
            f"{', '.join(map(repr, strange))}: no option of {sobject.name}.{field.name}; there "
            f"are: {options}"
        )
        yield Problem(
            place, text, f"use these in the mapping, or add yours at {FIELDS} → {field.name}"
        )


def _by_parent(sobject: SObject, name: str, place: str) -> Iterator[Problem]:
    relationship = name.partition(".")[0]
    field = sobject.parent(relationship)
    if field is None or not field.writable:
        yield Problem(
            place,
            f"{sobject.name} has no relationship {relationship} that the run-as user can write",
            FIELDS,
        )


def _links(sobject: SObject, need: ObjectNeed) -> Iterator[Problem]:
    for target in need.links:
        if not is_role(need.object, target):
            try:
                find_lookup(sobject, target, need.fields)
            except Misconfigured as fault:
                message, _, remedy = str(fault).partition(" → ")
                yield Problem(need.object, message, f"{PROVISION}{remedy}" if remedy else "")


def _required(sobject: SObject, need: ObjectNeed, key_field: str) -> Iterator[Problem]:
    written = {key_field, *(name.partition(".")[0] for name in need.fields)}
    if sobject.name == "Contact":
        written.add("LastName")  # made up where AOM has none
    for field in sobject.fields.values():
        by_link = any(api_name(target) in field.parents for target in need.links)
        if (
            field.required
            and not by_link
            and field.name not in written
            and field.relationship not in written
        ):
            text = (
                f"the org requires {sobject.name}.{field.name}, and the mapping does not write "
                "it: new records will be refused"
            )
            yield Problem(
                f"{sobject.name}.{field.name}",
                text,
                f"map it, or make it optional at {FIELDS} → {field.name}",
            )


async def _accounts(
    api: SalesforceApi, objects: ObjectCache, settings: SalesforceSettings, needs: Needs
) -> list[Problem]:
    written = {api_name(need.object) for need in needs}
    contact = await objects.find("Contact") if "Contact" in written else None
    return await account_problems(api, contact, settings.account) if contact else []


async def _helpers(
    objects: ObjectCache, settings: SalesforceSettings, needs: Needs
) -> list[Problem]:
    """Look at what the connector needs for itself: e-mails to claim people by, contact roles,
    leads.
    """
    found = []
    written = {api_name(need.object) for need in needs}
    contact = await objects.find("Contact") if "Contact" in written else None
    if contact and settings.contact_key != "Email" and "Email" not in contact.fields:
        found.append(_missing_field(contact, "Email", "Contact.Email"))
    email = contact.fields.get("Email") if contact and settings.contact_key != "Email" else None
    if email and not email.filterable:
        found.append(
            Problem("Contact.Email", f"it can not be filtered: {ENCRYPTION}", ENCRYPTION_POLICY)
        )
    if contact and PERSON_ACCOUNT in contact.fields:
        found.append(
            Problem(
                "Contact", PERSON_ACCOUNTS, "use an org without person accounts, or convert them"
            )
        )
    if any(is_role(need.object, target) for need in needs for target in need.links):
        role = await objects.find(ROLE)
        if role is None or not role.createable:
            found.append(
                Problem(
                    ROLE,
                    "the run-as user may not make contact roles",
                    f"let it read and edit Opportunity and Contact: {PERMISSIONS}",
                )
            )
    if contact and settings.on_forget == "delete" and not contact.deletable:
        text = 'the run-as user may not delete Contact, as on_forget = "delete" wants'
        found.append(
            Problem(
                "on_forget", text, f'let it: {PERMISSIONS}; or set on_forget = "empty"', fatal=False
            )
        )
    if settings.match_leads and await objects.find("Lead") is None:
        found.append(
            Problem(
                "match_leads",
                "the run-as user may not read Lead",
                f"let it: {PERMISSIONS}; or set match_leads = false",
            )
        )
    return found


def _missing_field(sobject: SObject, name: str, place: str) -> Problem:
    return Problem(
        place,
        f"{sobject.name} has no field {name} that the run-as user can see",
        f"{PROVISION}{FIELDS} → New, then {PERMISSIONS}",
    )
