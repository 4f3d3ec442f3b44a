"""Shows what two mappings write otherwise."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from receiver.cli.reports.table_cells import table_cell
from receiver.cli.terminal import err, out
from receiver.comparison import Comparison
from receiver.comparison.differences import (
    FaultDifference,
    Group,
    ObjectDifference,
    PartDifference,
    WantedDifference,
)
from receiver.comparison.setting_differences import SettingDifference
from receiver.text.escape import escape_hidden
from receiver.text.plurals import pluralize

MOST_ROWS = 8  # of one field
NOTHING = "nothing"
UNCOUNTED = (
    "The mapping asks for profiles, and the gateway has not counted all events into them yet: "
    "what comes of `profile` is not what it will be"
)


def show_comparison(found: Comparison, before: str, after: str) -> None:
    """All that differs, for people: examples are the keys of records, an e-mail address of a
    contact.
    """
    _say(f"{pluralize(found.events, 'event')}: {before} → {after}", style="bold")
    if not found.differs:
        _say("Nothing differs.", style="green")
    for one in found.objects:
        _show_object(one)
    _show_faults("New faults: these could not be delivered", found.new_faults)
    _show_faults("Faults that are mended: these could be delivered", found.mended_faults)
    _show_wanted("No route would take these any more", found.unwanted)
    _show_wanted("A route would take these that none takes now", found.newly_wanted)
    _show_settings(found.settings)
    if found.differs and (found.people or not found.settings):
        _show_costs(found)
    if found.faulty:
        _say(f"{pluralize(found.faulty, 'delivery')} neither of them can render.", style="yellow")
    if found.uncounted:
        _say(f"{UNCOUNTED}.", style="yellow")
    if found.unreadable:
        _say(f"{pluralize(found.unreadable, 'event')} can't be read any more.", style="yellow")


def _show_settings(settings: Sequence[SettingDifference]) -> None:
    if settings:
        _say("")
        _say("Otherwise for what comes from now on; what is stored and written keeps what it has:")
    for one in settings:
        _say(f"  {one.where}: {one.before} → {one.after}")


def _show_object(one: ObjectDifference) -> None:
    _say("")
    counts = [
        f"{one.changed:,} change" if one.changed else "",
        f"{one.new.count:,} new{_examples(one.new)}" if one.new.count else "",
        f"{one.gone.count:,} not written any more{_examples(one.gone)}" if one.gone.count else "",
    ]
    counted = "; ".join(count for count in counts if count)
    _say(f"{one.connector} {one.object}: {counted}", style="bold")
    if not one.parts:
        return
    table = Table("part", "before", "after", "records", "for example")
    for part in one.parts:
        _add_part(table, part)
    out.print(table)


def _add_part(table: Table, part: PartDifference) -> None:
    shown = part.changes[:MOST_ROWS]
    for number, change in enumerate(shown):
        table.add_row(
            "" if number else table_cell(part.part),
            table_cell(change.before or NOTHING),
            table_cell(change.after or NOTHING),
            f"{change.records:,}",
            table_cell(", ".join(change.examples)),
        )
    rest = part.records - sum(change.records for change in shown)
    if rest:
        table.add_row("", "other values", "", f"{rest:,}", "")


def _show_faults(title: str, faults: Sequence[FaultDifference]) -> None:
    if not faults:
        return
    _say("")
    _say(title, style="bold")
    for one in faults:
        _say(
            f"  {pluralize(one.deliveries, 'delivery')} to {one.connector}: {one.where}: "
            f"{one.message} (event {', '.join(one.examples)})"
        )


def _show_wanted(title: str, events: Sequence[WantedDifference]) -> None:
    if not events:
        return
    _say("")
    _say(title, style="bold")
    for one in events:
        _say(f"  {one.events:,} {one.event} of {one.source}")


def _show_costs(found: Comparison) -> None:
    _say("")
    _say(f"{pluralize(found.people, 'person', 'people')} concerned.")
    for one in found.calls:
        _say(
            f"To write {one.records:,} {one.object} to {one.connector} again: "
            f"{pluralize(one.calls, 'call')} of up to {one.batch_size}."
        )
    if any(one.gone.count or _has_gone(one) for one in found.objects):
        _say("What is not written any more stays in the CRM as it is.", style="dim")


def _has_gone(one: ObjectDifference) -> bool:
    return any(change.after is None for part in one.parts for change in part.changes)


def _examples(group: Group) -> str:
    return f" (e.g. {', '.join(group.examples)})"


def _say(text: str, style: str | None = None) -> None:
    out.print(escape_hidden(text), style=style, markup=False)


def show_note(text: str) -> None:
    """Something to know beside the result."""
    err.print(escape_hidden(text), style="yellow", markup=False)
