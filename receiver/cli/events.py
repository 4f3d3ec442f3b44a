"""`events`: what arrived, what became of it, and one event's whole story."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any

import typer
from rich.table import Column, Table
from rich.text import Text

from receiver.cli.admin import Admin, admin, in_path
from receiver.cli.app import CONFIG, ConfigOption, JsonOption, app, out, print_json, settings_of
from receiver.cli.harmless import cell, harmless
from receiver.cli.moments import SinceOption, UntilOption, iso, shown

PAGE = 500

_STATES = {"dead": "red", "quarantined": "red", "pending": "yellow", "delivered": "green"}


@app.command()
def events(
    id: Annotated[str | None, typer.Argument(help="One event, with all that is known of it; a list unless given.")] = None,
    config: ConfigOption = CONFIG,
    source: Annotated[str | None, typer.Option(help="Of this source.")] = None,
    event: Annotated[str | None, typer.Option(help="Of this name, e.g. order.placed.")] = None,
    state: Annotated[str | None, typer.Option(help="pending, delivered, dead, discarded or quarantined.")] = None,
    person: Annotated[str | None, typer.Option(help="With this e-mail address in it.")] = None,
    connector: Annotated[str | None, typer.Option(help="For this connector.")] = None,
    group: Annotated[str | None, typer.Option(help="Of this group of `dead` or `quarantine`.")] = None,
    since: SinceOption = None,
    until: UntilOption = None,
    before: Annotated[str | None, typer.Option(help="Older than this event: where a list ended.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many.", min=1)] = 50,
    as_json: JsonOption = False,
) -> None:
    """List what arrived, newest first, or show one event with its story. Times are those of this machine's zone."""
    chosen = {
        "source": source,
        "event": event,
        "state": state,
        "person": person,
        "connector": connector,
        "group": group,
        "since": iso(since),
        "until": iso(until),
        "before": before,
    }
    answer = asyncio.run(_ask(config, id, chosen, limit))
    if as_json:
        print_json(answer)
    elif id:
        _show_one(answer)
    else:
        _show_all(answer)


async def _ask(config: ConfigOption, id: str | None, chosen: dict[str, str | None], limit: int) -> Any:
    async with admin(settings_of(config)) as asked:
        return await asked.get(f"/api/events/{in_path(id)}") if id else await _pages(asked, chosen, limit)


async def _pages(asked: Admin, chosen: dict[str, str | None], limit: int) -> dict[str, Any]:
    items: list[Any] = []
    before = chosen["before"]
    while True:
        page = await asked.get("/api/events", **{**chosen, "before": before}, limit=min(PAGE, limit - len(items)))
        items += page["items"]
        before = page["next"]
        if before is None or len(items) >= limit:
            return {"items": items, "next": before}


def _show_all(answer: dict[str, Any]) -> None:
    fixed = (Column("received", no_wrap=True), "source", "event", "state", "person", "deliveries")
    table = Table(*fixed, Column("id", no_wrap=True))
    for one in answer["items"]:
        others = f" and {one['people'] - 1} more" if one["people"] > 1 else ""
        counts = ", ".join(f"{number} {state}" for state, number in one["deliveries"].items())
        table.add_row(
            cell(shown(one["received_at"])),
            cell(one["source"]),
            cell(one["event"] or "(unknown)"),
            cell(one["state"], _STATES.get(one["state"], "")),
            cell(f"{one['person'] or ''}{others}"),
            cell(counts),
            cell(one["id"]),
        )
    if answer["items"]:
        out.print(table)
    else:
        out.print("There are no such events.")
    if answer["next"]:
        out.print(f"There are more: --before {harmless(answer['next'])}, or a higher --limit.", markup=False)


def _show_one(event: dict[str, Any]) -> None:
    table = Table(show_header=False, title=harmless(f"{event['event'] or 'an unknown event'} {event['id']}"), title_justify="left")
    for label, value in _facts(event):
        table.add_row(label, cell(value))
    out.print(table)
    for delivery in event["deliveries"]:
        _show_delivery(delivery)
    _show_payload("What came", event["raw"])
    if event["normal"] is not None:
        _show_payload("What mappings see of it", json.dumps(event["normal"], ensure_ascii=False))


def _facts(event: dict[str, Any]) -> list[tuple[str, object]]:
    told: list[tuple[str, object]] = [
        ("received", shown(event["received_at"])),
        ("source", event["source"]),
        ("state", event["state"]),
        ("recognised by", event["recognised_by"]),
        ("named by the URL", event["named"]),
        ("disagreement", event["disagreement"]),
        ("keys that no schema knows", ", ".join(event["unknown_keys"])),
        ("values that count as absent", ", ".join(event["unreadable"])),
        *(("fault", f"{error['path'] or '(body)'}: {error['message']}") for error in event["errors"]),
    ]
    return [(label, value) for label, value in told if value]


def _show_delivery(delivery: dict[str, Any]) -> None:
    following = f", next attempt {shown(delivery['next_attempt_at'])}" if delivery["next_attempt_at"] else ""
    title = f"{delivery['person']} at {delivery['connector']}: {delivery['state']}{following}"
    table = Table(
        Column("attempt", no_wrap=True), "outcome", "what came back", "what was sent", title=harmless(title), title_justify="left"
    )
    for attempt in delivery["attempts"]:
        said = (attempt["code"], attempt["field"], attempt["message"], *map(str, attempt["notes"]))
        sent = "\n".join(harmless(json.dumps(record, ensure_ascii=False)) for record in attempt["sent"])
        table.add_row(
            cell(f"{shown(attempt['started_at'])}, {attempt['duration_ms']} ms"),
            cell(attempt["outcome"]),
            cell(" · ".join(text for text in said if text)),
            Text(sent),
        )
    out.print(table)
    if delivery["reason"]:
        out.print(f"  {harmless(delivery['reason'])}", style="red", markup=False)


def _show_payload(title: str, text: str) -> None:
    """Indented where it is JSON; as it stands where it is not."""
    try:
        lines = json.dumps(json.loads(text), indent=2, ensure_ascii=False).split("\n")
    except (ValueError, RecursionError):
        lines = text.split("\n")
    out.print(f"\n{title}:", style="bold")
    out.print("\n".join(map(harmless, lines)), markup=False)
