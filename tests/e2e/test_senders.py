"""What real senders send, from the call to the record, through the real process."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from receiver.aom import read_sample
from tests.console.visitor import Visitor, forged_cookie
from tests.processes import ADMIN_TOKEN, TOKEN, Running, gateway, get_json, write_config


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One process for all: each test has people and orders of its own."""
    with gateway(write_config(tmp_path_factory.mktemp("senders"))) as running:
        yield running


def post(running: Running, body: Any, event: str = "") -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.post(
        f"{running.url}/in/{TOKEN}" + (f"/{event}" if event else ""),
        content=content,
        trust_env=False,
        timeout=60,
    )


def order(number: int, status: str = "COMPLETED", **changes: Any) -> dict[str, Any]:
    """AOM's sample as another order, of a customer of its own; a value of `...` takes the key
    away.
    """
    body: dict[str, Any] = json.loads(read_sample("order.placed") or b"")
    body |= {
        "id": number,
        "status": status,
        "customer": body["customer"] | {"id": number, "email": f"c{number}@example.edu"},
    } | changes
    return {key: value for key, value in body.items() if value is not ...}


def enrolment(*users: object, courses: Any = ({"id": 9, "name": "Ethics"},)) -> dict[str, Any]:
    return {
        "userList": list(users),
        "enrolled_courses_list": courses if isinstance(courses, dict) else list(courses),
    }


def learner(name: str) -> dict[str, Any]:
    return {"id": name, "first_name": name, "last_name": "Test", "email": f"{name}@example.edu"}


def fields(running: Running, object_name: str, key: str) -> dict[str, Any] | None:
    """Of the record with that key in the sandbox, once all is delivered; None where there is
    none.
    """
    running.wait_until_delivered()
    found = [record for record in running.records("sandbox", object_name) if record["key"] == key]
    return dict(found[0]["fields"]) if found else None


def deal(running: Running, number: int) -> dict[str, Any]:
    """The one deal of that order."""
    (found,) = [
        one
        for one in running.records("sandbox", "deal")
        if re.split("[:-]", one["key"])[-1] == str(number)
    ]
    return dict(found["fields"])


def drift(running: Running) -> dict[tuple[str, str], int]:
    return {
        (one["event"], one["path"]): one["count"] for one in running.admin("/api/drift")["items"]
    }


@pytest.mark.parametrize(
    ("statuses", "duplicates", "stage"),
    [
        (("COMPLETED", "ON-HOLD", "COMPLETED"), 0, "won"),
        (("COMPLETED", "REFUNDED", "COMPLETED"), 0, "won"),
        (("COMPLETED", "REFUNDED", "COMPLETED", "COMPLETED"), 1, "won"),
        (("COMPLETED", "COMPLETED", "REFUNDED", "REFUNDED"), 2, "refunded"),
        (("PENDING", "COMPLETED", "FAILED", "PENDING", "COMPLETED"), 0, "won"),
        (("FAILED", "COMPLETED", "FAILED"), 0, "lost"),
    ],
)
def test_a_state_that_returns_counts(
    running: Running, statuses: tuple[str, ...], duplicates: int, stage: str
) -> None:
    """The deal ends where the last call says, and only what repeats the last state is a
    duplicate.
    """
    number = 10_000 + sum("".join(statuses).encode())
    answers = [post(running, order(number, status)).json()["status"] for status in statuses]
    assert answers.count("duplicate") == duplicates
    running.wait_until_delivered()
    assert deal(running, number)["dealstage"] == stage


@pytest.mark.parametrize(
    "status", ["CANCELLED", "wc-cancelled", "trash", "wc-checkout-draft", "Draft"]
)
def test_an_order_that_is_off_is_never_won(running: Running, status: str) -> None:
    """Whatever the URL says: it failed, and the disagreement is told."""
    number = 20_000 + sum(status.encode())
    answer = post(running, order(number, status), "order.placed")
    assert (answer.status_code, answer.json()["event"]) == (202, "order.failed")
    running.wait_until_delivered()
    assert deal(running, number)["dealstage"] == "lost"
    assert (
        "says order.failed" in running.admin(f"/api/events/{answer.json()['id']}")["disagreement"]
    )


@pytest.mark.parametrize(
    "status", ["wc-custom", "partially-refunded", "Abgeschlossen", "COMPLETED?"]
)
def test_a_status_that_nobody_knows_wins_nothing(running: Running, status: str) -> None:
    """It keeps the URL's name, and is reported."""
    number = 30_000 + sum(status.encode())
    answer = post(running, order(number, status), "order.placed")
    assert answer.json()["event"] == "order.placed"
    running.wait_until_delivered()
    assert deal(running, number)["dealstage"] == "pending"
    assert drift(running)["order.placed", "status (unknown)"] >= 1


def test_a_cancelled_order_without_a_url_has_a_clear_reason(running: Running) -> None:
    """It is kept, and an operator says what it is."""
    answer = post(running, order(31_000, "CANCELLED"))
    assert (answer.status_code, answer.json()["kept"]) == (422, True)
    assert "needs a URL of its own" in answer.json()["errors"][0]["message"]


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


@pytest.mark.parametrize("bad", [{"id": 3, "email": "no address"}, {"id": 3}, "x", {"email": None}])
def test_one_bad_apple_stays_alone(running: Running, bad: object) -> None:
    """Four are delivered, the fifth is reported with its place and reason."""
    name = f"bulk{sum(json.dumps(bad).encode())}"
    users = [
        *(learner(f"{name}{number}") for number in range(2)),
        bad,
        *(learner(f"{name}{number}") for number in range(2, 4)),
    ]
    answer = post(running, enrolment(*users), "course.enrolled")
    assert (answer.status_code, answer.json()["deliveries"]) == (202, 4)
    (left_out,) = running.admin(f"/api/events/{answer.json()['id']}")["left_out"]
    assert left_out["path"].startswith("userList[2]")
    assert fields(running, "contact", f"{name}3@example.edu") is not None
    assert any(
        event == "course.enrolled" and "(left out)" in path for event, path in drift(running)
    )


def test_a_list_with_gaps_is_a_list(running: Running) -> None:
    """Everyone, every course."""
    body = enrolment(
        courses={"5": {"id": 2, "name": "Course Two"}, "9": {"id": 3, "name": "Course Three"}}
    )
    answer = post(
        running,
        body | {"userList": {"1": learner("keyed1"), "3": learner("keyed3")}},
        "course.enrolled",
    )
    assert (answer.status_code, answer.json()["deliveries"]) == (202, 2)
    normal = running.admin(f"/api/events/{answer.json()['id']}")["normal"]
    assert [course["name"] for course in normal["courses"]] == ["Course Two", "Course Three"]
    assert fields(running, "contact", "keyed3@example.edu") is not None


@pytest.mark.parametrize(
    "name",
    ["account_created", "Account.Created", "account-created", "ACCOUNT_CREATED", "accountCreated"],
)
def test_a_name_is_known_however_it_is_typed(running: Running, name: str) -> None:
    """The school's typing does not send calls into quarantine."""
    body = {
        "id": 72,
        "email": f"typed{sum(name.encode())}@example.edu",
        "date_registered": "Aug 11, 2020 04:58 PM",
    }
    answer = post(running, body, name)
    assert (answer.status_code, answer.json()["event"]) == (202, "account.created")


def test_the_escapes_of_html_do_not_reach_the_crm(running: Running) -> None:
    """The raw body stays as it came."""
    body = {
        "id": 73, "first_name": "Se&aacute;n", "last_name": "O&#8217;Neil",
        "email": "entity@example.edu",
        "date_submitted": "Aug 11, 2020 01:37\u202fPM", "quiz": {"id": 3, "name": "quiz &amp; 1"},
        "course": {"id": 7, "name": "Health &amp; Safety &#8211; Level 1"},
    }  # fmt: skip
    id = post(running, body).json()["id"]
    contact = fields(running, "contact", "entity@example.edu")
    assert contact is not None
    assert (contact["firstname"], contact["lastname"]) == ("Se\u00e1n", "O\u2019Neil")
    assert "Health & Safety \u2013 Level 1" in contact.values()
    assert "O&#8217;Neil" in running.admin(f"/api/events/{id}")["raw"]


@pytest.mark.parametrize("guest", [0, "0", "", None])
def test_a_guest_takes_nobodys_id(running: Running, guest: object) -> None:
    """74 stays 74."""
    email = f"guest{sum(json.dumps(guest).encode())}@example.edu"
    post(running, {"id": 74, "email": email, "date_registered": "Aug 11, 2020 04:58 PM"})
    post(running, order(40_000 + sum(email.encode()), customer={"id": guest, "email": email}))
    contact = fields(running, "contact", email)
    assert contact is not None
    assert "74" in contact.values()
    assert "0" not in contact.values()


@pytest.mark.parametrize("key", ["name", "Name", "full_name"])
def test_a_name_in_one_field_reaches_the_crm(running: Running, key: str) -> None:
    """As a first and a last one."""
    email = f"{key}.one@example.edu".lower() if key != "Name" else "capital.one@example.edu"
    post(running, {"email": email, key: "Ada Lovelace", "date_registered": "Aug 11, 2020 04:58 PM"})
    contact = fields(running, "contact", email)
    assert contact is not None
    assert (contact["firstname"], contact["lastname"]) == ("Ada", "Lovelace")


def test_ids_of_spreadsheets(running: Running) -> None:
    """7401.0 is 7401; a rounded one is refused in words."""
    post(running, order(7401, "PENDING"))
    post(running, order(7401, id="7401.0"))
    running.wait_until_delivered()
    assert deal(running, 7401)["dealstage"] == "won"
    refused = post(running, order(1, id="2.02403E+11"))
    assert (refused.status_code, refused.json()["errors"][0]["path"]) == (422, "id")
    assert "rounded" in refused.json()["errors"][0]["message"]


def test_php_around_the_json(running: Running) -> None:
    """A warning before it, a line break in HTML behind it."""
    body = json.dumps(order(7500)).encode()
    answers = [
        post(running, body + b"<br>"),
        post(running, b"<b>Warning</b>: x in a.php<br />\n" + body),
        post(running, body),
    ]
    assert [answer.json()["status"] for answer in answers] == ["accepted", "duplicate", "duplicate"]


@pytest.mark.parametrize("nothing", [False, None, [], {}, ""])
def test_nothing_is_nothing(running: Running, nothing: object) -> None:
    """However PHP writes it; none of it is worth a report."""
    number = 8000 + sum(json.dumps(nothing).encode())
    body = order(
        number,
        order_total=nothing,
        currency=nothing,
        date_created=nothing,
        coupons=nothing,
        transaction_ref=nothing,
    )
    id = post(running, body).json()["id"]
    assert running.admin(f"/api/events/{id}")["unreadable"] == []


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


@pytest.mark.parametrize(
    ("key", "event", "stage"),
    [("COMPLETED", "order.placed", "won"), ("wc-cancelled", "order.failed", "lost")],
)
def test_an_order_whose_values_are_lists_of_one(
    running: Running, key: str, event: str, stage: str
) -> None:
    """It is the same order as without them, and its next state is its own."""
    number = 53_000 + len(key)
    first = order(number, "PENDING")
    listed = {
        name: [value] for name, value in order(number, key).items() if isinstance(value, str | int)
    }
    post(running, first)
    answer = post(running, first | listed, "order.placed")
    assert (answer.status_code, answer.json()["event"]) == (202, event)
    running.wait_until_delivered()
    assert deal(running, number)["dealstage"] == stage
    assert running.admin(f"/api/events/{answer.json()['id']}")["unreadable"] == []


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


def test_what_is_right_today_stays_so(running: Running) -> None:
    """Long and far-away names, many items, ids of twenty digits, a total of 0, and spellings of a
    status.
    """
    items = [
        {"product_id": number, "product_name": f"P{number}", "quantity": 1, "total": "1"}
        for number in range(150)
    ]
    number = 12345678901234567890
    customer = {
        "email": "long@example.edu",
        "first_name": "\U0001f600" * 10,
        "last_name": "\u0627\u0644" * 1500,
    }
    answer = post(
        running, order(number, "wc-completed", line_items=items, order_total=0, customer=customer)
    )
    assert (answer.status_code, answer.json()["event"]) == (202, "order.placed")
    for spelling in ("pending", "wc-pending", "Pending payment", "payment_pending"):
        assert post(running, order(8801, spelling)).json()["event"] == "order.pending"
    assert (
        post(running, order(8802, "COMPLETED"), "order.refused").json()["event"] == "order.placed"
    )
    contact = fields(running, "contact", "long@example.edu")
    assert contact is not None
    assert contact["lastname"] == customer["last_name"]


def test_the_console_shows_what_was_not_understood(running: Running) -> None:
    """On its first page and on the event's."""
    id = post(running, order(8900, order_total="what?")).json()["id"]
    visitor = Visitor(running.url, forged_cookie())
    assert "order_total (unreadable)" in visitor.get("/console").text
    assert "order_total (unreadable)" in visitor.get(f"/console/events/{id}").text


def test_the_drift_is_an_answer(running: Running) -> None:
    """For a script, too."""
    assert get_json(f"{running.url}/api/drift", ADMIN_TOKEN)["items"]
