"""Amounts, dates, currencies and addresses as real senders write them, through the real process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.e2e.sender import deal, drift, fields, order, post
from tests.processes import ADMIN_TOKEN, Running, gateway, write_config


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One process for all: each test has people and orders of its own."""
    with gateway(write_config(tmp_path_factory.mktemp("values"))) as running:
        yield running


def test_what_cannot_be_read_is_absent_and_reported(running: Running) -> None:
    """In the answer of the drift, in the metrics, on the event and in the console; the amount and
    the currency are read.
    """
    before = drift(running).get(("order.placed", "date_created (unreadable)"), 0)
    body = order(
        7003,
        date_created="ao\u00fbt 11, 2020 16:58",
        currency="Pound sterling (\u00a3) \u2014 GBP",
        order_total="&pound;220.00",
    )
    id = post(running, body).json()["id"]
    running.wait_until_delivered()
    written = deal(running, 7003)
    assert (written["amount"], written["currency"]) == ("220.00", "GBP")
    assert "created_at" not in written
    assert drift(running)["order.placed", "date_created (unreadable)"] == before + 1
    assert running.admin(f"/api/events/{id}")["unreadable"] == ["date_created (unreadable)"]
    metrics = httpx.get(
        f"{running.url}/metrics",
        headers={"Authorization": f"Bearer {ADMIN_TOKEN}"},
        trust_env=False,
    ).text
    assert (
        'aom_gateway_unreadable_values_total{event="order.placed",source="springfield"}' in metrics
    )


@pytest.mark.parametrize(
    ("number", "changes", "path", "absent"),
    [
        (7010, {"order_total": "a lot"}, "order_total (unreadable)", "amount"),
        (7011, {"currency": "Bitcoin"}, "currency (unreadable)", "currency"),
        (7012, {"date_created": "0000-00-00 00:00:00"}, "date_created (unreadable)", "created_at"),
        (7013, {"date_created": "1970-01-01"}, "date_created (unreadable)", "created_at"),
        (7014, {"order_total": "1.5e3"}, "order_total (unreadable)", "amount"),
        (7015, {"currency": {"code": "USD"}}, "currency (unreadable)", "currency"),
    ],
)
def test_no_value_is_made_up(
    running: Running, number: int, changes: dict[str, Any], path: str, absent: str
) -> None:
    """Where one cannot be read, nothing is written in its place; never the site's currency for
    another one.
    """
    id = post(running, order(number, **changes)).json()["id"]
    running.wait_until_delivered()
    assert absent not in deal(running, number)
    assert path in running.admin(f"/api/events/{id}")["unreadable"]
    assert drift(running)["order.placed", path] >= 1


@pytest.mark.parametrize(
    ("number", "sent", "amount"),
    [
        (50_001, 220, "220"),
        (50_002, 0, "0"),
        (50_003, "0.00", "0.00"),
        (50_004, 110.1, "110.1"),
        (50_005, "110.00", "110.00"),
        (50_006, "-5.50", "-5.50"),
        (50_007, "1,234.50", "1234.50"),
        (50_008, "1,234", "1234"),
        (50_009, "12,34,567.00", "1234567.00"),
        (50_010, "1.234,50", "1234.50"),
        (50_011, "1\u00a0234,50", "1234.50"),
        (50_012, "1'234.50", "1234.50"),
        (50_013, "110,00 \u20ac", "110.00"),
        (50_014, "&pound;220.00", "220.00"),
        (50_015, "US$110.00", "110.00"),
        (50_016, "-$ 110.00", "-110.00"),
        (50_017, "110 EUR", "110"),
        (50_018, "0,500", "0.500"),
        (50_019, ["220"], "220"),
    ],
)
def test_an_amount_is_read_however_it_is_written(
    running: Running, number: int, sent: object, amount: str
) -> None:
    """To the last digit, and nothing is reported; a total of 0 is one."""
    id = post(running, order(number, order_total=sent)).json()["id"]
    running.wait_until_delivered()
    assert str(deal(running, number)["amount"]) == amount
    assert running.admin(f"/api/events/{id}")["unreadable"] == []


@pytest.mark.parametrize(
    ("number", "sent", "moment"),
    [
        (51_001, "Aug 11, 2020 12:00 AM", "2020-08-11T00:00:00-04:00"),
        (51_002, "Aug 11, 2020 12:30 PM", "2020-08-11T12:30:00-04:00"),
        (51_003, "Mar 08, 2020 02:30 AM", "2020-03-08T03:30:00-04:00"),
        (51_004, "Nov 01, 2020 01:30 AM", "2020-11-01T01:30:00-04:00"),
        (51_005, "2020-08-11T16:58:00Z", "2020-08-11T12:58:00-04:00"),
        (51_006, "2020-08-11 16:58", "2020-08-11T16:58:00-04:00"),
        (51_007, "September 3, 2021 09:05 a.m.", "2021-09-03T09:05:00-04:00"),
        (51_008, "Aug 11, 2020 04:58\u202fPM", "2020-08-11T16:58:00-04:00"),
        (51_009, "Aug 11, 2020 16:58 PM", "2020-08-11T16:58:00-04:00"),
        (51_010, "0000-00-00 00:00:00", None),
        (51_011, "Nov 30, -0001 12:00 AM", None),
        (51_012, "1970-01-01 00:00:00", None),
        (51_013, "11/08/2020", None),
    ],
)
def test_a_date_is_read_however_it_is_written(
    running: Running, number: int, sent: str, moment: str | None
) -> None:
    """In the school's zone, also where the clocks change; what is no date is absent and
    reported.
    """
    id = post(running, order(number, date_created=sent)).json()["id"]
    event = running.admin(f"/api/events/{id}")
    assert event["normal"]["order"]["date_created"] == moment
    assert event["unreadable"] == ([] if moment else ["date_created (unreadable)"])
    running.wait_until_delivered()
    assert ("created_at" in deal(running, number)) is (moment is not None)


@pytest.mark.parametrize(
    ("number", "sent", "code"),
    [
        (52_001, "United States (US) dollar", "USD"),
        (52_002, "Pound sterling", "GBP"),
        (52_003, "Bol\u00edvar soberano", "VES"),
        (52_004, "Bol&iacute;var soberano", "VES"),
        (52_005, "Polish z&#322;oty", "PLN"),
        (52_006, "Burmese kyat", "MMK"),
        (52_007, "Vietnamese \u0111\u1ed3ng", "VND"),
        (52_008, "S\u00e3o Tom\u00e9 and Pr\u00edncipe dobra", "STN"),
        (52_009, "Euro (\u20ac)", "EUR"),
        (52_010, " eur ", "EUR"),
        (52_011, "Manx pound", None),
        (52_012, "Bitcoin", None),
    ],
)
def test_a_currency_is_known_by_its_name(
    running: Running, number: int, sent: str, code: str | None
) -> None:
    """WooCommerce's names, and codes; what has no code is absent and reported, never the site's
    currency.
    """
    id = post(running, order(number, currency=sent)).json()["id"]
    assert running.admin(f"/api/events/{id}")["unreadable"] == (
        [] if code else ["currency (unreadable)"]
    )
    running.wait_until_delivered()
    assert deal(running, number).get("currency") == code


@pytest.mark.parametrize(
    ("sent", "key"),
    [
        ("Plain@Example.EDU", "plain@example.edu"),
        (" Blanks@example.edu\n", "blanks@example.edu"),
        ("\u200bunseen@example.edu\u00a0", "unseen@example.edu"),
        ("o'brien+aom@sub.example.ac.uk", "o'brien+aom@sub.example.ac.uk"),
        ("o&#39;hara@example.edu", "o'hara@example.edu"),
        ("r&amp;d@example.edu", "r&d@example.edu"),
        ("a@school.local", "a@school.local"),
        ("J\u00f6rg@B\u00fccher.example", "j\u00f6rg@b\u00fccher.example"),
        ("jo\u0308rgen@xn--bcher-kva.example", "j\u00f6rgen@b\u00fccher.example"),
        (["alone@example.edu"], "alone@example.edu"),
    ],
)
def test_an_address_is_one_person_however_it_is_written(
    running: Running, sent: object, key: str
) -> None:
    """And that person is a contact."""
    answer = post(running, {"email": sent, "date_registered": "Aug 11, 2020 04:58 PM"})
    assert (answer.status_code, answer.json()["deliveries"]) == (202, 1)
    assert fields(running, "contact", key) is not None


@pytest.mark.parametrize(
    "bad",
    [
        "", " ", "ada", "@example.edu", "ada@", "ada@@example.edu", "ada@example..edu",
        ".ada@example.edu", "ada.@example.edu",
        "a da@example.edu", "ada@exam ple.edu", "ada@-example.edu", "Ada <ada@example.edu>",
        "a@b.example, c@d.example",
        "ada@[127.0.0.1]", '"a b"@example.edu', "ada@" + "x" * 64 + ".edu",
        "a@" + "x." * 130 + "edu", 7, None, True, {},
        ["a@example.edu", "b@example.edu"],
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_with_a_reason(running: Running, bad: object) -> None:
    """It is kept, and the answer says what would be right."""
    answer = post(running, {"email": bad, "date_registered": "Aug 11, 2020 04:58 PM"})
    assert (answer.status_code, answer.json()["kept"], answer.json()["errors"][0]["path"]) == (
        422,
        True,
        "email",
    )
    assert "must be an e-mail address like ada@example.edu" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize("key", ["id", "status", "email", "first_name", "date_created"])
@pytest.mark.parametrize("blank", [" ", "\u200b", "\n"])
def test_a_long_run_of_blanks_holds_nobody_up(running: Running, key: str, blank: str) -> None:
    """A value of two letters and half a MiB of blanks between them is answered like any other."""
    text = "\u00e9" + blank * 150_000 + "b"
    changes = (
        {"customer": {"email": "blanks@example.edu", key: text}}
        if key in ("email", "first_name")
        else {key: text}
    )
    assert post(running, order(54_000 + len(key)) | changes, "order.placed").status_code in (
        202,
        422,
    )
