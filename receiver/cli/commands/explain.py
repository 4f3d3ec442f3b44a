"""`explain`: what a payload would write, without a credential or a CRM; of a file without a store,
too.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from receiver.aom import InvalidBody, Profile
from receiver.cli.app import app, settings_of
from receiver.cli.command_failure import FOUND, fail_command
from receiver.cli.completion.known_names import complete_event, complete_source
from receiver.cli.completion.stored_ids import complete_event_id
from receiver.cli.options import CONFIG, ConfigOption, JsonOption
from receiver.cli.record_lookup import (
    RecordLookup,
    add_from_crm,
    add_remembered,
    planned_records,
)
from receiver.cli.reports.record_tables import Reading, show_record
from receiver.cli.stored_event import ask_gateway, fetch_event, names_stored_event
from receiver.cli.terminal import err, out, print_json
from receiver.gateway import sites_of
from receiver.mapping import RouteTable, explanation
from receiver.mapping.source_lines import SourceLines
from receiver.settings import Settings
from receiver.text.escape import escape_hidden


@app.command()
def explain(
    file: Annotated[
        str,
        typer.Argument(
            help="A file with the payload, - for standard input, or the id of a stored event.",
            autocompletion=complete_event_id,
        ),
    ],
    config: ConfigOption = CONFIG,
    event: Annotated[
        str | None,
        typer.Option(help="The event that the URL would name.", autocompletion=complete_event),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            help="The source that would send it; the first one unless given.",
            autocompletion=complete_source,
        ),
    ] = None,
    online: Annotated[
        bool, typer.Option("--online", help="Ask the CRMs what these records hold now.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show what a payload is recognised as, its normal form, and the records that it would
    write, each field with the line that it comes from; of a stored event, also what the CRMs hold
    of them.
    """
    stored = names_stored_event(file)
    settings = settings_of(config, stand_ins=not (stored or online))
    call = _stored_call(settings, file) if stored else _call_of(file)
    name = source or call.source or next(iter(settings.sources))
    if name not in settings.sources:
        fail_command(
            f"--source: {name!r} is not configured; there are: {', '.join(settings.sources)}"
        )
    try:
        explained = explanation.explain_body(
            call.body,
            sites_of(settings)[name],
            event or call.named,
            RouteTable.compile(settings),
            now=call.received_at,
            profile_of=call.profiles.get,
            known_as=call.known_as,
        )
    except InvalidBody as invalid:
        _show_faults(invalid, as_json=as_json)
        raise typer.Exit(FOUND) from invalid
    lookup = _look_up_records(settings, explained, stored=stored, online=online)
    lines = SourceLines.read(config.name, settings.lines, settings.connectors)
    answer = _as_json(explained, lookup, lines)
    if as_json:
        print_json(answer)
    else:
        _show_explanation(answer, Reading(file if stored else None, online=online))
    if explained.faulty:
        raise typer.Exit(FOUND)


def _look_up_records(
    settings: Settings, explained: explanation.Explanation, *, stored: bool, online: bool
) -> RecordLookup:
    lookup, records = RecordLookup(), planned_records(explained)
    if stored:
        ask_gateway(settings, lambda asked: add_remembered(lookup, asked, records))
    if online:
        add_from_crm(lookup, settings, records)
    return lookup


def _as_json(
    explained: explanation.Explanation, lookup: RecordLookup, lines: SourceLines
) -> dict[str, Any]:
    """As JSON has it: each record with the lines of its fields and what the CRM holds."""
    answer = explained.plain()
    for delivery in answer["deliveries"]:
        for record in delivery.get("records", ()):
            record["lines"] = {
                name: lines.written(place) for name, place in record["places"].items()
            }
            ref = (delivery["connector"], record["object"], record["key"])
            record.update(lookup.plain(ref))
        if (note := lookup.notes.get(delivery["connector"])) is not None:
            delivery["note"] = note
    return answer


@dataclass(frozen=True, slots=True)
class _Call:
    body: bytes
    received_at: datetime
    source: str | None = None
    named: str | None = None
    profiles: Mapping[str, Profile] = field(default_factory=dict)  # by person key
    known_as: Mapping[str, explanation.KnownAs] = field(default_factory=dict)  # by address


def _call_of(file: str) -> _Call:
    return _Call(payload_of(file), datetime.now(UTC))


def _stored_call(settings: Settings, event_id: str) -> _Call:
    """As it came in, or was amended: from its source, under the name in its URL, at its time; with
    what is known now of its people.
    """
    event = fetch_event(settings, event_id)
    received_at = datetime.fromisoformat(event["received_at"])
    profiles = {
        person: Profile.model_validate(known) for person, known in event["profiles"].items()
    }
    known_as = {at: (one["key"], one["address"]) for at, one in event["known_as"].items()}
    return _Call(
        event["raw"].encode(), received_at, event["source"], event["named"], profiles, known_as
    )


def payload_of(file: str) -> bytes:
    """What the file holds, or standard input for `-`."""
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        fail_command(f"{file}: {error.strerror}")


def _show_explanation(explained: dict[str, Any], reading: Reading) -> None:
    out.print(
        f"{explained['event']}, recognised by its {explained['recognised_by']}",
        style="bold",
        markup=False,
    )
    if explained["disagreement"]:
        out.print(escape_hidden(explained["disagreement"]), style="yellow", markup=False)
    if explained["unknown_keys"]:
        out.print(
            escape_hidden(f"keys that no schema knows: {', '.join(explained['unknown_keys'])}"),
            style="yellow",
            markup=False,
        )
    if explained["unreadable"]:
        out.print(
            escape_hidden(f"values that count as absent: {', '.join(explained['unreadable'])}"),
            style="yellow",
            markup=False,
        )
    for fault in explained["left_out"]:
        out.print(
            escape_hidden(f"left out: {fault['path']}: {fault['message']}"),
            style="yellow",
            markup=False,
        )
    print_json(explained["normal"])
    if not explained["deliveries"]:
        out.print(
            "No route wants it: it would be kept, and nothing would be written.", style="yellow"
        )
    for delivery in explained["deliveries"]:
        head = (
            f"{delivery['connector']} ← {delivery['person']} (routes: "
            f"{', '.join(delivery['routes'])})"
        )
        out.print()
        out.print(escape_hidden(head), style="bold", markup=False)
        if "fault" in delivery:
            err.print(escape_hidden(delivery["fault"]), style="red", markup=False)
        if "note" in delivery:
            line = f"{delivery['connector']} {delivery['note']}"
            out.print(escape_hidden(line), style="yellow", markup=False)
        for record in delivery.get("records", ()):
            show_record(record, reading)


def _show_faults(invalid: InvalidBody, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "event": invalid.event,
                "errors": [{"path": f.path, "message": f.message} for f in invalid.faults],
            }
        )
        return
    err.print(
        f"It would be kept in quarantine{f', as {invalid.event}' if invalid.event else ''}:",
        style="red",
        markup=False,
    )
    for fault in invalid.faults:
        err.print(escape_hidden(f"  {fault.path or '(body)'}: {fault.message}"), markup=False)
