"""What the operator sees of an import: meanwhile, and at its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from receiver.cli.reports.table_cells import table_cell
from receiver.cli.terminal import err, out
from receiver.importer import ImportRun
from receiver.importer.reject_reasons import RejectReason
from receiver.text.escape import escape_hidden
from receiver.text.plurals import pluralize

_MOST_REASONS = 20
_SAID = {
    "(unreadable)": "cannot be read and counts as absent",
    "(left out)": "left out",
    "(unknown)": "says nothing that is known",
}


@dataclass(slots=True)
class ImportWatcher:
    """On a terminal a bar; elsewhere only what keeps it from going on, once."""

    progress: Progress
    task: TaskID
    said: str = ""

    def silent(self, why: str) -> None:
        """Tell that the gateway does not answer."""
        what = escape_hidden(f"waits for the gateway: {why}") if why else ""
        self.progress.update(self.task, description=what or "importing")
        if what and what != self.said and not err.is_terminal:
            err.print(what, markup=False)
            self.said = what


@contextmanager
def watch_import(run: ImportRun, *, quiet: bool) -> Iterator[ImportWatcher]:
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns, console=err, disable=quiet or not err.is_terminal, transient=True
    ) as progress:
        task = progress.add_task("importing", total=None)
        run.watch = lambda position: progress.update(task, completed=position, total=run.size)
        yield ImportWatcher(progress, task)


def show_import(run: ImportRun, faults: Path | None) -> None:
    """`faults` is where the faulty lines are, None for a dry run."""
    dry = faults is None
    if dry:
        _show_reading(run)
    events = (
        ", ".join(f"{number} {event}" for event, number in sorted(run.events.items()))
        or "no line without a fault"
    )
    out.print(
        escape_hidden(f"{_were(run.lines, 'line')} read: {events}; {run.faulty} faulty."),
        markup=False,
    )
    if dry:
        out.print(
            f"They would make up to {pluralize(run.deliveries, 'delivery', 'deliveries')}. "
            "Nothing was sent or written."
        )
    else:
        known = f"; {run.duplicates} the gateway has already" if run.duplicates else ""
        out.print(
            f"{_were(run.accepted, 'event')} accepted, with "
            f"{pluralize(run.deliveries, 'delivery', 'deliveries')}{known}."
        )
    if run.columns and run.columns.ignored:
        out.print(
            escape_hidden(f"Columns that are used for nothing: {', '.join(run.columns.ignored)}"),
            style="yellow",
            markup=False,
        )
    if run.gathered:
        out.print(
            f"{_were(run.gathered_lines, 'line')} gathered into "
            f"{pluralize(run.gathered, 'order')}, each with its items.",
            markup=False,
        )
    if run.unattended:
        out.print(
            "No gateway runs: they are delivered once `aom-gateway serve` runs.", style="yellow"
        )
    _show_faults(run, faults)
    if run.stopped:
        _show_stop(run)


def _were(number: int, one: str) -> str:
    """`1 line was`, `2 lines were`."""
    return f"{pluralize(number, one)} {'was' if number == 1 else 'were'}"


def _show_reading(run: ImportRun) -> None:
    """How the file is understood."""
    if run.columns:
        table = Table("column", "is")
        for header, path in run.columns.shown():
            table.add_row(table_cell(header), table_cell(path))
        out.print(table)
    if run.newest_first:
        out.print(
            "The newest lines come first; of the same time, the last one counts as the oldest."
        )
    if run.example:
        out.print(
            escape_hidden(f"The first payload: {run.example.decode('utf-8', 'replace')[:2000]}"),
            markup=False,
        )


def _show_faults(run: ImportRun, file: Path | None) -> None:
    for place, (often, first) in run.unreadable.items():
        lines = "line" if often == 1 else "lines"
        err.print(
            escape_hidden(
                f"{place}: {_outcome_words(place)} in {often} {lines}, first in line {first}"
            ),
            style="yellow",
            markup=False,
        )
    reasons = run.reasons.most_frequent()
    for reason in reasons[:_MOST_REASONS]:
        err.print(escape_hidden(_reason(reason)), style="red", markup=False)
    if beyond := sum(reason.count for reason in reasons[_MOST_REASONS:]) + run.reasons.beyond:
        err.print(f"and {beyond} more lines for other reasons", style="red", markup=False)
    if run.faulty and file:
        err.print(
            escape_hidden(
                f"The faulty lines, each with what is wrong: {file}. Mend them there, and "
                "import that file."
            ),
            markup=False,
        )


def _reason(reason: RejectReason) -> str:
    """`lines 2, 5 and 180 more: customer_email: must be …`"""
    lines = ", ".join(str(number) for number in reason.lines)
    more = reason.count - len(reason.lines)
    where = f"line{'s' if reason.count > 1 else ''} {lines}{f' and {more} more' if more else ''}"
    return f"{where}: {reason.fault.path}{': ' if reason.fault.path else ''}{reason.fault.message}"


def _outcome_words(place: str) -> str:
    return next((words for sign, words in _SAID.items() if place.endswith(sign)), "noted")


def _show_stop(run: ImportRun) -> None:
    err.print(escape_hidden(f"The import stopped: {run.stopped}."), style="bold red", markup=False)
    err.print(
        f"All before line {run.next_line} is done. Go on with the same command and "
        f"--from-line {run.next_line}; "
        "a line that is sent again is told to be known, and does no harm.",
        markup=False,
    )
