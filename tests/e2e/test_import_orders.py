"""Exports of shops with one row for each item of an order, from `import` to the deals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Done, command
from tests.processes import Running, gateway, write_config

HEADERS = (
    *("order_id", "order_date", "status", "customer_email", "first_name", "order_total"),
    *("item_name", "quantity"),
)

_numbers = count(80_000)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("orders")


@pytest.fixture(scope="module")
def running(directory: Path) -> Iterator[Running]:
    """One process for all: each file has orders of its own."""
    with gateway(write_config(directory)) as running:
        yield running


@dataclass(frozen=True)
class Order:
    """An order of 300.00, and its rows in a file."""

    number: int

    def row(self, item: str, *, date: str = "2024-03-01 10:00", **cells: str) -> list[str]:
        whole = {
            "order_id": str(self.number),
            "order_date": date,
            "status": "completed",
            "customer_email": f"o{self.number}@x.org",
            "first_name": "Ida",
            "order_total": "300.00",
            "item_name": item,
            "quantity": "1",
        }
        return list((whole | cells).values())

    def item(self, item: str, *, number: bool = True) -> list[str]:
        """A row that says nothing more of the order."""
        return [str(self.number) if number else "", *[""] * 5, item, "1"]


def new_orders(count: int) -> list[Order]:
    return [Order(next(_numbers)) for _ in range(count)]


def written(rows: Sequence[Sequence[str]], delimiter: str = ",") -> str:
    return "".join(delimiter.join(row) + "\r\n" for row in (HEADERS, *rows))


def imported(
    directory: Path, content: str | bytes, *words: str, code: int = 0, ending: str = "csv"
) -> Done:
    name = f"orders{next(_numbers)}.{ending}"
    data = content if isinstance(content, bytes) else content.encode()
    (directory / name).write_bytes(data)
    return command("import", name, "--event", "order.placed", *words, at=directory, code=code)


def deals(running: Running, *orders: Order) -> list[Any]:
    """Name and amount of each order's deal, None where there is none, once all is delivered."""
    running.wait_until_delivered()
    found = {one["key"]: one["fields"] for one in running.records("sandbox", "deal")}
    fields = [found.get(f"springfield:{order.number}") for order in orders]
    return [one and (one["dealname"].partition(": ")[2], one["amount"]) for one in fields]


@pytest.mark.parametrize(
    ("delimiter", "ending", "encoding"),
    [
        (",", "csv", "utf-8"),
        ("\t", "tsv", "utf-8"),
        ("\t", "txt", "utf-16"),
        (";", "csv", "utf-8-sig"),
        ("|", "csv", "utf-8"),
    ],
)
def test_however_the_table_is_written(
    running: Running, directory: Path, delimiter: str, ending: str, encoding: str
) -> None:
    """One order with three items; the one behind it is its own."""
    first, other = new_orders(2)
    rows = [first.row("A"), first.row("B"), first.item("C"), other.row("D")]
    done = imported(directory, written(rows, delimiter).encode(encoding), ending=ending)
    assert "4 lines were read: 2 order.placed; 0 faulty" in done.out
    assert "3 lines were gathered into 1 order" in done.out
    assert deals(running, first, other) == [("A, B, C", "300.00"), ("D", "300.00")]


@pytest.mark.parametrize("shift", range(1, len(HEADERS)))
def test_columns_in_another_order(running: Running, directory: Path, shift: int) -> None:
    """Items first, or the order's number last."""
    (order,) = new_orders(1)
    rows = [HEADERS, order.row("A"), order.item("B"), order.row("C")]
    turned = ["\t".join([*row[shift:], *row[:shift]]) + "\n" for row in rows]
    imported(directory, "".join(turned), ending="tsv")
    assert deals(running, order) == [("A, B, C", "300.00")]


def merged_cells(order: Order) -> list[list[str]]:
    return [order.row("A"), order.item("B", number=False), order.item("C", number=False)]


def empty_lines(order: Order) -> list[list[str]]:
    return [order.row("A"), [], order.row("B"), [""] * len(HEADERS), order.item("C")]


def blanks_at_first(order: Order) -> list[list[str]]:
    return [order.item("A"), order.item("B"), order.row("C")]


def total_at_last(order: Order) -> list[list[str]]:
    return [order.row("A", order_total=""), order.row("B", order_total=""), order.row("C")]


def head_of_its_own(order: Order) -> list[list[str]]:
    return [order.row("", quantity=""), *(order.item(name) for name in "ABC")]


def written_otherwise(order: Order) -> list[list[str]]:
    email = f"O{order.number}@X.ORG"
    return [
        order.row("A"),
        order.row("B", order_id=f"{order.number}.0", status="Completed", order_total="300"),
        order.row("C", customer_email=email, first_name="IDA", order_total="$300.00"),
    ]


@pytest.mark.parametrize(
    "rows",
    [
        merged_cells,
        empty_lines,
        blanks_at_first,
        total_at_last,
        head_of_its_own,
        written_otherwise,
    ],
)
def test_rows_that_leave_something_out(running: Running, directory: Path, rows: Any) -> None:
    """They are one order with all its items, and the next one begins where it says so."""
    first, other = new_orders(2)
    content = written([*rows(first), *rows(other)])
    done = imported(directory, content, "--dry-run")
    assert "0 faulty" in done.out
    assert deals(running, first, other) == [None, None]
    imported(directory, content)
    assert deals(running, first, other) == [("A, B, C", "300.00"), ("A, B, C", "300.00")]


def test_states_of_an_order_have_their_own_items(running: Running, directory: Path) -> None:
    """The last one counts, with all of them."""
    (order,) = new_orders(1)
    pending = [order.row("A", status="pending"), order.row("B", status="pending")]
    done = imported(
        directory,
        written([*pending, order.row("A"), order.item("B"), order.item("C")]),
        "--as-of",
        "2024-04-01",
    )
    assert "5 lines were gathered into 2 orders" in done.out
    assert deals(running, order) == [("A, B, C", "300.00")]


def interleaved(one: Order, other: Order) -> list[list[str]]:
    return [one.row("A"), other.row("A"), one.row("B"), other.row("B")]


def interleaved_blanks(one: Order, other: Order) -> list[list[str]]:
    return [one.row("A"), other.row("A"), one.item("B")]


def two_buyers(one: Order, _: Order) -> list[list[str]]:
    return [one.row("A"), one.row("B", customer_email="another@x.org")]


def totals_of_items(one: Order, _: Order) -> list[list[str]]:
    return [one.row("A", order_total="100"), one.row("B", order_total="200")]


def too_many_cells(one: Order, other: Order) -> list[list[str]]:
    return [one.row("A"), [*one.row("B"), "C"], one.row("D"), other.row("A")]


def an_open_quote(one: Order, other: Order) -> list[list[str]]:
    return [one.row("A"), [str(one.number), '"B"x'], one.row("C"), other.row("A")]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (interleaved, "line 4 is of the order '{}' as lines before it are"),
        (interleaved_blanks, "line 4 is of the order '{}' as lines before it are"),
        (two_buyers, "lines 2 and 3 are of one order ('{}') and differ in 'customer_email'"),
        (totals_of_items, "--column 'order_total=line_items[0].total'"),
        (too_many_cells, "mend line 3, which stands among the lines of an order"),
        (an_open_quote, "of half of one: it cannot be read: "),
    ],
)
def test_nothing_is_sent_of_half_an_order(
    running: Running, directory: Path, rows: Any, says: str
) -> None:
    """Where its rows do not stand together the import says so, and sends nothing at all."""
    one, other = new_orders(2)
    done = imported(directory, written(rows(one, other)), code=2)
    assert says.format(one.number) in done.out + done.err
    assert deals(running, one, other) == [None, None]


def test_totals_of_items_once_they_are_told(running: Running, directory: Path) -> None:
    """As the advice says: the amounts are the items' own."""
    (order,) = new_orders(1)
    rows = totals_of_items(order, order)
    imported(directory, written(rows), "--column", "order_total=line_items[0].total")
    running.wait_until_delivered()
    found = {one["key"]: one["fields"] for one in running.records("sandbox", "deal")}
    fields = found[f"springfield:{order.number}"]
    assert fields["dealname"].endswith(": A, B")
    assert "amount" not in fields


def test_columns_that_hold_no_items_are_said(running: Running, directory: Path) -> None:
    """One row for an order with columns for each of its items: nobody guesses, and all are named,
    in the dry run as in the real one.
    """
    (order,) = new_orders(1)
    more = ["item_name_1", "item_name_2"]
    table = [[*HEADERS[:6], *more], [*order.row("")[:6], "A", "B"]]
    content = "".join(",".join(row) + "\n" for row in table)
    for words in (("--dry-run",), ()):
        done = imported(directory, content, *words)
        assert "Columns that are used for nothing: item_name_1, item_name_2" in done.out
    told = [f"--column=item_name_{n}=line_items[{n - 1}].product_name" for n in (1, 2)]
    imported(directory, content.replace(f"{order.number},", f"{order.number}9,"), *told)
    assert deals(running, Order(int(f"{order.number}9"))) == [("A, B", "300.00")]
