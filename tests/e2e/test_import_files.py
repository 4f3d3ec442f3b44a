"""Files as schools have them, from `import` to the records, with the real gateway beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Done, command
from tests.processes import Running, gateway, write_config

_numbers = count(1)

OFF = (
    "wc-cancelled",
    "cancelled",
    "trash",
    "wc-trash",
    "draft",
    "auto-draft",
    "checkout-draft",
    "wc-checkout-draft",
)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="module")
def running(directory: Path) -> Iterator[Running]:
    """One process for all: each file has people and orders of its own."""
    with gateway(write_config(directory)) as running:
        yield running


def written(directory: Path, content: bytes | str, ending: str = "csv") -> str:
    """A file of its own; returns its name."""
    name = f"file{next(_numbers)}.{ending}"
    (directory / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return name


def contacts(running: Running) -> dict[str, dict[str, Any]]:
    """Their fields by address, once all is delivered."""
    running.wait_until_delivered()
    return {one["key"]: one["fields"] for one in running.records("sandbox", "contact")}


def stages(running: Running, numbers: range) -> list[str | None]:
    """Of the deals of these orders."""
    running.wait_until_delivered()
    found = {
        one["key"].split(":")[1]: one["fields"]["dealstage"]
        for one in running.records("sandbox", "deal")
    }
    return [found.get(str(number)) for number in numbers]


def off_orders(numbers: range) -> list[dict[str, str]]:
    """One for each status that says that an order is off, and one that is paid."""
    rows = zip(numbers, (*OFF, "completed"), strict=True)
    return [
        {
            "id": str(n),
            "date": "2024-03-01 11:00",
            "status": status,
            "email": f"off{n}@x.org",
            "total": "10",
        }
        for n, status in rows
    ]


def table(rows: list[dict[str, str]]) -> str:
    lines = [list(rows[0]), *(list(row.values()) for row in rows)]
    return "".join(",".join(cells) + "\n" for cells in lines)


def payloads(rows: list[dict[str, str]]) -> str:
    return "".join(
        json.dumps({**row, "date_created": row["date"], "customer": {"email": row["email"]}}) + "\n"
        for row in rows
    )


@pytest.mark.parametrize(
    "words",
    [
        ("--event", "order.placed", "--as-of", "2024-04-01"),
        ("--event", "order.placed", "--time-column", "date"),
        ("--event", "order.placed", "--date-format", "%Y-%m-%d %H:%M", "--as-of", "2024-04-01"),
        ("--event", "order.placed", "--as-of", "2024-04-01", "--set", "status=COMPLETED"),
        (
            "--event",
            "order.placed",
            "--as-of",
            "2024-04-01",
            "--set",
            "status=COMPLETED",
            "--column",
            "status=",
        ),
        ("--event", "order.refunded", "--as-of", "2024-04-01"),
        ("--event", "order.pending", "--as-of", "2024-04-01"),
        ("--event", "order.failed", "--as-of", "2024-04-01"),
        ("--event", "order.placed", "--as-of", "2024-04-01", "--from-line", "2"),
    ],
)
def test_an_order_that_is_off_is_never_won(
    running: Running, directory: Path, words: tuple[str, ...]
) -> None:
    """Whatever the options say; and what is said of the run is what became of it.

    Nobody becomes a customer.
    """
    first = next(_numbers) * 1000
    numbers = range(first, first + len(OFF) + 1)
    done = command("import", written(directory, table(off_orders(numbers))), *words, at=directory)
    assert f"{len(OFF)} order.failed, 1 order.placed" in done.out
    assert stages(running, numbers) == [*["lost"] * len(OFF), "won"]
    people = contacts(running)
    assert not any("customer" in people[f"off{number}@x.org"].values() for number in numbers[:-1])


@pytest.mark.parametrize("event", ["order.placed", "order.refused", "order.refunded"])
def test_payloads_of_orders_that_are_off_are_never_won(
    running: Running, directory: Path, event: str
) -> None:
    """In JSON Lines as in a table; without an event nothing tells what they are, and each line says
    so.
    """
    first = next(_numbers) * 1000
    numbers = range(first, first + len(OFF) + 1)
    name = written(directory, payloads(off_orders(numbers)), "jsonl")
    alone = command("import", name, "--as-of", "2024-04-01", at=directory, code=1)
    assert f"{len(OFF)} faulty" in alone.out
    assert "needs a URL of its own" in alone.out + alone.err
    assert stages(running, numbers) == [*[None] * len(OFF), "won"]
    command("import", name, "--event", event, "--as-of", "2024-04-01", at=directory)
    assert stages(running, numbers) == [*["lost"] * len(OFF), "won"]


def test_orders_that_are_off_want_the_time_at_which_they_became_so(
    running: Running, directory: Path
) -> None:
    """Their own date says when they were made: without another one they are faults, and the others
    go in.
    """
    first = next(_numbers) * 1000
    numbers = range(first, first + len(OFF) + 1)
    done = command(
        "import",
        written(directory, table(off_orders(numbers))),
        "--event",
        "order.placed",
        at=directory,
        code=1,
    )
    assert f"1 order.placed; {len(OFF)} faulty" in done.out
    assert "say --time-column, or --as-of" in done.out + done.err
    assert stages(running, numbers) == [*[None] * len(OFF), "won"]


def accounts(
    *rows: str, header: str = "email,first_name,last_name,date_registered", delimiter: str = ","
) -> str:
    return "\r\n".join([header, *rows, ""]).replace(",", delimiter)


def imported(directory: Path, content: bytes | str, *words: str, code: int = 0) -> Done:
    return command(
        "import",
        written(directory, content),
        "--event",
        "account.created",
        *words,
        at=directory,
        code=code,
    )


@pytest.mark.parametrize("date", ["3/14/2024 10:00", "03/04/2024", "4/3/24"])
def test_dates_that_could_be_of_two_days_are_refused_until_they_are_told(
    running: Running, directory: Path, date: str
) -> None:
    """With their format they are read, each as that day."""
    email = f"us{next(_numbers)}@x.org"
    content = accounts(f"{email},Uma,Smith,{date}")
    refused = imported(directory, content, code=1)
    assert "date_registered" in refused.out + refused.err
    pattern = (
        "%m/%d/%Y %H:%M" if ":" in date else "%m/%d/%y" if date.endswith("/24") else "%m/%d/%Y"
    )
    imported(directory, content, "--date-format", pattern)
    assert contacts(running)[email]["firstname"] == "Uma"


@pytest.mark.parametrize("date", ["45365", "45365.4166666667", "45365,41667"])
def test_the_days_of_excel_are_no_dates(running: Running, directory: Path, date: str) -> None:
    """The line is a fault that names its column; nothing of it is sent."""
    email = f"serial{next(_numbers)}@x.org"
    refused = imported(
        directory,
        accounts(f"{email};Sam;Smith;{date}", header="email;first_name;last_name;date_registered"),
        code=1,
    )
    assert "date_registered" in refused.out + refused.err
    assert email not in contacts(running)


def test_a_table_in_german(running: Running, directory: Path) -> None:
    """With semicolons; headers that nobody knows are told, with what to say, and then they are
    read.
    """
    content = accounts(
        "jörg@x.org;Jörg;Groß;2024-03-01 10:00", header="E-Mail;Vorname;Nachname;Angemeldet am"
    )
    refused = imported(directory, content, code=2)
    assert "Vorname" in refused.out + refused.err
    columns = ("Vorname=first_name", "Nachname=last_name", "Angemeldet am=date_registered")
    imported(directory, content, *(word for column in columns for word in ("--column", column)))
    found = contacts(running)["jörg@x.org"]
    assert (found["firstname"], found["lastname"]) == ("Jörg", "Groß")


def test_lines_that_end_in_carriage_returns(running: Running, directory: Path) -> None:
    """As an old Mac writes them."""
    content = accounts("cr1@x.org,Carl,One,2024-03-01", "cr2@x.org,Cleo,Two,2024-03-02").replace(
        "\r\n", "\r"
    )
    imported(directory, content)
    assert {"cr1@x.org", "cr2@x.org"} <= contacts(running).keys()


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_text_of_a_spreadsheet_with_tabs(running: Running, directory: Path, encoding: str) -> None:
    """Excel's "Unicode text" is UTF-16."""
    email = f"tab{next(_numbers)}@x.org"
    content = accounts(f"{email},Zoë,Ünal,2024-03-01", delimiter="\t").encode(encoding)
    imported(directory, content)
    assert contacts(running)[email]["lastname"] == "Ünal"


def test_a_nul_is_a_fault_of_its_line(running: Running, directory: Path) -> None:
    """The lines around it go in."""
    content = accounts(
        "nul1@x.org,A,One,2024-03-01",
        "nul2@x.org,B\0,Two,2024-03-01",
        "nul3@x.org,C,Three,2024-03-01",
    )
    done = imported(directory, content, code=1)
    assert "line 3" in done.out + done.err
    assert {"nul1@x.org", "nul3@x.org"} <= contacts(running).keys()
    assert "nul2@x.org" not in contacts(running)


@pytest.mark.parametrize("name", ["=1+2", "+49 Ada", "-Ada", "@Ada", "=HYPERLINK(x)"])
def test_a_name_like_a_formula_is_a_name(running: Running, directory: Path, name: str) -> None:
    """It reaches the CRM as it is."""
    email = f"formula{next(_numbers)}@x.org"
    imported(directory, accounts(f"{email},{name},Smith,2024-03-01"))
    assert contacts(running)[email]["firstname"] == name
