"""Shows what came of mapping tests: what differs in those that fail, and what none reaches."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from receiver.cases import CaseResult, MappingCoverage, Mismatch
from receiver.cli.reports.table_cells import table_cell
from receiver.cli.terminal import out
from receiver.text.escape import escape_hidden
from receiver.text.plurals import pluralize


def show_results(results: Sequence[CaseResult]) -> None:
    """A line for each case, with what differs below it."""
    for result in results:
        word, style = ("pass", "green") if result.passed else ("FAIL", "bold red")
        out.print(word, style=style, end=" ")
        out.print(escape_hidden(f"{result.case.file}: {result.case.name}"), markup=False)
        _show_differences(result.mismatches)
        for note in result.notes:
            out.print(escape_hidden(f"     {note}"), style="yellow", markup=False)
        if result.also and result.case.expect:
            others = "; ".join(map(str, result.also))
            out.print(escape_hidden(f"     also written: {others}"), style="dim", markup=False)
    failed = sum(not result.passed for result in results)
    style = "bold red" if failed else "bold green"
    summary = f"{pluralize(len(results), 'case')}: {len(results) - failed} passed, {failed} failed"
    out.print(summary, style=style)


def _show_differences(mismatches: Sequence[Mismatch]) -> None:
    """Of each record its place, then a line for each field: what was expected, what came."""
    last = ""
    for one in mismatches:
        if one.field and one.place != last:
            out.print(escape_hidden(f"     {one.place}"), markup=False)
        if not one.field:
            line = f"{one.place} {one.message}".strip()
            out.print(escape_hidden(f"     {line}"), style="red", markup=False)
        else:
            _show_field(one)
        last = one.place


def _show_field(one: Mismatch) -> None:
    out.print(escape_hidden(f"       {one.field} {one.message}"), markup=False)
    if one.expected is not None:
        out.print(escape_hidden(f"         - {one.expected}"), style="red", markup=False)
    if one.got is not None:
        out.print(escape_hidden(f"         + {one.got}"), style="green", markup=False)


def show_coverage(coverage: MappingCoverage) -> None:
    """What no case reaches, each with its place, and how much is reached."""
    if coverage.missed:
        table = Table("connector", "place", "no case reaches", title_justify="left")
        for point in coverage.missed:
            table.add_row(*map(table_cell, (point.connector, point.where, point.what)))
        out.print(table)
    reached = coverage.total - len(coverage.missed)
    out.print(
        f"The cases reach {reached} of {pluralize(coverage.total, 'part')} of the mapping "
        f"({coverage.percent:.0f} %).",
        style="bold",
    )
