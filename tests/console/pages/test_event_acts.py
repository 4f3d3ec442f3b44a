"""What can be done about an event on its page."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.console.browser import click
from tests.console.calls import (
    dead,
    delivered,
    mended,
    newcomer,
    post,
    quarantined,
    story,
    wait_for,
)
from tests.console.conftest import account, at_overview
from tests.console.story_steps import steps
from tests.console.visitor import Visitor
from tests.processes import Running, until


def test_replay(page: Page, running: Running) -> None:
    """After a question with the numbers it is delivered again; a page says so and follows it."""
    id = delivered(running, 2005)
    page.goto(f"/console/events/{id}")
    click(page.get_by_role("button", name="Replay"))
    assert page.get_by_role("heading", level=1).inner_text() == "Replay 1 delivery?"
    assert len(story(running, id)["deliveries"][0]["attempts"]) == 1
    click(page.get_by_role("button", name="Replay"))
    assert page.get_by_role("status").inner_text() == "1 delivery replayed."
    until(
        lambda: len(story(running, id)["deliveries"][0]["attempts"]) == 2, "it was delivered again"
    )
    wait_for(running, id, "delivered")
    came = page.get_by_role("region", name="What came of it")
    expect(came.get_by_role("link", name="1 delivery delivered")).to_be_visible()
    click(page.get_by_role("region", name="Its events").get_by_role("link").first)
    expect(page.locator("li.attempt")).to_have_count(2)
    assert steps(page, "sandbox") == [
        "Queued",
        "Attempt 1: written",
        "Replayed by admin",
        "Attempt 2: written",
        "Done",
    ]


def test_discard_asks_first(page: Page, running: Running) -> None:
    """Whoever goes back has changed nothing; whoever confirms has discarded it."""
    id = dead(running, 2006)
    page.goto(f"/console/events/{id}")
    click(page.get_by_role("button", name="Discard"))
    assert page.get_by_role("heading", level=1).inner_text() == "Discard this event?"
    click(page.get_by_role("link", name="Leave it as it is"))
    assert story(running, id)["state"] == "dead"
    click(page.get_by_role("button", name="Discard"))
    click(page.get_by_role("button", name="Discard"))
    assert page.get_by_role("status").inner_text() == "1 delivery discarded."
    assert story(running, id)["state"] == "discarded"


def test_one_delivery_of_several(plain_page: Page, running: Running) -> None:
    """Where an event has several, each can be discarded alone; without a script, too."""
    both = account(
        2007,
        quiz={"id": 1, "name": "Quiz"},
        course={"id": 2, "name": "Course"},
        date_submitted="Mar 1, 2026 02:30 PM",
    )
    id = post(running, "quiz.submitted", both)
    until(
        lambda: (
            {one["state"] for one in story(running, id)["deliveries"]} == {"pending", "delivered"}
        ),
        "one is delivered",
    )
    plain_page.goto(f"/console/events/{id}")
    click(plain_page.get_by_role("button", name="Discard … the delivery to hubspot"))
    click(plain_page.get_by_role("button", name="Discard"))
    assert {one["connector"]: one["state"] for one in story(running, id)["deliveries"]} == {
        "sandbox": "delivered",
        "hubspot": "discarded",
    }


def test_a_call_in_quarantine_is_checked_again(plain_page: Page, running: Running) -> None:
    """What has faults still stays; the page says so."""
    id = quarantined(running)
    plain_page.goto(f"/console/events/{id}")
    click(plain_page.get_by_role("button", name="Check again"))
    assert plain_page.get_by_role("status").inner_text() == "0 calls accepted; 1 still has faults."
    click(plain_page.get_by_role("button", name="Discard"))
    click(plain_page.get_by_role("button", name="Discard"))
    assert story(running, id)["state"] == "discarded"


def test_a_call_in_quarantine_is_edited_and_delivered(browser: Browser, running: Running) -> None:
    """With faults it stays, with the reasons and what was written; without any it is delivered, and
    as it came it can still be read.
    """
    id, number = quarantined(running), newcomer()
    with at_overview(browser, running.url, expected=("422",)) as page:
        page.goto(f"/console/events/{id}")
        payload = page.get_by_label("Payload")
        as_it_came = json.loads(payload.input_value())
        payload.fill('{"id": 9}')
        page.get_by_role("combobox", name="What it is").select_option("account.created")
        click(page.get_by_role("button", name="Check and deliver"))
        assert "is needed and missing" in page.get_by_role("region", name="Amend it").inner_text()
        assert (payload.input_value(), story(running, id)["state"]) == ('{"id": 9}', "quarantined")
        assert page.get_by_role("combobox", name="What it is").input_value() == "account.created"
        payload.fill(
            json.dumps({**as_it_came, "email": f"amended{number}@example.edu", "id": number})
        )
        click(page.get_by_role("button", name="Check and deliver"))
        assert page.get_by_role("status").inner_text() == "Accepted as account.created."
        wait_for(running, id, "delivered")
        assert story(running, id)["deliveries"][0]["person"] == f"amended{number}@example.edu"
        original = page.get_by_role("region", name="As it came, before it was amended")
        assert json.loads(original.locator("pre").inner_text()) == as_it_came
        page.goto("/console/audit?what=amend")
        assert "Accepted as account.created." in page.get_by_role("main").inner_text()


def test_a_discarded_call_can_be_checked_again(page: Page, running: Running) -> None:
    """As the question before discarding it says.

    With faults it stays discarded; understood, it is delivered.
    """
    id = quarantined(running)
    page.goto(f"/console/events/{id}")
    click(page.get_by_role("button", name="Discard"))
    assert "can be checked again on its page" in page.get_by_role("main").inner_text()
    click(page.get_by_role("button", name="Discard"))
    click(page.get_by_role("button", name="Check again"))
    assert page.get_by_role("status").inner_text() == "0 calls accepted; 1 still has faults."
    assert story(running, id)["state"] == "discarded"
    mended(running, id, account(newcomer(), id=newcomer()))
    click(page.get_by_role("button", name="Check again"))
    assert page.get_by_role("status").inner_text() == "1 call accepted; 0 still have faults."
    wait_for(running, id, "delivered")


@pytest.mark.parametrize("action", ["replay", "discard", "revalidate"])
def test_no_action_for_a_forged_form(running: Running, action: str) -> None:
    """Without the token of the session nothing is done."""
    id = dead(running, 2009, first_name=action)
    visitor = Visitor(running.url)
    visitor.sign_in()
    for token in ("", "forged"):
        assert (
            visitor.post(
                f"/console/events/{id}/{action}", {"confirmed": "yes"}, csrf=token
            ).status_code
            == 403
        )
    assert story(running, id)["state"] == "dead"
