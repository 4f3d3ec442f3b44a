"""Rows of one order: exports of shops have one for each of its items, and some leave blank what
stands in the first one already.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from receiver.importer.column_mapping import ColumnMapping
from receiver.importer.payload_paths import WrongMapping
from receiver.text.plurals import pluralize

Row = tuple[int, list[str], str]
"""Its line in the file, its cells, and what is wrong with it."""


@dataclass(slots=True)
class OrderRows:
    """Rows that make one payload, one after the other in the file.

    `whole` is what they say of the order together.
    """

    number: int
    cells: list[list[str]]
    whole: list[str]
    fault: str = ""
    last: int = 0


def gather_orders(rows: Iterator[Row], columns: ColumnMapping) -> Iterator[OrderRows]:
    """Rows of one order together, whatever empty ones stand between them; any other alone."""
    group: OrderRows | None = None
    for number, row, fault in rows:
        if not fault and not any(cell.strip() for cell in row):
            continue
        whole = not fault and not is_too_wide(row, columns)
        if group and whole and not group.fault and columns.continues(group.whole, row):
            group.cells.append(row)
            group.whole = columns.merged((group.whole, row))
            group.last = number
            continue
        if group:
            yield group
        group = OrderRows(number, [row], row, fault, number)
    if group:
        yield group


def require_together(rows: Iterator[Row], columns: ColumnMapping) -> None:
    """See that the rows of an order stand together, so that nothing is sent of half of one. Raises
    WrongMapping.
    """
    states: set[int] = set()
    numbers: set[int] = set()
    before: OrderRows | None = None  # the last one that could be read
    unread: OrderRows | None = None  # what stands behind it and could not be
    for group in gather_orders(rows, columns):
        if group.fault or is_too_wide(group.whole, columns):
            unread = group
            if before and not group.fault and columns.continues(before.whole, group.whole):
                raise WrongMapping(_why_unread(group, columns))
            continue
        state, number = columns.state(group.whole), columns.number(group.whole)
        goes_on = before is not None and columns.continues(before.whole, group.whole)
        if unread and goes_on:
            raise WrongMapping(_why_unread(unread, columns))
        if state is not None:
            lacks_state = hash(number) in numbers and columns.is_stateless(group.whole)
            if lacks_state or hash(state) in states:
                raise WrongMapping(_why_apart(group, before, columns))
            states.add(hash(state))
            numbers.add(hash(number))
        before, unread = group, None


def is_too_wide(row: Sequence[str], columns: ColumnMapping) -> bool:
    """Whether a row has cells under no header."""
    return any(cell.strip() for cell in row[len(columns.headers) :])


def _why_unread(unread: OrderRows, columns: ColumnMapping) -> str:
    cells, headers = len(unread.whole), len(columns.headers)
    why = unread.fault or f"has {pluralize(cells, 'cell')} under {pluralize(headers, 'header')}"
    return (
        f"mend line {unread.number}, which stands among the lines of an order, so that nothing is "
        f"sent of half of one: it {why}"
    )


def _why_apart(group: OrderRows, before: OrderRows | None, columns: ColumnMapping) -> str:
    row, header = group.whole, columns.order_header
    is_next = before is not None and columns.number(before.whole) == columns.number(row)
    other = columns.differing(before.whole, row) if before and is_next else ""
    if not before or not other:
        return (
            f"line {group.number} is of the order {columns.order_of(row)!r} as lines before it "
            "are, but stands apart from them; "
            f"sort the file by {header!r}, so that the items of an order come together"
        )
    remedy = (
        f"say what that is of an item, like --column '{other}=line_items[0].total', "
        if columns.is_amount(other)
        else f"make it the same in both, give each order its own {header!r}, "
    )
    return (
        f"lines {before.number} and {group.number} are of one order ({columns.order_of(row)!r}) "
        f"and differ in {other!r}; {remedy}or leave it out with --column '{other}='"
    )


def pad_rows(cells: Sequence[Sequence[str]], width: int) -> list[list[str]]:
    """Rows with as many cells as there are headers."""
    return [[*row[:width], *[""] * (width - len(row))] for row in cells]
