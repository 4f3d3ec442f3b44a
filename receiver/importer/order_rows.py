"""Rows of one order: exports of shops have one for each of its items, and some leave blank what
stands in the first one already.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from receiver.importer.column_mapping import ColumnMapping
from receiver.importer.payload_paths import WrongMapping

Row = tuple[int, list[str], str]
"""Its line in the file, its cells, and what is wrong with it."""


@dataclass(slots=True)
class OrderRows:
    """Rows that make one payload, one after the other in the file."""

    number: int
    cells: list[list[str]]
    fault: str = ""
    last: int = field(default=0)


def gather_orders(rows: Iterator[Row], columns: ColumnMapping) -> Iterator[OrderRows]:
    """Rows of one order together; any other alone."""
    group: OrderRows | None = None
    for number, row, fault in rows:
        whole = not fault and len(row) <= len(columns.headers)
        if group and whole and not group.fault and columns.continues(group.cells[0], row):
            group.cells.append(row)
            group.last = number
            continue
        if group:
            yield group
        group = OrderRows(number, [row], fault, number)
    if group:
        yield group


def require_together(rows: Iterator[Row], columns: ColumnMapping) -> None:
    """See that the rows of an order stand together, so that nothing is sent of half of one. Raises
    WrongMapping.
    """
    seen: set[int] = set()
    before: OrderRows | None = None
    for group in gather_orders(rows, columns):
        state = columns.state(group.cells[0])
        if group.fault or state is None:
            before = group
            continue
        if hash(state) in seen:
            raise WrongMapping(_why(group, before, columns))
        seen.add(hash(state))
        before = group


def _why(group: OrderRows, before: OrderRows | None, columns: ColumnMapping) -> str:
    row, order = group.cells[0], columns.order_of(group.cells[0])
    header = columns.order_header
    first = (
        before.cells[0]
        if before and not before.fault and columns.state(before.cells[0]) == columns.state(row)
        else None
    )
    if first is None or before is None:
        return (
            f"line {group.number} is of the order {order!r} as lines before it are, but "
            "stands apart from them; "
            f"sort the file by {header!r}, so that the items of an order come together"
        )
    other = columns.differing(first, row)
    return (
        f"lines {before.number} and {group.number} are of one order ({order!r}) and differ "
        f"in {other!r}; say what that is of an item, "
        f"like --column '{other}=line_items[0].total', or leave it out with --column '{other}='"
    )


def rows_of(cells: Sequence[Sequence[str]], width: int) -> list[list[str]]:
    """Rows with as many cells as there are headers."""
    return [[*row[:width], *[""] * (width - len(row))] for row in cells]
