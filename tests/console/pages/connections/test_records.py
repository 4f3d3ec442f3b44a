"""What a connector holds: all objects, one object's records, one record."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from connectors.base import Entry
from receiver.console.pages.connections.records import PAGE
from receiver.console.views.held_records import choose_columns
from tests.console.browser import click
from tests.console.calls import delivered, newcomer
from tests.console.conftest import SCRIPT
from tests.console.visitor import Visitor
from tests.processes import Running

HELD = "/console/connectors/sandbox/records"


@pytest.fixture(scope="module")
def visitor(running: Running) -> Visitor:
    """Signed in, without a browser."""
    visitor = Visitor(running.url)
    visitor.sign_in()
    return visitor


def test_what_a_crm_would_hold_is_seen_from_the_overview(page: Page) -> None:
    """Each object with its newest records, and what they are linked to; a link leads to it."""
    click(page.get_by_role("link", name="its records"))
    assert page.get_by_role("heading", level=1).inner_text() == "What sandbox holds"
    deals = page.get_by_role("table", name="The newest of deal")
    row = deals.get_by_role("row").filter(has_text="springfield:19").inner_text()
    assert "Order 19: Product, Prod 2" in row
    assert "student@app.com" in row


def test_a_record_has_its_fields_its_links_and_the_events_that_wrote_it(page: Page) -> None:
    """A deal and its contact lead to each other, a field to the event that set it."""
    page.goto(HELD)
    click(page.get_by_role("link", name="springfield:19"))
    fields = page.get_by_role("table", name="All fields of the record").inner_text()
    assert "220" in fields
    assert "dealname" in fields
    events = page.get_by_role("region", name="Events that wrote it")
    assert "order.refunded" in events.inner_text()
    links = page.get_by_role("region", name="Links", exact=True)
    click(links.get_by_role("link", name="student@app.com"))
    assert page.get_by_role("heading", level=1).inner_text() == "student@app.com"
    assert "springfield:19" in page.get_by_role("region", name="Links", exact=True).inner_text()
    click(page.get_by_role("link", name="the event").first)
    assert "/console/events/" in page.url


def test_records_are_found_by_a_part_of_their_key(page: Page) -> None:
    """Several are listed; one whose whole key is given is gone to; nothing is said in words."""
    page.goto(HELD)
    find = page.get_by_role("search", name="contact by key")
    find.get_by_role("searchbox").fill("LEARNER1")
    click(find.get_by_role("button", name="Search"))
    table = page.get_by_role("table", name="Records of contact, the newest first")
    assert "learner10@example.edu" in table.inner_text()
    assert "student@app.com" not in table.inner_text()
    page.get_by_label("Part of the key of a contact").fill("Learner10@example.edu")
    click(page.get_by_role("button", name="Search"))
    assert page.get_by_role("heading", level=1).inner_text() == "learner10@example.edu"
    page.goto(f"{HELD}/contact?q=nobody-of-this-name")
    assert "No key holds “nobody-of-this-name”" in page.get_by_role("main").inner_text()


def test_more_than_a_page_is_turned(running: Running, visitor: Visitor) -> None:
    """Every record is on one page or the next, none on both."""
    for _ in range(PAGE):
        last = delivered(running, newcomer())
    assert last
    seen, address = [], f"{HELD}/contact"
    for _ in range(10):
        text = visitor.get(address).text
        seen += [part.partition('"')[0] for part in text.split(f"{HELD}/contact/record?id=")[1:]]
        _, turned, rest = text.partition('rel="next" href="')
        if not turned:
            break
        address = rest.partition('"')[0].replace("&amp;", "&")
    assert len(seen) == len(set(seen)) > PAGE


def test_what_somebody_wrote_is_text(visitor: Visitor) -> None:
    """A name that is markup is shown as it is."""
    text = visitor.get(f"{HELD}/contact/record?key=hostile@example.edu").text
    assert SCRIPT not in text
    assert "&lt;script&gt;" in text


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/console/connectors/nobody/records", "There is no connector"),
        ("/console/connectors/hubspot/records", "hubspot cannot list its records"),
        (f"{HELD}/unicorn", "sandbox holds no unicorn."),
        (f"{HELD}/contact/record?id=77777", "sandbox holds no contact"),
        (f"{HELD}/contact/record?key=%00", "sandbox holds no contact"),
        (f"{HELD}/contact/record", "No record is named."),
        (f"{HELD}/%ff/record?id=%ff", "sandbox holds no"),
    ],
)
def test_what_is_not_there_is_said_in_words(visitor: Visitor, path: str, says: str) -> None:
    """Whatever the address names."""
    answer = visitor.get(path)
    assert answer.status_code == 404
    assert says in answer.text


def test_a_place_that_is_none(visitor: Visitor) -> None:
    """It is the address that is wrong."""
    assert visitor.get(f"{HELD}/contact?before=yesterday").status_code == 422


def test_columns_are_the_fields_that_most_records_have() -> None:
    """At most four, in the order in which they were written, without what repeats the key."""
    rare = Entry("1", "a", {"rare": 1, "one": 1}, (), 1)
    usual = [
        Entry(str(n), f"k{n}", {"key": f"k{n}", "one": 1, "two": 2, "three": 3, "four": 4}, (), 1)
        for n in range(3)
    ]
    assert choose_columns([rare, *usual]) == ["one", "two", "three", "four"]
    assert choose_columns([]) == []
