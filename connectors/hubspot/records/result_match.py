"""Matches each result of a batch to the record that it is about.

HubSpot answers in any order: by trace id, else by key or id, never by position.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from connectors.base import Saved
from connectors.hubspot.error_body import HubSpotError, read_error
from connectors.hubspot.json_answers import items_of, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.hubspot.records.rows import BatchRow

MULTI_STATUS = 207


@dataclass(slots=True)
class MatchedResults:
    """What the answer says of each row, by its trace id.

    `loose` rows are those that it says nothing certain of.
    """

    saved: dict[str, Saved] = field(default_factory=dict)
    faults: dict[str, HubSpotError] = field(default_factory=dict)
    loose: list[BatchRow] = field(default_factory=list)
    stray_faults: list[HubSpotError] = field(default_factory=list)  # that name no row


def match_batch(
    rows: Sequence[BatchRow], key_field: str, data: Mapping[str, Any]
) -> MatchedResults:
    found = MatchedResults()
    stray_results = _match_results(found, rows, key_field, data)
    found.stray_faults = _match_errors(found, rows, data)
    found.loose = [
        row for row in rows if row.trace not in found.saved and row.trace not in found.faults
    ]
    strays: list[Saved | HubSpotError] = [*stray_results, *found.stray_faults]
    if len(found.loose) == 1 and strays and 1 in (len(strays), len(rows)):  # by elimination
        _take(found, strays[0])
    return found


def _match_results(
    found: MatchedResults, rows: Sequence[BatchRow], key_field: str, data: Mapping[str, Any]
) -> list[Saved]:
    """Sort the results to their rows, and give those that have none."""
    by_trace = {row.trace: row for row in rows}
    by_key = {row.key.casefold(): row for row in rows}
    by_id = {row.known_id: row for row in rows if row.known_id}
    strays = []
    for result in items_of(data, "results"):
        if not (id_ := str(result.get("id") or "")):
            continue
        named = next((by_key[key] for key in result_keys(result, key_field) if key in by_key), None)
        row = by_trace.get(text_of(result, "objectWriteTraceId")) or named or by_id.get(id_)
        notes = (*(_notes(row, id_) if row else ()), *_warnings(result))
        saved = Saved(id_, bool(result.get("new")), notes)
        if row is None or row.trace in found.saved:
            strays.append(saved)
        else:
            found.saved[row.trace] = saved
    return strays


def _match_errors(
    found: MatchedResults, rows: Sequence[BatchRow], data: Mapping[str, Any]
) -> list[HubSpotError]:
    """Sort the errors to their rows, and give those that have none."""
    stray = []
    for fault in (read_error(item, MULTI_STATUS) for item in items_of(data, "errors")):
        by_id = {row.trace for row in rows if row.known_id in fault.ids}
        named = by_id | {row.trace for row in rows if row.trace in fault.traces}
        found.faults.update(dict.fromkeys(named, fault))
        if not named:
            stray.append(fault)
    return stray


def _take(found: MatchedResults, stray: Saved | HubSpotError) -> None:
    row = found.loose.pop()
    if isinstance(stray, HubSpotError):
        found.faults[row.trace] = stray
    else:
        notes = (*_notes(row, stray.id), *stray.notes)
        found.saved[row.trace] = Saved(stray.id, stray.created, notes)


def _notes(row: BatchRow, id_: str) -> tuple[str, ...]:
    if row.known_id in (None, id_):
        return row.notes
    return (*row.notes, f"the record {row.known_id} was merged in HubSpot: it goes on as {id_}")


def result_keys(result: Mapping[str, Any], key_field: str) -> list[str]:
    """Give what a record is known by, in lower case: of a contact all its addresses."""
    properties = result.get("properties")
    if not isinstance(properties, dict):
        return []
    texts = [str(properties.get(key_field) or "")]
    if key_field == "email":
        texts += str(properties.get("hs_additional_emails") or "").split(";")
    return [text.strip().casefold() for text in texts if text.strip()]


def _warnings(result: Mapping[str, Any]) -> list[str]:
    return [_warning(item) for item in items_of(result, "warnings") if text_of(item, "message")]


def _warning(item: Mapping[str, Any]) -> str:
    """HubSpot's words, with the value as it was sent and what HubSpot made of it."""
    context = item.get("context")
    said = context if isinstance(context, dict) else {}
    shown = ", ".join(f"{name}: {_join_values(value)}" for name, value in said.items() if value)
    return f"{text_of(item, 'message')} ({shown})" if shown else text_of(item, "message")


def _join_values(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
