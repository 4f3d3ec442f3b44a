"""Rows of a table that are items of one order."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from receiver.importer import (
    ColumnMapping,
    ColumnOptions,
    SourceLine,
    WrongMapping,
    map_columns,
    open_lines,
)


def orders(headers: list[str], rows: list[list[str]]) -> ColumnMapping:
    return map_columns(headers, "order.placed", ColumnOptions(), rows)


def written(tmp_path: Path, content: bytes, name: str = "a.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


ORDERS = "order_id,order_date,status,customer_email,first_name,order_total,item_name,quantity\n"


def of_orders(tmp_path: Path, *rows: str) -> list[SourceLine]:
    path = written(tmp_path, (ORDERS + "\n".join(rows)).encode())
    with open_lines(path, orders) as source:
        return list(source.lines)


def items(line: SourceLine) -> list[str]:
    return [item["product_name"] for item in json.loads(line.body or b"{}")["line_items"]]


@pytest.mark.parametrize(
    "more",
    [
        "7201,2024-03-01,completed,a@x.org,Ida,300.00,Course B,2",
        "7201,,,,,,Course B,2",
        "7201,2024-03-01,,a@x.org,,,Course B,",
        " 7201 ,2024-03-01,completed,a@x.org,Ida,300.00, Course B ,2",
        ",,,,,,Course B,2",
        "7201.0,2024-03-01,Completed,A@X.org,IDA,300,Course B,2",
    ],
)
def test_rows_of_one_order_are_one_order(tmp_path: Path, more: str) -> None:
    """A shop writes one for each item; what stands in the first row may be left blank in the
    others.
    """
    first, other = of_orders(
        tmp_path,
        "7201,2024-03-01,completed,a@x.org,Ida,300.00,Course A,1",
        more,
        "7201,2024-03-01,completed,a@x.org,Ida,300.00,Course A,1",
        "7202,2024-03-01,completed,b@x.org,Ben,10,Course C,1",
    )
    assert (items(first), items(other)) == (["Course A", "Course B", "Course A"], ["Course C"])
    assert (first.number, first.after, len(first.cells), other.number, other.after) == (
        2,
        5,
        3,
        5,
        6,
    )
    assert json.loads(first.body or b"")["order_total"] == "300.00"


def test_what_the_first_row_leaves_blank_is_in_a_later_one(tmp_path: Path) -> None:
    """Empty lines between them change nothing; where the order ends is known for the next one."""
    first, other = of_orders(
        tmp_path,
        "1,,,,,,A,1",
        "",
        ",,,,,,,",
        "1,2024-03-01,completed,a@x.org,Ida,,B,1",
        "1,,,,,300.00,,",
        "2,2024-03-01,completed,b@x.org,Ben,10,C,1",
    )
    order = json.loads(first.body or b"")
    assert (items(first), order["order_total"], order["status"]) == (
        ["A", "B"],
        "300.00",
        "completed",
    )
    assert (first.number, first.after, other.number) == (2, 7, 7)


def test_an_item_before_any_order_is_nobodys(tmp_path: Path) -> None:
    """It is a line of its own, which lacks all that is needed."""
    alone, order = of_orders(tmp_path, ",,,,,,A,1", "1,2024-03-01,completed,a@x.org,I,300,B,1")
    assert json.loads(alone.body or b"") == {"line_items": [{"product_name": "A", "quantity": "1"}]}
    assert items(order) == ["B"]


def test_what_is_no_item_is_not_gathered(tmp_path: Path) -> None:
    """The sum below a table is no item of its last order."""
    order, total = of_orders(tmp_path, "1,2024-03-01,completed,a@x.org,I,300,B,1", ",,,,,,,7")
    assert (items(order), total.number) == (["B"], 3)


def test_states_of_one_order_are_not_its_items(tmp_path: Path) -> None:
    """Another status, or another time, is another row of its history."""
    states = of_orders(
        tmp_path,
        "1,2024-03-01,pending,a@x.org,Ida,300,Course A,1",
        "1,2024-03-01,completed,a@x.org,Ida,300,Course A,1",
        "1,2024-03-02,completed,a@x.org,Ida,300,Course A,1",
    )
    assert [items(line) for line in states] == [["Course A"]] * 3


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (("1,2024-03-01,completed,a@x.org,I,300,A,1", "2,2024-03-01,completed,b@x.org,B,5,A,1",
        "1,2024-03-01,completed,a@x.org,I,300,B,1"),
         "line 4 is of the order '1'.* sort the file by 'order_id'"),
        (("1,2024-03-01,completed,a@x.org,I,100,A,1", "1,2024-03-01,completed,a@x.org,I,200,B,1"),
         (r"lines 2 and 3 are of one order \('1'\) and differ in 'order_total'.*"
          r"--column 'order_total=line_items\[0\].total'")),
        (("1,2024-03-01,completed,a@x.org,I,100,A,1", "1,2024-03-01,completed,b@x.org,I,100,B,1"),
        "differ in 'customer_email'; make it the same in both, give each order its own 'order_id'"),
        (("1,2024-03-01,completed,a@x.org,I,300,A,1", "2,2024-03-01,completed,b@x.org,B,5,A,1",
        "1,,,,,,B,1"),
         "line 4 is of the order '1'.* sort the file by 'order_id'"),
        (("1,2024-03-01,completed,a@x.org,I,300,A,1", '1,"2024"x', "1,,,,,,B,1"),
         "mend line 3, which stands among the lines of an order.*: it cannot be read"),
        (("1,2024-03-01,completed,a@x.org,I,300,A,1", ',"2024"x', ",,,,,,B,1"),
         "mend line 3, which stands among the lines of an order.*: it cannot be read"),
        (("1,2024-03-01,completed,a@x.org,I,300,A,1", "1,,,,,,B,1,C"),
         "mend line 3, which stands among the lines of an order.*: it has 9 cells under 8 head"),
    ],
)  # fmt: skip
def test_where_it_is_not_plain_what_makes_an_order_nothing_is_read(
    tmp_path: Path, rows: tuple[str, ...], says: str
) -> None:
    """No half of one is sent: it is said before, with what helps."""
    with pytest.raises(WrongMapping, match=says):
        of_orders(tmp_path, *rows)


def test_rows_without_items_are_not_gathered(tmp_path: Path) -> None:
    """Two rows of one order are two tellings of it then."""
    path = written(
        tmp_path,
        b"id,status,email,total,date\n1,completed,a@x.org,5,2024-01-01\n1,completed,a@x.org,5,2024-01-01\n",
    )
    with open_lines(path, orders) as source:
        assert [line.number for line in source.lines] == [2, 3]
