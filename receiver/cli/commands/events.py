"""`events`: what arrived, what became of it, and one event's whole story."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.table import Column, Table
from rich.text import Text

from receiver.cli.admin_client import AdminClient, in_path, open_admin
from receiver.cli.app import app, settings_of
from receiver.cli.command_failure import fail_command
from receiver.cli.completion.known_names import complete_connector, complete_event, complete_source
from receiver.cli.completion.stored_ids import complete_event_id, complete_group
from receiver.cli.local_times import SinceOption, UntilOption, iso_time, show_time
from receiver.cli.options import CONFIG, ConfigOption, JsonOption
from receiver.cli.reports.table_cells import table_cell
from receiver.cli.terminal import out, print_json
from receiver.text.escape import escape_hidden
from receiver.text.plurals import pluralize

PAGE = 500
_EVERY = 1.0  # seconds between two looks for what has arrived
WIDE = 130  # columns that a list with one line for each event takes


class EventState(StrEnum):
    """What an event can be in: any of its deliveries, or the event itself."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DRY_RUN = "dry_run"
    DEAD = "dead"
    DISCARDED = "discarded"
    QUARANTINED = "quarantined"


_STATES = {
    "dead": "red",
    "quarantined": "red",
    "pending": "yellow",
    "delivered": "green",
    "dry_run": "cyan",
}


IdArgument = Annotated[
    str | None,
    typer.Argument(
        help="One event, with all that is known of it; a list unless given.",
        autocompletion=complete_event_id,
    ),
]
KeyOption = Annotated[
    str | None,
    typer.Option(
        "--key", help="That wrote a record of this key, or tell of the order with this id."
    ),
]
BeforeOption = Annotated[
    str | None, typer.Option("--before", help="Older than this event: where a list ended.")
]


@app.command()
def events(
    id: IdArgument = None,
    config: ConfigOption = CONFIG,
    source: Annotated[
        str | None, typer.Option(help="Of this source.", autocompletion=complete_source)
    ] = None,
    event: Annotated[
        str | None,
        typer.Option(help="Of this name, e.g. order.placed.", autocompletion=complete_event),
    ] = None,
    state: Annotated[EventState | None, typer.Option(help="In this state.")] = None,
    person: Annotated[str | None, typer.Option(help="With this e-mail address in it.")] = None,
    connector: Annotated[
        str | None, typer.Option(help="For this connector.", autocompletion=complete_connector)
    ] = None,
    key: KeyOption = None,
    group: Annotated[
        str | None,
        typer.Option(
            help="Of this group of `dead` or `quarantine`.", autocompletion=complete_group
        ),
    ] = None,
    since: SinceOption = None,
    until: UntilOption = None,
    before: BeforeOption = None,
    limit: Annotated[int, typer.Option(help="At most so many.", min=1)] = 50,
    follow: Annotated[
        bool,
        typer.Option("--follow", "-f", help="Go on with what arrives, a line each, until Ctrl-C."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List what arrived, newest first, or show one event with its story. Times are those of this
    machine's zone.

    --json prints {"items", "next", "unsearched"}, an item being {"id", "event", "source",
    "state", "received_at", "recognised_by", "person", "people", "deliveries"}, `next` what to
    give as --before, and `unsearched` how many calls in quarantine fit but for the person, who is
    not looked up there; of one event what GET /api/events/{id} answers, see /openapi.json.
    """
    if id == "":
        fail_command("The id is empty.")
    chosen = {
        "source": source,
        "event": event,
        "state": state,
        "person": person,
        "connector": connector,
        "key": key,
        "group": group,
        "since": iso_time(since),
        "until": iso_time(until),
        "before": before,
    }
    if follow:
        if id is not None or before is not None:
            fail_command("--follow lists what arrives; it takes no id and no --before.")
        with suppress(KeyboardInterrupt):
            asyncio.run(_follow(config, chosen, limit, as_json=as_json))
        return
    answer = asyncio.run(_fetch_events(config, id, chosen, limit))
    if as_json:
        print_json(answer)
    elif id is not None:
        _show_one(answer)
    else:
        _show_all(answer)


async def _fetch_events(
    config: ConfigOption, id: str | None, chosen: dict[str, str | None], limit: int
) -> Any:
    async with open_admin(settings_of(config)) as asked:
        return (
            await asked.get(f"/api/events/{in_path(id)}")
            if id is not None
            else await _pages(asked, chosen, limit)
        )


async def _pages(asked: AdminClient, chosen: dict[str, str | None], limit: int) -> dict[str, Any]:
    items: list[Any] = []
    before = chosen["before"]
    while True:
        page = await asked.get(
            "/api/events", **{**chosen, "before": before}, limit=min(PAGE, limit - len(items))
        )
        items += page["items"]
        before = page["next"]
        if before is None or len(items) >= limit:
            return {"items": items, "next": before, "unsearched": page["unsearched"]}


async def _follow(
    config: ConfigOption, chosen: dict[str, str | None], limit: int, *, as_json: bool
) -> None:
    """Print each event once, oldest first: the newest ones at the beginning, then what arrives."""
    async with open_admin(settings_of(config)) as asked:
        if not asked.running:
            fail_command("No gateway runs, so nothing arrives. Start it with `aom-gateway serve`.")
        newest = ""
        while True:
            for one in reversed(await _newer(asked, chosen, newest, limit)):
                newest = max(newest, one["id"])
                _print_line(one, as_json=as_json)
            await asyncio.sleep(_EVERY)


async def _newer(
    asked: AdminClient, chosen: dict[str, str | None], newest: str, limit: int
) -> list[Any]:
    """The events behind the newest that was printed, the newest first; at first so many."""
    items: list[Any] = []
    before = None
    while True:
        many = PAGE if newest else min(PAGE, limit - len(items))
        page = await asked.get("/api/events", **{**chosen, "before": before}, limit=many)
        fresh = [one for one in page["items"] if one["id"] > newest]
        items += fresh
        before = page["next"]
        if (
            before is None
            or len(fresh) < len(page["items"])
            or (not newest and len(items) >= limit)
        ):
            return items


def _print_line(one: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(one))
        return
    source, name, state, person = _cells(one)
    line = Text("  ").join((Text(show_time(one["received_at"])), source, name, state, person))
    out.print(Text.assemble(line, "  ", escape_hidden(one["id"])))


def _show_all(answer: dict[str, Any]) -> None:
    if answer["items"]:
        out.print(_wide(answer["items"]) if out.width >= WIDE else _narrow(answer["items"]))
    else:
        out.print("There are no such events.")
    if answer["unsearched"]:
        those = pluralize(answer["unsearched"], "call")
        out.print(
            f"Besides, {those} in quarantine may be theirs: people are not looked up in what "
            "was not understood. See `quarantine`."
        )
    if answer["next"]:
        out.print(
            f"There are more: --before {escape_hidden(answer['next'])}, or a higher --limit.",
            markup=False,
        )


def _wide(items: list[Any]) -> Table:
    table = Table(
        Column("received", no_wrap=True),
        "source",
        "event",
        "state",
        "person",
        "deliveries",
        Column("id", no_wrap=True),
    )
    for one in items:
        source, name, state, person = _cells(one)
        table.add_row(
            table_cell(show_time(one["received_at"])),
            source,
            name,
            state,
            person,
            table_cell(_counts(one)),
            table_cell(one["id"]),
        )
    return table


def _narrow(items: list[Any]) -> Table:
    """Two lines each, so that ids and addresses can be read, and copied."""
    table = Table(
        Column("received, id", no_wrap=True),
        "event, source",
        Column("state, person", overflow="fold"),
    )
    for one in items:
        source, name, state, person = _cells(one)
        table.add_row(
            Text(f"{show_time(one['received_at'])}\n{escape_hidden(one['id'])}"),
            Text("\n").join((name, source)),
            Text("\n").join((state, person)),
        )
    return table


def _cells(one: dict[str, Any]) -> tuple[Text, Text, Text, Text]:
    others = f" and {one['people'] - 1} more" if one["people"] > 1 else ""
    state = table_cell(one["state"], _STATES.get(one["state"], ""))
    return (
        table_cell(one["source"]),
        table_cell(one["event"] or "(unknown)"),
        state,
        table_cell(f"{one['person'] or ''}{others}"),
    )


def _counts(one: dict[str, Any]) -> str:
    return ", ".join(f"{number} {state}" for state, number in one["deliveries"].items())


def _show_one(event: dict[str, Any]) -> None:
    table = Table(
        show_header=False,
        title=escape_hidden(f"{event['event'] or 'an unknown event'} {event['id']}"),
        title_justify="left",
    )
    for label, value in _facts(event):
        table.add_row(label, table_cell(value))
    out.print(table)
    for delivery in event["deliveries"]:
        _show_delivery(delivery)
    _show_rest(event)
    _show_payload("What came", event["raw"])
    if event["normal"] is not None:
        _show_payload("What mappings see of it", json.dumps(event["normal"], ensure_ascii=False))


def _facts(event: dict[str, Any]) -> list[tuple[str, object]]:
    lines: list[tuple[str, object]] = [
        ("received", show_time(event["received_at"])),
        ("source", event["source"]),
        ("state", event["state"]),
        ("recognised by", event["recognised_by"]),
        ("named by the URL", event["named"]),
        ("disagreement", event["disagreement"]),
        ("keys that no schema knows", ", ".join(event["unknown_keys"])),
        ("values that count as absent", ", ".join(event["unreadable"])),
        ("redacted", "[erased] is in the place of what named a person" * event["redacted"]),
        (
            "left out",
            "; ".join(f"{fault['path']}: {fault['message']}" for fault in event["left_out"]),
        ),
        *(
            ("fault", f"{error['path'] or '(body)'}: {error['message']}")
            for error in event["errors"]
        ),
    ]
    return [(label, value) for label, value in lines if value]


def _show_delivery(delivery: dict[str, Any]) -> None:
    """In lines, not in a table: what was sent and what came back are long."""
    following = (
        f", next attempt {show_time(delivery['next_attempt_at'])}"
        if delivery["next_attempt_at"]
        else ""
    )
    out.print()
    out.print(
        escape_hidden(
            f"{delivery['person']} at {delivery['connector']}: {delivery['state']}{following}"
        ),
        style="bold",
        markup=False,
    )
    if delivery["reason"]:
        out.print(escape_hidden(delivery["reason"]), style="red", markup=False)
    for attempt in delivery["attempts"]:
        said = (attempt["code"], attempt["field"], attempt["message"], *map(str, attempt["notes"]))
        came = " · ".join(text for text in said if text)
        head = f"{_when(attempt)}, {attempt['duration_ms']} ms: {attempt['outcome']}"
        out.print(escape_hidden(f"  {head}{f' · {came}' if came else ''}"), markup=False)
        for record in attempt["sent"]:
            out.print(escape_hidden(f"    {json.dumps(record, ensure_ascii=False)}"), markup=False)
        if attempt["others"]:
            others = pluralize(attempt["others"], "other")
            out.print(f"    with {others} of this person", markup=False)


def _when(attempt: dict[str, Any]) -> str:
    """Several alike in a row are one line."""
    first = show_time(attempt["started_at"])
    if attempt["times"] == 1:
        return first
    return f"{first}, \u00d7{attempt['times']}, last at {show_time(attempt['last_at'])}"


def _show_rest(event: dict[str, Any]) -> None:
    """What an event for a whole school has besides the deliveries that are shown."""
    number = sum(sum(states.values()) for states in event["counts"].values())
    if number > len(event["deliveries"]):
        out.print(
            f"\nThese are {len(event['deliveries'])} of {number} deliveries, what needs "
            "attention first:",
            style="bold",
        )
        for connector, states in event["counts"].items():
            out.print(
                escape_hidden(
                    f"  {connector}: "
                    f"{', '.join(f'{many} {state}' for state, many in states.items())}"
                ),
                markup=False,
            )


def _show_payload(title: str, text: str) -> None:
    """Indented where it is JSON; as it stands where it is not."""
    try:
        lines = json.dumps(json.loads(text), indent=2, ensure_ascii=False).split("\n")
    except (ValueError, RecursionError):
        lines = text.split("\n")
    out.print(f"\n{title}:", style="bold")
    out.print("\n".join(map(escape_hidden, lines)), markup=False)
