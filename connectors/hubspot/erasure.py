"""Erasing a person, by HubSpot's deletion for privacy.

It takes the contact's history with it, and nobody can restore it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from connectors.base import Plan, Problem, Report, Step
from connectors.hubspot.errors import HubSpotCallRefused
from connectors.hubspot.json_answers import items_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from connectors.base import Ref
    from connectors.hubspot.api import HubSpotApi

WHERE = "CRM → Contacts → the contact → Actions → Delete → for GDPR compliance"


Link = Callable[[str], str | None]
"""From a contact's id to where people see it."""


async def plan_erasure(
    addresses: Collection[str], records: Mapping[Ref, str], api: HubSpotApi, url: Link
) -> Plan:
    """List the contacts that are known for the person, and those that have an address of theirs."""
    known = [id_ for ref, id_ in records.items() if ref.object == "contact"]
    found = {*await _find(known, None, api), *await _find(addresses, "email", api)}
    steps = tuple(Step(_what(id_, url(id_)), {"id": id_}) for id_ in sorted(found))
    return Plan(steps, tuple(_remarks(records, found)))


async def erase_contacts(plan: Plan, api: HubSpotApi) -> Report:
    """Delete each contact of the plan.

    One that is gone already counts as done; HubSpot's words may hold an address, its codes do not.
    """
    done: list[str] = []
    failed: list[Problem] = []
    for step in plan.steps:
        text = f"the contact {step.data['id']} was deleted for good"
        try:
            await api.call("POST", api.paths.erase(), {"objectId": step.data["id"]})
        except HubSpotCallRefused as error:
            failed.append(
                Problem(
                    f"contact {step.data['id']}",
                    f"HubSpot refused to delete it: {error.fault.code}",
                    WHERE,
                )
            )
        else:
            done.append(text)
    return Report(tuple(done), tuple(failed))


async def _find(keys: Collection[str], id_property: str | None, api: HubSpotApi) -> list[str]:
    """Look up the ids that these contacts have now; one that was merged answers by its new one."""
    if not keys:
        return []
    body: dict[str, Any] = {
        "properties": [],
        "propertiesWithHistory": [],
        "inputs": [{"id": key} for key in keys],
    }
    if id_property:
        body["idProperty"] = id_property
    try:
        data = await api.call("POST", api.paths.batch("contacts", "read"), body)
    except HubSpotCallRefused:
        return []  # HubSpot has none of them
    return [str(item["id"]) for item in items_of(data, "results") if item.get("id")]


def _remarks(records: Mapping[Ref, str], found: Collection[str]) -> list[Problem]:
    remarks = []
    if found:
        message = "HubSpot lets no API make this address again: later events will be refused"
        remedy = "switch the person off in Academy of Mine too"
        remarks.append(Problem("contact", message, remedy, fatal=False))
    others = sorted({ref.object for ref in records if ref.object != "contact"})
    if others:
        stay = f"records of {', '.join(others)} stay"
        message = f"{stay}: the shipped mappings write no name or address there"
        remedy = "delete in HubSpot what your own mapping has written"
        remarks.append(Problem("others", message, remedy, fatal=False))
    return remarks


def _what(id_: str, url: str | None) -> str:
    return f"delete the contact {id_} for good, with its history{f' ({url})' if url else ''}"
