"""The search box: from whatever somebody has in hand to its page."""

from __future__ import annotations

import json

from playwright.sync_api import Page, expect

from receiver.aom import read_sample
from tests.console.calls import delivered, newcomer, wait_for
from tests.console.calls import post as call
from tests.console.conftest import account
from tests.processes import Running


def order(running: Running, id: int, status: str = "COMPLETED") -> str:
    """An order of AOM's sample with this id; returns the id of its event once it is delivered."""
    body = json.loads(read_sample("order.placed") or b"{}")
    body |= {"id": id, "status": status}
    return wait_for(running, call(running, "order.placed", json.dumps(body).encode()), "delivered")


def search(page: Page, text: str) -> None:
    """From wherever the page is, by the keyboard alone."""
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search by anything")).to_be_focused()
    page.keyboard.type(text)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_an_order_leads_to_its_events_and_records(page: Page, running: Running) -> None:
    """By its id or its record's key, from any page, to all of its events and the record in the
    CRM.
    """
    id = newcomer()
    events = [order(running, id), order(running, id, "REFUNDED")]
    for address, text in (("/console", f"springfield:{id}"), ("/console/set-up", f" {id} ")):
        page.goto(address)
        search(page, text)
        assert page.url.endswith(f"/console/events?key=springfield%3A{id}")
        records = page.get_by_role("region", name="Records of")
        assert records.get_by_role("row").count() == 2  # with the head
        assert f"springfield:{id}" in records.inner_text()
        found = page.get_by_role("region", name="Events found").locator("tbody th a")
        assert [one.get_attribute("href") for one in found.all()] == [
            f"/console/events/{event}" for event in reversed(events)
        ]
    assert [one["id"] for one in running.admin(f"/api/events?key={id}")["items"]] == events[::-1]


def test_an_address_or_its_beginning_leads_to_the_person(page: Page, running: Running) -> None:
    """Straight there where nobody else fits, and to an event by its id."""
    number = newcomer()
    id = delivered(running, number)
    for text in (f"LEARNER{number}@example.edu", f"learner{number}@"):
        page.goto("/console")
        search(page, text)
        assert page.url.endswith(f"/console/people?email=learner{number}%40example.edu")
    search(page, id)
    assert page.url.endswith(f"/console/events/{id}")


def test_several_are_listed_by_kind(page: Page, running: Running) -> None:
    """With what each is, and its page in the CRM where there is one."""
    delivered(running, newcomer()), delivered(running, newcomer())
    page.goto("/console")
    search(page, "learner1005")
    people = page.get_by_role("region", name="People whose address begins so")
    assert people.get_by_role("link").count() >= 2


def test_nothing_found_says_what_can_be_searched_for(page: Page) -> None:
    page.goto("/console")
    search(page, "<b>nobody</b>")
    assert "Nothing is known by <b>nobody</b>." in page.locator("main").inner_text()
    assert page.get_by_role("searchbox", name="Search by anything").input_value() == "<b>nobody</b>"


def test_a_slash_is_a_slash_where_somebody_writes(page: Page) -> None:
    """The key does nothing else in a field."""
    page.goto("/console/events")
    page.get_by_label("E-mail").fill("")
    page.get_by_label("E-mail").press("/")
    assert page.get_by_label("E-mail").input_value() == "/"


def test_without_javascript(plain_page: Page) -> None:
    """It is a form like any other."""
    plain_page.goto("/console")
    plain_page.get_by_role("searchbox", name="Search by anything").fill("learner10@example.edu")
    plain_page.get_by_role("searchbox", name="Search by anything").press("Enter")
    plain_page.wait_for_url("**/console/people?email=learner10%40example.edu")


def test_a_name_leads_to_the_events_in_which_it_stands(page: Page, running: Running) -> None:
    """It is in no index, so that the newest events are read for it; so is a part of an address."""
    number = newcomer()
    name = f"Wilhelmina{number}"
    id = call(running, "account.created", account(number, first_name=name))
    for text in (name.lower(), f"ner{number}@exam"):
        page.goto("/console")
        search(page, text)
        found = page.get_by_role("region", name="Events in which it stands")
        assert [one.get_attribute("href") for one in found.locator("tbody th a").all()] == [
            f"/console/events/{id}"
        ]
    page.goto(f"/console/search?q={name}&before={id}")
    assert "Nor does it stand in any" in page.locator("main").inner_text()


def test_a_search_for_nothing_says_what_can_be_searched_for(page: Page) -> None:
    """Whoever opens the page without having asked."""
    page.goto("/console/search")
    assert "any text that came" in page.locator("main").inner_text()
