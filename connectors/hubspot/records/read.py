"""Reading what records hold now: by id where that is known, else by the key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.base import Found
from connectors.error_rules import ErrorOutcome
from connectors.hubspot.error_body import read_error
from connectors.hubspot.error_table import rule_of
from connectors.hubspot.errors import HubSpotCallRefused, call_error
from connectors.hubspot.json_answers import items_of, properties_of
from connectors.hubspot.records.result_match import MULTI_STATUS, result_keys

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from connectors.base import Record
    from connectors.hubspot.api import HubSpotApi

ADDRESSES = "hs_additional_emails"
MERGED = "hs_merged_object_ids"


async def read_records(
    api: HubSpotApi,
    type_: str,
    key_field: str,
    records: Sequence[Record],
    fields: Collection[str],
) -> list[Found | None]:
    """Give what is there, in the order of the records; one call by id, and one by key.

    Raises what concerns all of them.
    """
    wanted = sorted({*fields, key_field, MERGED, *([ADDRESSES] if key_field == "email" else [])})
    by_id = await _read_batch(api, type_, wanted, {record.id for record in records if record.id})
    unknown = {_key(record) for record in records if not record.id}
    by_key = await _read_batch(api, type_, wanted, unknown - {""}, key_field)
    ids = {old: item for item in by_id for old in _ids(item)}
    keys = {key: item for item in by_key for key in result_keys(item, key_field)}
    items = [ids.get(one.id) if one.id else keys.get(_key(one)) for one in records]
    return [_found_record(item, fields) if item else None for item in items]


async def _read_batch(
    api: HubSpotApi,
    type_: str,
    properties: Sequence[str],
    names: Collection[str],
    key_field: str | None = None,
) -> list[dict[str, Any]]:
    if not names:
        return []
    body = {
        "properties": properties,
        "propertiesWithHistory": [],
        "inputs": [{"id": name} for name in sorted(names)],
        **({"idProperty": key_field} if key_field else {}),
    }
    try:
        data = await api.call("POST", api.paths.batch(type_, "read"), body)
    except HubSpotCallRefused as error:
        if len(names) == 1 and rule_of(error.fault).outcome is ErrorOutcome.GONE:
            return []
        raise
    for fault in (read_error(item, MULTI_STATUS) for item in items_of(data, "errors")):
        if rule_of(fault).outcome is not ErrorOutcome.GONE:
            raise call_error(fault)
    return items_of(data, "results")


def _key(record: Record) -> str:
    return record.key.strip().casefold()


def _ids(item: Mapping[str, Any]) -> list[str]:
    """Give the ids that lead to a record: its own, and those that were merged into it."""
    merged = str(properties_of(item).get(MERGED) or "")
    return [str(item.get("id")), *(one for one in merged.split(";") if one)]


def _found_record(item: Mapping[str, Any], fields: Collection[str]) -> Found:
    properties = properties_of(item)
    return Found(str(item.get("id")), {name: properties.get(name) for name in fields})
