"""What real senders send, from the call to the record, through the real process."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.console.visitor import Visitor, signed_in_cookie
from tests.e2e.sender import deal, drift, enrolment, fields, learner, order, post
from tests.processes import ADMIN_TOKEN, Running, gateway, get_json, write_config


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One process for all: each test has people and orders of its own."""
    with gateway(write_config(tmp_path_factory.mktemp("senders"))) as running:
        yield running


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
    visitor = Visitor(running.url, signed_in_cookie(running.url))
    assert "order_total (unreadable)" in visitor.get("/console").text
    assert "order_total (unreadable)" in visitor.get(f"/console/events/{id}").text


def test_the_drift_is_an_answer(running: Running) -> None:
    """For a script, too."""
    assert get_json(f"{running.url}/api/drift", ADMIN_TOKEN)["items"]
