"""Tables of the records that an event would write, for a terminal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rich.table import Table

from connectors.base import JsonText
from receiver.cli.reports.table_cells import table_cell
from receiver.cli.terminal import out
from receiver.mapping.explanation import ONLY_UPDATES, OVERWRITE_WORDS
from receiver.text.escape import escape_hidden


@dataclass(frozen=True, slots=True)
class Reading:
    """What was looked up beside the records: `event` is the id of the stored event that they are
    of, `online` whether the CRMs were asked.
    """

    event: str | None
    online: bool


def show_record(record: dict[str, Any], reading: Reading) -> None:
    """Show a record as `explain` has it in JSON: also one that has a key and no field."""
    out.print(escape_hidden(_title(record)), markup=False)
    table = Table(show_header=True)
    for head in ("field", "value", "type", "comes from", *_heads(reading)):
        table.add_column(head)
    for name, value in record["fields"].items():
        cells = [name, *_split_value(value), _source(record, name)]
        table.add_row(*map(table_cell, [*cells, *_lookup_cells(record, name, reading)]))
    for link in record["links"]:
        table.add_row("→", table_cell(link), "link")
    if table.row_count:
        out.print(table)
    else:
        out.print("  its key alone", style="dim")


def _split_value(value: Any) -> tuple[Any, str]:
    """The value and its type; options that are added have no type of their own."""
    if isinstance(value, list):
        return ", ".join(value), "added"
    return value, "json" if isinstance(value, JsonText) else type(value).__name__


def _title(record: dict[str, Any]) -> str:
    where = f" by {record['key_field']}" if record["key_field"] else ""
    only = "" if record["creates"] else f", {ONLY_UPDATES}"
    return f"{record['object']}{where}: {record['key']}{only}{_whereabouts(record)}"


def _whereabouts(record: dict[str, Any]) -> str:
    """Whether the CRM has it, as far as that is known."""
    if "in_crm" in record:
        found = record["in_crm"]
        return f" (the CRM has it: {found['id']})" if found else " (the CRM has none)"
    if "held" not in record:
        return ""
    id = record["held"]["id"]
    return f" (the CRM has it: {id})" if id else " (never written)"


def _heads(reading: Reading) -> list[str]:
    return [
        *(["last set by"] if reading.event else []),
        *(["in the CRM now"] if reading.online else []),
    ]


def _source(record: dict[str, Any], name: str) -> str:
    rule = OVERWRITE_WORDS.get(record["overwrite"].get(name), "")
    return f"{record['lines'].get(name, '')}{f', {rule}' if rule else ''}"


def _lookup_cells(record: dict[str, Any], name: str, reading: Reading) -> list[Any]:
    cells: list[Any] = []
    if reading.event:
        cells.append(_last_set(record.get("held", {}).get("fields", {}).get(name), reading.event))
    if reading.online:
        cells.append(((record.get("in_crm") or {}).get("fields") or {}).get(name))
    return cells


def _last_set(by: str | None, event: str) -> str:
    """Ids of events sort by the time that the events belong to."""
    if by is None:
        return ""
    if by == event:
        return "this event"
    return f"{by}, {'newer' if by > event else 'older'}"
