"""`import` as an operator types it, with the real gateway beside it."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from receiver.aom import read_sample
from tests.cli.test_commands import run, run_json
from tests.importer.history import (
    ACCOUNT,
    contact,
    table,
)
from tests.processes import TOKEN, Running, gateway, write_config

ORDERS = """Order ID;E-Mail;First Name;Status;Date;Total;Line_Items;Mood
1;ada@example.edu;Ada;completed;2024-03-01 10:00;12,50;\
"[{""name"":""Algebra"",""quantity"":1,""total"":12.5}]";x

2;ben@example.edu;Ben;refunded;2024-03-02;220;;y
"""


def test_orders_of_a_shop(tmp_path: Path) -> None:
    """A dry run says what would be and writes nothing; then every order is a deal with its own
    date, and a second run finds them known.

    When an order was refunded, its date does not say.
    """
    config = write_config(tmp_path)
    table(tmp_path, ORDERS, "orders.csv")
    words: tuple[str, ...] = ("import", "orders.csv", "--event", "order.placed")
    assert "line 4: Date: says when the order was made, not when it became REFUNDED" in run(
        *words, "--dry-run", at=tmp_path, code=1
    )
    words = (*words, "--as-of", "2024-04-01")
    before = sorted(tmp_path.iterdir())
    text = run(*words, "--dry-run", at=tmp_path)
    assert "customer.email" in text
    assert "1 order.placed, 1 order.refunded" in text
    assert "Mood" in text
    assert sorted(tmp_path.iterdir()) == before
    with gateway(config) as running:
        told = run_json(*words, at=tmp_path)
        assert (told["accepted"], told["duplicates"], told["deliveries"], told["faulty"]) == (
            2,
            0,
            2,
            0,
        )
        running.wait_until_delivered()
        deals = {deal["key"]: deal["fields"] for deal in running.records("sandbox", "deal")}
        assert deals["springfield:1"]["created_at"] == "2024-03-01T10:00:00-05:00"
        assert deals["springfield:1"]["dealname"] == "Order 1: Algebra"
        assert deals["springfield:2"]["status"] == "REFUNDED"
        assert [item["received_at"][:10] for item in running.admin("/api/events")["items"]] == [
            "2024-04-01",
            "2024-03-01",
        ]
        told = run_json(*words, at=tmp_path)
        assert (told["accepted"], told["duplicates"]) == (0, 2)
    assert not (tmp_path / "orders.csv.faults.csv").exists()


def test_faults_are_collected(tmp_path: Path) -> None:
    """With line, place as the file calls it, and what would be right; good lines go in all the
    same, and the exit code tells.
    """
    config = write_config(tmp_path)
    table(
        tmp_path,
        "E-mail;Name;Registered\n"
        "ada@example.edu;Ada;2024-03-01\n"
        'nobody;=HYPERLINK("x");2024-03-01\n'
        'ben@example.edu;"Ben;"x";2024-03-01\n'
        "cyd@example.edu;Cyd;03/04/2024\n"
        "dan@example.edu;Dan;2199-03-01\n"
        "eve@example.edu;Eve;2024-03-01\n",
    )
    with gateway(config) as running:
        told = run_json(
            "import",
            "history.csv",
            "--event",
            "account.created",
            "--faults",
            "f.csv",
            at=tmp_path,
            code=1,
        )
        assert (told["accepted"], told["faulty"]) == (2, 4)
        assert running.admin("/api/status")["quarantined"] == 0
    with (tmp_path / "f.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))[1:]
    assert [row[0] for row in rows] == ["nobody", rows[1][0], "cyd@example.edu", "dan@example.edu"]
    assert [row[3].split(":")[0] for row in rows] == ["line 3", "line 4", "line 5", "line 6"]
    assert ["--date-format" in rows[2][3], "future" in rows[3][3]] == [True, True]
    again = (
        "import",
        "history.csv",
        "--event",
        "account.created",
        "--faults",
        "f.csv",
        "--date-format",
        "%d/%m/%Y",
        "--dry-run",
    )
    assert run_json(*again, at=tmp_path, code=1)["faulty"] == 3


def test_history_does_not_undo_what_came_live(tmp_path: Path) -> None:
    """The newer name stays with the contact, though the old one came in after it; of somebody
    without a newer one it is taken.
    """
    config = write_config(tmp_path)
    table(
        tmp_path,
        ACCOUNT + "1,ada@example.edu,Ada,Old,2020-01-01\n2,ben@example.edu,Ben,Old,2020-01-01\n",
    )
    with gateway(config) as running:
        quiz = {
            **json.loads(read_sample("quiz.submitted") or b""),
            "email": "ada@example.edu",
            "last_name": "New",
        }
        quiz.pop("date_submitted", None)
        assert httpx.post(f"{running.url}/in/{TOKEN}/quiz.submitted", json=quiz).status_code == 202
        running.wait_until_delivered()
        assert (
            run_json("import", "history.csv", "--event", "account.created", at=tmp_path)["accepted"]
            == 2
        )
        running.wait_until_delivered()
        names = {name: contact(running, f"{name}@example.edu") for name in ("ada", "ben")}
        assert ([one["lastname"] for one in names.values()]) == ["New", "Old"]


def test_lines_without_a_date_need_one(tmp_path: Path) -> None:
    """Said before anything is sent; a column or the time of the export will do."""
    config = write_config(tmp_path)
    table(tmp_path, "email,course,joined course\nada@example.edu,Algebra,2021-05-01\n")
    words = ("import", "history.csv", "--event", "course.enrolled")
    assert "--time-column" in run(*words, at=tmp_path, code=2)
    assert "past time" in run(*words, "--as-of", "2999-01-01", at=tmp_path, code=2)
    with gateway(config) as running:
        assert run_json(*words, "--time-column", "Joined Course", at=tmp_path)["accepted"] == 1
        (item,) = running.admin("/api/events")["items"]
        assert item["received_at"].startswith("2021-05-01T04:00")
        assert run_json(*words, "--as-of", "2022-01-01", at=tmp_path)["accepted"] == 1


def test_payloads_as_aom_sends_them(tmp_path: Path) -> None:
    """A line each, told apart by their shape; one that came live is known."""
    config = write_config(tmp_path)
    bodies = [
        read_sample(name) or b"" for name in ("order.placed", "account.created", "quiz.submitted")
    ]
    bodies[0] = json.dumps(
        {**json.loads(bodies[0]), "date_created": datetime.now(UTC).isoformat()}
    ).encode()
    lines = [json.dumps(json.loads(body)).encode() for body in bodies]
    (tmp_path / "all.jsonl").write_bytes(b"\n".join([*lines, b"{", b'{"x": 1}']))
    with gateway(config) as running:
        assert httpx.post(f"{running.url}/in/{TOKEN}", content=bodies[0]).status_code == 202
        told = run_json("import", "all.jsonl", at=tmp_path, code=1)
        assert (
            told["accepted"],
            told["duplicates"],
            [fault["line"] for fault in told["faults"]],
        ) == (2, 1, [4, 5])
        for event in ((), ("--event", "order.placed")):
            assert "for CSV" in run(
                "import", "all.jsonl", "--set", "status=X", *event, at=tmp_path, code=2
            )


def test_a_refund_that_was_missed(tmp_path: Path) -> None:
    """Handed in as AOM would have sent it: not at the time at which the order was made, but at its
    own, which a path tells, or as of the export. It stays on top of the order that came live, and
    is known when it comes again, with the time beside it or without.
    """
    config = write_config(tmp_path)
    order = {
        **json.loads(read_sample("order.placed") or b""),
        "date_created": (datetime.now(UTC) - timedelta(minutes=1)).isoformat(),
    }
    refund = {**order, "status": "REFUNDED"}
    lines = tmp_path / "missed.jsonl"
    with gateway(config) as running:
        httpx.post(f"{running.url}/in/{TOKEN}", json=order).raise_for_status()
        running.wait_until_delivered()
        lines.write_text(json.dumps(refund))
        told = run_json("import", "missed.jsonl", at=tmp_path, code=1)
        assert (told["accepted"], told["faults"][0]["where"]) == (0, "date_created")
        assert "--time-column" in told["faults"][0]["message"]
        now = datetime.now(UTC).isoformat()
        lines.write_text(json.dumps({**refund, "shop": {"refunded_at": now}}))
        assert (
            run_json("import", "missed.jsonl", "--time-column", "shop.refunded_at", at=tmp_path)[
                "accepted"
            ]
            == 1
        )
        running.wait_until_delivered()
        (deal,) = running.records("sandbox", "deal")
        assert deal["fields"]["status"] == "REFUNDED"
        assert running.admin("/api/drift")["items"] == []
        lines.write_text(json.dumps(refund))
        assert run_json("import", "missed.jsonl", "--as-of", now, at=tmp_path)["duplicates"] == 1


@pytest.mark.parametrize("newest_first", [False, True])
def test_lines_of_one_time(tmp_path: Path, newest_first: bool) -> None:
    """The later one stays on top, which is the upper one in a file that runs backwards; sending it
    again changes nothing.
    """
    config = write_config(tmp_path)
    ids = ["oldest,2024-03-01 10:00", *(f"n{number},2024-03-01 10:05" for number in range(70))]
    ids.append("newest,2024-03-01 10:05")
    lines = [f"ada@example.edu,{id}\n" for id in (reversed(ids) if newest_first else ids)]
    table(tmp_path, "email,id,date_registered\n" + "".join(lines))
    words = ("import", "history.csv", "--event", "account.created")
    with gateway(config) as running:
        assert ("newest lines come first" in run(*words, "--dry-run", at=tmp_path)) == newest_first
        told = run_json(*words, at=tmp_path)
        assert (told["accepted"], told["newest_first"]) == (72, newest_first)
        running.wait_until_delivered()
        assert contact(running, "ada@example.edu")["aom_id"] == "newest"
        assert run_json(*words, at=tmp_path)["duplicates"] == 72


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("history.csv",), "--event"),
        (("history.csv", "--event", "acount.created"), "account.created"),
        (("history.csv", "--event", "account.created", "--source", "springfeld"), "springfield"),
        (("history.csv", "--event", "account.created", "--column", "E-mail"), "E-mail=email"),
        (("history.csv", "--event", "account.created", "--column", "Mial=email"), "'Mail'"),
        (("history.csv", "--event", "order.placed"), "order.placed needs status"),
        (("refunds.csv", "--event", "order.refunded"), "the order's date says when it was made"),
        (("nowhere.csv", "--event", "account.created"), "No such file"),
        ((".", "--event", "account.created"), "directory"),
        (("empty.csv", "--event", "account.created"), "no headers"),
        (("old.csv", "--event", "account.created"), "--encoding cp1252"),
        (
            ("history.csv", "--event", "account.created", "--faults", "history.csv"),
            "no list of faults|the file itself",
        ),
        (
            ("history.csv", "--event", "account.created", "--faults", "config.toml"),
            "no list of faults",
        ),
    ],
)
def test_wrong_use(tmp_path: Path, words: tuple[str, ...], says: str) -> None:
    """Exit 2 before anything is sent, with what would be right."""
    write_config(tmp_path)
    (tmp_path / "aom-gateway.db").touch()
    table(tmp_path, "Mail;Name;Date\nada@example.edu;Ada;2024-01-01\n")
    table(tmp_path, "email;name;date\nj@x.org;Jörg;2024-01-01\n", "old.csv", "cp1252")
    table(tmp_path, "email;id;status;date\nj@x.org;1;REFUNDED;2024-01-01\n", "refunds.csv")
    (tmp_path / "empty.csv").touch()
    text = run("import", *words, at=tmp_path, code=2)
    assert any(one in text for one in says.split("|")), text
    assert (tmp_path / "history.csv").read_bytes().startswith(b"\xef\xbb\xbfMail")


def deal(running: Running, order: str) -> dict[str, Any]:
    (found,) = [
        one["fields"] for one in running.records("sandbox", "deal") if one["key"].endswith(order)
    ]
    return dict(found)


def test_orders_as_shops_export_them(tmp_path: Path) -> None:
    """Off is off, whatever the option says; items are gathered; a rounded number is a fault, mended
    it goes in; nothing is left out in silence.
    """
    config = write_config(tmp_path)
    table(
        tmp_path,
        "order_id,order_date,status,customer_email,order_total\n7101,2024-03-01 "
        "11:00,wc-cancelled,c1@x.org,10\n"
        "7102,2024-03-01 14:00,trash,c2@x.org,20\n7103,2024-03-01 "
        "14:00,wc-checkout-draft,c3@x.org,30\n"
        "7104,2024-03-01,Erledigt,c4@x.org,1\n",
        "off.csv",
    )
    table(
        tmp_path,
        "Order Number,Order Status,Order Date,Email (Billing),Order Total Amount,Item Name,Mood\n"
        "7201,Completed,2024-03-01 10:00,items@x.org,300.00,Course "
        "A,x\n7201,Completed,2024-03-01 10:00,items@x.org,300.00,Course B,y\n",
        "items.csv",
    )
    table(
        tmp_path,
        "Order ID,Date,Status,Email,Total\n2.02403E+11,2024-03-01 10:00,completed,s1@x.org,10\n"
        "2.02403E+11,2024-03-02 10:00,completed,s2@x.org,what?\n7401.0,2024-03-02 "
        "11:00,completed,s3@x.org,30\n",
        "ids.csv",
    )
    with gateway(config) as running:
        off = run(
            "import", "off.csv", "--event", "order.placed", "--as-of", "2024-04-01", at=tmp_path
        )
        assert "3 order.failed, 1 order.placed" in off
        assert "status (unknown): says nothing that is known in 1 line" in off
        items = run("import", "items.csv", "--event", "order.placed", at=tmp_path)
        assert "2 lines were gathered into 1 order" in items
        assert "Columns that are used for nothing: Mood" in items
        ids = run("import", "ids.csv", "--event", "order.placed", at=tmp_path, code=1)
        assert "lines 2, 3: Order ID: 2.02403E+11 is a rounded number" in ids
        listed = (tmp_path / "ids.csv.faults.csv").read_text(encoding="utf-8-sig")
        mended = listed.replace("2.02403E+11,2024-03-01", "202403000001,2024-03-01").replace(
            "2.02403E+11,2024-03-02", "202403000002,2024-03-02"
        )
        # the reason of a line quotes the number, too: the first of the second row is its cell
        (tmp_path / "mended.csv").write_text(mended)
        told = run_json("import", "mended.csv", "--event", "order.placed", at=tmp_path)
        assert (told["accepted"], told["faulty"], told["ignored_columns"]) == (2, 0, [])
        assert told["unreadable"] == [{"where": "Total (unreadable)", "lines": 1, "first": 3}]
        running.wait_until_delivered()
        stages = [
            deal(running, order)["dealstage"]
            for order in ("7101", "7102", "7103", "7104", "7201", "7401", "202403000001")
        ]
        assert stages == ["lost", "lost", "lost", "pending", "won", "won", "won"]
        assert deal(running, "7201")["dealname"] == "Order 7201: Course A, Course B"
        assert "amount" not in deal(running, "202403000002")
