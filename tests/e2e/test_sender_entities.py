"""Texts with the escapes of HTML, as WordPress writes them, through the real process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from receiver.aom import read_sample
from tests.e2e.sender import deal, fields, learner, order, post
from tests.processes import SANDBOX, Running, gateway, write_config

MAPPING = """
[[routes]]
name = "announcements"
events = ["announcement.created"]
connector = "sandbox"
[[routes.upsert]]
object = "contact"
fields.last_announcement = "{{ announcement.title }}"
fields.announcement_text = "{{ announcement.content }}"
fields.receiver = "{{ person.first_name }}"

[[routes]]
name = "order details"
events = ["order.*"]
connector = "sandbox"
[[routes.upsert]]
object = "deal"
key = "{{ source.name }}:{{ order.id }}"
fields.city = "{{ customer.billing_address.city }}"
fields.coupon = "{{ order.coupons | join(', ', attribute='code') }}"
fields.first_price = "{{ order.line_items[0].price }}"
"""

_numbers = count(70_000)

TEXTS = [
    ("Se&#225;n", "Se\u00e1n"),  # numeric
    ("Se&#0225;n", "Se\u00e1n"),
    ("Se&#xE1;n", "Se\u00e1n"),  # hex
    ("Se&#Xe1;n", "Se\u00e1n"),
    ("Se&aacute;n", "Se\u00e1n"),  # named
    ("O&rsquo;Neil", "O\u2019Neil"),
    ("O&#146;Neil", "O\u2019Neil"),  # as Windows numbers it
    ("O&apos;Neil", "O'Neil"),
    ("R&#038;D", "R&D"),  # as WordPress writes it
    ("Zo&#x1F600;", "Zo\U0001f600"),
    ("A&nbsp;B", "A\u00a0B"),
    ("&lt;b&gt;", "<b>"),
    ("O&amp;#8217;Neil", "O\u2019Neil"),  # twice
    ("Se&amp;aacute;n", "Se\u00e1n"),
    ("Fish &amp;amp; Chips", "Fish & Chips"),
    ("R&D", "R&D"),  # none
    ("AT&T &foo; &#; 5 & 6", "AT&T &foo; &#; 5 & 6"),
]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One process for all: each test has people and orders of its own."""
    with gateway(write_config(tmp_path_factory.mktemp("entities"), SANDBOX + MAPPING)) as running:
        yield running


def event_of(running: Running, id: str) -> dict[str, Any]:
    found: dict[str, Any] = running.admin(f"/api/events/{id}")
    return found


def records(running: Running, object_name: str) -> dict[str, dict[str, Any]]:
    """Their fields by key, once all is delivered."""
    running.wait_until_delivered()
    return {one["key"]: one["fields"] for one in running.records("sandbox", object_name)}


def sent_texts(running: Running, make: Callable[[str, str], dict[str, Any]]) -> list[str]:
    """Post one body for each text; returns the names by which `make` told them apart. Each is
    accepted, and none has anything that cannot be read.
    """
    names = [f"t{next(_numbers)}" for _ in TEXTS]
    for name, (sent, _) in zip(names, TEXTS, strict=True):
        event = event_of(running, post(running, make(name, sent)).json()["id"])
        assert event["unreadable"] == []
        assert json.dumps(sent) in event["raw"]  # as it came
    return names


def test_names_of_people_and_things(running: Running) -> None:
    """Of the learner, the course and the quiz."""
    quiz = json.loads(read_sample("quiz.submitted") or b"")

    def submitted(name: str, text: str) -> dict[str, Any]:
        thing = {"id": 1, "name": text}
        account = {"id": int(name[1:]), "email": f"{name}@example.edu"}
        person = account | {"first_name": text, "last_name": text}
        return {**quiz, **person, "course": thing, "quiz": thing}

    names = sent_texts(running, submitted)
    contacts = records(running, "contact")
    for name, (_, read) in zip(names, TEXTS, strict=True):
        contact = contacts[f"{name}@example.edu"]
        assert (contact["firstname"], contact["lastname"]) == (read, read)
        assert contact["last_course"] == read
        assert contact["last_activity"] == f"Submitted a Quiz: {read}"


def test_names_in_an_order(running: Running) -> None:
    """Of the products, the coupon, the buyer and where the buyer lives."""

    def placed(name: str, text: str) -> dict[str, Any]:
        address = {"email": f"{name}@example.edu", "billing_address": {"city": text}}
        items = [{"product_id": 1, "product_name": text}, {"product_id": 2, "product_name": "B"}]
        return order(
            int(name[1:]),
            customer=address | {"last_name": text},
            line_items=items,
            coupons=[{"code": text}],
        )

    names = sent_texts(running, placed)
    contacts, deals = records(running, "contact"), records(running, "deal")
    for name, (_, read) in zip(names, TEXTS, strict=True):
        assert contacts[f"{name}@example.edu"]["lastname"] == read
        found = deals[f"springfield:{name[1:]}"]
        assert found["dealname"] == f"Order {name[1:]}: {read}, B"
        assert (found["city"], found["coupon"]) == (read, read)


def test_announcements(running: Running) -> None:
    """In their title and text, and in the names of those who received them."""
    sample = json.loads(read_sample("announcement.created") or b"")

    def announced(name: str, text: str) -> dict[str, Any]:
        receivers = [learner(name) | {"first_name": text}]
        content = {"announcement_title": text, "announcement_content": f"<p>{text}</p>"}
        return {**sample, **content, "receivers": receivers}

    names = sent_texts(running, announced)
    contacts = records(running, "contact")
    for name, (_, read) in zip(names, TEXTS, strict=True):
        contact = contacts[f"{name}@example.edu"]
        assert (contact["last_announcement"], contact["announcement_text"]) == (
            read,
            f"<p>{read}</p>",
        )
        assert contact["receiver"] == read


@pytest.mark.parametrize(
    ("sent", "amount"),
    [
        ("&#36;110.00", "110.00"),
        ("&#x24;110", "110"),
        ("&dollar;1,110.50", "1110.50"),
        ("110,50&nbsp;&euro;", "110.50"),
        ("1&#8239;234,50", "1234.50"),
        ("110&#46;50", "110.50"),
        ("&#x31;&#49;0", "110"),
        ("&minus;5.50", "-5.50"),
        ("&amp;pound;220.00", "220.00"),
        ("&amp;#36;110.00", "110.00"),
    ],
)
def test_money(running: Running, sent: str, amount: str) -> None:
    """Of the order and of its items, to the last digit."""
    number = next(_numbers)
    items = [{"product_id": 1, "product_name": "A", "price_per_qty": sent, "total": sent}]
    event = event_of(
        running, post(running, order(number, order_total=sent, line_items=items)).json()["id"]
    )
    running.wait_until_delivered()
    found = deal(running, number)
    assert (found["amount"], found["first_price"]) == (amount, amount)
    assert event["unreadable"] == []


@pytest.mark.parametrize("sent", ["&foo;5", "5&#0;0", "&#65;&#66;", "&amp;amp;amp;5"])
def test_money_that_is_none(running: Running, sent: str) -> None:
    """It is absent and reported: nothing is guessed from escapes that say nothing."""
    number = next(_numbers)
    event = event_of(running, post(running, order(number, order_total=sent)).json()["id"])
    running.wait_until_delivered()
    assert "amount" not in deal(running, number)
    assert event["unreadable"] == ["order_total (unreadable)"]


@pytest.mark.parametrize(
    ("address", "id", "date", "currency"),
    [
        (
            "b{}&commat;example.edu",
            "&#49;{}",
            "Aug&nbsp;11,&#32;2020 04:58&#8239;PM",
            "Pound&nbsp;sterling",
        ),
        (
            "&#98;{}@example&period;edu",
            "&#x31;{}",
            "Aug 11&comma; 2020 04:58&#x202F;PM",
            "Pound&#32;sterling",
        ),
        (
            "b{}&amp;#64;example.edu",
            "1{}&#46;0",
            "Aug 11, 2020 04&colon;58 PM",
            "Pound&amp;nbsp;sterling",
        ),
    ],
)
def test_addresses_ids_dates_and_currencies(
    running: Running, address: str, id: str, date: str, currency: str
) -> None:
    """They are the same as without escapes."""
    number = next(_numbers)
    body = order(
        number,
        id=id.format(number),
        customer={"email": address.format(number)},
        date_created=date,
        currency=currency,
    )
    event = event_of(running, post(running, body).json()["id"])
    assert fields(running, "contact", f"b{number}@example.edu") is not None
    found = deal(running, int(f"1{number}"))
    assert (found["created_at"], found["currency"]) == ("2020-08-11T16:58:00-04:00", "GBP")
    assert event["unreadable"] == []
