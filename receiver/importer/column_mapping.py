"""From the columns of a table to a payload as AOM would send it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from receiver.aom.values import email_address, money, order_status
from receiver.aom.values.field_types import read_id
from receiver.config_errors import nearest_name
from receiver.importer.column_headers import (
    header_path,
    is_date,
    is_literal_text,
    near_headers,
    needed_paths,
)
from receiver.importer.event_times import time_in_format
from receiver.importer.payload_paths import Path, WrongMapping, format_path, parse_path

_STATUS: Path = ("status",)
_AMOUNTS = ("order_total", "sub_total")
_PRODUCT = ("product_id", "product_name")

FAULT = "fault"
"""The column that a list of faults has more than the table that it came from."""


@dataclass(frozen=True, slots=True)
class ColumnOptions:
    """What the operator says of the columns.

    `paths` maps headers to paths, "" to leave one out; `constants` maps paths to values.
    """

    paths: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    time: str = ""  # the column that says when it happened, or the path of payloads in JSON
    date_format: str = ""  # as strptime has it, where it is none that the gateway reads


@dataclass(frozen=True)
class ColumnMapping:
    """`paths` has one entry per column, None for those that are left out.

    `constants` are the same for every line.
    """

    headers: tuple[str, ...]
    paths: tuple[Path | None, ...]
    constants: Mapping[Path, str]
    ignored: tuple[str, ...]  # headers that nobody has said a word about
    time: int | None = None  # the index of the column that says when it happened
    date_format: str = ""
    # the column of the orders' own status, where the operator set one for all
    own_status: int | None = None

    def payload(self, row: Sequence[str]) -> dict[str, Any]:
        """What is empty is left out; an object or a list in JSON becomes one."""
        values: dict[Path, Any] = dict(self.constants)
        for path, cell in zip(self.paths, row, strict=True):
            if path and (text := cell.strip()):
                values[path] = (
                    time_in_format(text, self.date_format)
                    if is_date(path)
                    else text
                    if is_literal_text(path)
                    else _structured(text)
                )
        if (own := self._off(row)) is not None:
            values[_STATUS] = own
        nested: dict[str, Any] = _nested(values)
        return nested

    def _off(self, row: Sequence[str]) -> str | None:
        """What the order itself says of being off: no option makes a sale of it."""
        own = _cell(row, self.own_status) if self.own_status is not None else ""
        return own if order_status.is_off(own) else None

    def order(self, rows: Sequence[Sequence[str]]) -> dict[str, Any]:
        """The payload of one order whose items stand in several rows."""
        first, *others = [self.payload(row) for row in rows]
        items = [item for one in (first, *others) for item in one.get("line_items", ())]
        whole = self.payload(self.merged(rows)) if others else first
        return whole | {"line_items": items} if items else whole

    @cached_property
    def gathers(self) -> bool:
        """Whether rows may be items of one order."""
        return ("id",) in self.paths and any(
            path and path[0] == "line_items" and len(path) > 1 for path in self.paths
        )

    @cached_property
    def _id(self) -> int:
        return self.paths.index(("id",))

    @cached_property
    def _of_the_order(self) -> tuple[int, ...]:
        """The columns that are not an item's."""
        mapped = {
            index for index, path in enumerate(self.paths) if path and path[0] != "line_items"
        }
        return tuple(sorted(mapped | ({self.time} if self.time is not None else set())))

    @property
    def order_header(self) -> str:
        return self.headers[self._id]

    def order_of(self, row: Sequence[str]) -> str:
        """The order's number in a row, as it is written there."""
        return _cell(row, self._id)

    def number(self, row: Sequence[str]) -> object:
        """The order's number, the same however it is written; "" where a row has none."""
        return self._meant(self._id, self.order_of(row))

    def merged(self, rows: Sequence[Sequence[str]]) -> list[str]:
        """The first row, with what it leaves blank of the order as a further one has it."""
        whole = [*rows[0], *[""] * (len(self.headers) - len(rows[0]))]
        for index in self._of_the_order:
            cells = (_cell(row, index) for row in rows)
            whole[index] = next((cell for cell in cells if cell), "")
        return whole

    def continues(self, whole: Sequence[str], row: Sequence[str]) -> bool:
        """Whether a row is a further item of the order in `whole`: what it says of the order is the
        same, or left blank in one of them.
        """
        if not self.gathers:
            return False
        number = self.number(row)
        same = number == self.number(whole) if number else self._is_item_alone(row)
        return same and not self.differing(whole, row)

    def _is_item_alone(self, row: Sequence[str]) -> bool:
        """Whether a row says nothing of the order that it is an item of, as where cells of a
        spreadsheet were merged.
        """
        return not any(_cell(row, index) for index in self._of_the_order) and any(
            _cell(row, index)
            for index, path in enumerate(self.paths)
            if path and path[0] == "line_items" and path[-1] in _PRODUCT
        )

    def differing(self, first: Sequence[str], row: Sequence[str]) -> str:
        """The header of a column that says something else of the order, "" where none does."""
        cells = ((index, _cell(first, index), _cell(row, index)) for index in self._of_the_order)
        return next(
            (
                self.headers[index]
                for index, one, other in cells
                if one and other and self._meant(index, one) != self._meant(index, other)
            ),
            "",
        )

    def is_amount(self, header: str) -> bool:
        """Whether the column is an amount of the order."""
        path = self.paths[self.headers.index(header)]
        return path is not None and path[-1] in _AMOUNTS

    def state(self, row: Sequence[str]) -> tuple[object, ...] | None:
        """What tells a state of an order from its others: number, status and times; None for a row
        without a number.
        """
        if not self.order_of(row):
            return None
        return tuple(self._meant(index, _cell(row, index)) for index in self._telling)

    def is_stateless(self, row: Sequence[str]) -> bool:
        """Whether a row has the number of an order and does not say in which state it is."""
        others = [index for index in self._telling if index != self._id]
        status = [index for index in others if self.paths[index] == _STATUS]
        return bool(others) and not any(_cell(row, index) for index in status or others)

    def _meant(self, index: int, text: str) -> object:
        """7401.0 is 7401, 300 is 300.00, and Ann@x.org is ann@x.org."""
        path = self.paths[index]
        try:
            if path == ("id",):
                return read_id(text)
            if path and path[-1] in _AMOUNTS:
                return money.read_amount(text)
        except ValueError:
            pass
        return text.casefold()

    @cached_property
    def _telling(self) -> tuple[int, ...]:
        return tuple(index for index in self._of_the_order if self._is_telling(index))

    def _is_telling(self, index: int) -> bool:
        path = self.paths[index]
        return (
            index == self.time
            or path in {("id",), ("status",)}
            or (path is not None and is_date(path))
        )

    def when(self, row: Sequence[str]) -> str:
        """The time of a row, as its column says it."""
        return _cell(row, self.time) if self.time is not None else ""

    def shown(self) -> list[tuple[str, str]]:
        """Header and path of each column that is taken."""
        return [
            (header, format_path(path))
            for header, path in zip(self.headers, self.paths, strict=True)
            if path
        ]


def _cell(row: Sequence[str], index: int) -> str:
    return row[index].strip() if index < len(row) else ""


def map_columns(
    headers: Sequence[str], event: str, options: ColumnOptions, rows: Sequence[Sequence[str]] = ()
) -> ColumnMapping:
    """What nobody has told is mapped by what it is called.

    `rows` are some of the table, for advice. Raises WrongMapping.
    """
    found = {_header(name, headers): path for name, path in options.paths.items()}
    time = headers.index(_header(options.time, headers)) if options.time else None
    paths: list[Path | None] = [
        parse_path(found[header]) if found.get(header) else None for header in headers
    ]
    fixed = {parse_path(path): value for path, value in options.constants.items()}
    taken = [path for path in (*paths, *fixed) if path]
    ignored: list[str] = []
    own_status = _own_status(headers, event) if _STATUS in fixed else None
    for index, header in enumerate(headers):
        if header in found:
            continue
        path = header_path(header, event)
        if path is None or any(_clash(parse_path(path), other) for other in taken):
            used = index in (time, own_status) or header == FAULT
            ignored += [header] if header and not used else []
        else:
            paths[index] = parse_path(path)
            taken.append(parse_path(path))
    _require_no_clash(taken)
    _require_needed(
        taken,
        event,
        ignored,
        [header for header in ignored if _holds_addresses(headers.index(header), rows)],
    )
    return ColumnMapping(
        tuple(headers), tuple(paths), fixed, tuple(ignored), time, options.date_format, own_status
    )


def _own_status(headers: Sequence[str], event: str) -> int | None:
    return next(
        (index for index, header in enumerate(headers) if header_path(header, event) == "status"),
        None,
    )


def _header(name: str, headers: Sequence[str]) -> str:
    if name in headers:
        return name
    folded = [header for header in headers if header.strip().casefold() == name.strip().casefold()]
    if folded:
        return folded[0]
    near = nearest_name(name, headers)
    raise WrongMapping(
        f"there is no column {name!r}; "
        + (f"did you mean {near!r}?" if near else f"there are: {', '.join(headers)}")
    )


def _require_no_clash(paths: Sequence[Path]) -> None:
    for index, path in enumerate(paths):
        for other in paths[:index]:
            if _clash(path, other):
                raise WrongMapping(
                    f"two columns want to be {format_path(min(path, other, key=len))}; leave "
                    "one out with --column 'HEADER='"
                )


def _holds_addresses(index: int, rows: Sequence[Sequence[str]]) -> bool:
    return any(email_address.key_of_plain(_cell(row, index)) for row in rows)


def _require_needed(
    taken: Sequence[Path], event: str, ignored: Sequence[str], addressed: Sequence[str]
) -> None:
    missing = [
        path
        for path in needed_paths(event)
        if not any(_clash(parse_path(path), one) for one in taken)
    ]
    if missing:
        raise WrongMapping(
            "\n".join(_missing_column(path, event, ignored, addressed) for path in missing)
        )


def _missing_column(path: str, event: str, ignored: Sequence[str], addressed: Sequence[str]) -> str:
    near = (addressed if path.endswith("email") else None) or near_headers(
        path, event, [one for one in ignored if one not in addressed]
    )
    left = ", ".join(repr(header) for header in near or ignored) or "none"
    likely = near[0] if near else "HEADER"
    say = f"--column {f'{likely}={path}'!r}" if ignored else f"--set {f'{path}=…'!r}"
    return (
        f"{event} needs {path}, and no column is it. "
        + (f"Is it {left}? " if near else f"Columns left: {left}. ")
        + f"Say {say}."
    )


def _clash(one: Path, other: Path) -> bool:
    """The same place, or one within the other."""
    length = min(len(one), len(other))
    return one[:length] == other[:length]


def _structured(text: str) -> Any:
    if text[0] in "[{":
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            pass
    return text


def _nested(values: Mapping[Path, Any]) -> Any:
    """Lists close up where an entry has no value at all."""
    if () in values:
        return values[()]
    inner: dict[str | int, dict[Path, Any]] = {}
    for (step, *rest), value in values.items():
        inner.setdefault(step, {})[tuple(rest)] = value
    if inner and all(isinstance(step, int) for step in inner):
        return [_nested(inner[index]) for index in sorted(inner, key=int)]
    return {str(step): _nested(rest) for step, rest in inner.items()}
