"""Has options made that the CRM lacks, before the records that hold them are written.

What the CRM won't take as an option is left out of the records, with a note of the reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar, cast

from connectors.base import (
    Append,
    Connector,
    ConnectorError,
    Grows,
    Outcome,
    Record,
    RefusedOption,
    Saved,
    TimedOut,
    Unavailable,
    Value,
)

Known = TypeVar("Known", bound=Outcome | None)


async def upsert_growing(connector: Connector, records: Sequence[Record]) -> list[Outcome]:
    """Upsert records of one object, whose options the connector has been asked to make.

    Outcomes come in the same order, as many. Raises what the connector raises.
    """
    refused = await _grow(connector, records)
    remaining = [_without(record, refused) for record in records] if refused else records
    try:
        outcomes = await connector.upsert(records[0].object, remaining)
    except ConnectorError as fault:
        fault.outcomes = _all_noted(fault.outcomes, records, refused)
        raise
    return _all_noted(outcomes, records, refused)


async def _grow(
    connector: Connector, records: Sequence[Record]
) -> Mapping[tuple[str, str], RefusedOption]:
    """What the CRM lacks still, by field and option."""
    options: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for record in records:
        for name, value in _growing(record):
            options[name] |= dict.fromkeys(value.values)
    if not options or not isinstance(connector, Grows):
        return {}
    try:
        refused = await connector.grow(records[0].object, options)
    except TimedOut as late:  # no record was sent: none of them has to wait until it is over
        raise Unavailable(str(late), late.retry_after) from late
    return {(one.field, one.option): one for one in refused}


def _growing(record: Record) -> Iterator[tuple[str, Append]]:
    for fields in (record.fields, record.on_create):
        for name, value in fields.items():
            if isinstance(value, Append) and value.grow:
                yield name, value


def _without(record: Record, refused: Mapping[tuple[str, str], RefusedOption]) -> Record:
    def remaining(fields: Mapping[str, Value]) -> dict[str, Value]:
        left = {name: _remaining_options(name, value, refused) for name, value in fields.items()}
        return {name: value for name, value in left.items() if value != Append((), grow=True)}

    return replace(record, fields=remaining(record.fields), on_create=remaining(record.on_create))


def _remaining_options(
    name: str, value: Value, refused: Mapping[tuple[str, str], RefusedOption]
) -> Value:
    if not isinstance(value, Append) or not value.grow:
        return value
    return replace(value, values=tuple(one for one in value.values if (name, one) not in refused))


def _notes(record: Record, refused: Mapping[tuple[str, str], RefusedOption]) -> Iterator[str]:
    for name, value in _growing(record):
        for option in value.values:
            if one := refused.get((name, option)):
                yield f"{option!r} was left out of {name}, which cannot grow: {one.reason}"


def _all_noted(
    outcomes: Sequence[Known],
    records: Sequence[Record],
    refused: Mapping[tuple[str, str], RefusedOption],
) -> list[Known]:
    if not refused or len(outcomes) != len(records):
        return [*outcomes]
    notes = ([*_notes(record, refused)] for record in records)
    return [_noted(one, more) for one, more in zip(outcomes, notes, strict=True)]


def _noted(outcome: Known, notes: Sequence[str]) -> Known:
    if not isinstance(outcome, Saved):
        return outcome
    return cast("Known", replace(outcome, notes=(*outcome.notes, *notes)))
