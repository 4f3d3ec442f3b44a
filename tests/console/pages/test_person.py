"""The page of a person, and their wish to be forgotten."""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from receiver.aom import read_sample
from tests.console.browser import click
from tests.console.calls import dead, delivered, newcomer, post, wait_for
from tests.console.conftest import at_overview
from tests.console.visitor import Visitor, signed_in_cookie
from tests.processes import Running, gateway, write_config


def test_what_is_known_of_them(page: Page, running: Running) -> None:
    """How they stand at each connector, their records, and their events with the newest first."""
    number = newcomer()
    first = delivered(running, number)
    second = delivered(running, number, first_name="Augusta")
    page.goto(f"/console/people?email=Learner{number}@example.edu")
    lanes = page.get_by_role("region", name="At the connectors").locator("tbody tr")
    (text,) = lanes.all_inner_texts()
    assert re.fullmatch(
        r"sandbox up to date contact \d+ 0 0 not failing running", " ".join(text.split())
    )
    records = page.get_by_role("region", name="Records in CRMs").inner_text()
    assert "contact" in records
    assert f"learner{number}@example.edu" in records
    links = page.get_by_role("region", name="Events").locator("ol > li .text a")
    assert [(one.get_attribute("href") or "").rpartition("/")[2] for one in links.all()] == [
        second,
        first,
    ]


def test_an_event_of_many_stands_as_it_is_for_them(page: Page, running: Running) -> None:
    """Whatever became of it for the others."""
    number, enrolment = newcomer(), json.loads(read_sample("course.enrolled") or b"{}")
    people = [
        {
            "id": 10 * number,
            "name": "x",
            "last_name": "Refused",
            "email": f"bad{number}@example.edu",
        },
        {
            "id": 10 * number + 1,
            "name": "x",
            "last_name": "Fine",
            "email": f"good{number}@example.edu",
        },
    ]
    body = json.dumps({**enrolment, "userList": people}).encode()
    wait_for(running, post(running, "course.enrolled", body), "dead")
    told = {}
    for who in ("bad", "good"):
        page.goto(f"/console/people?email={who}{number}@example.edu")
        told[who] = page.get_by_role("region", name="Events").locator("ol > li").inner_text()
    assert "dead sandbox" in told["bad"]
    assert "This name is <b>refused</b>." in told["bad"]
    assert "delivered sandbox" in told["good"]
    assert "with 1 other person" in told["good"]


def test_nobody_is_up_to_date_of_whom_something_is_dead(page: Page, running: Running) -> None:
    """The page says that something is missing, and leads to it."""
    number = newcomer()
    id = dead(running, number)
    page.goto(f"/console/people?email=learner{number}@example.edu")
    row = page.get_by_role("region", name="At the connectors").locator("tbody tr")
    assert "something is missing" in row.inner_text()
    click(row.get_by_role("link", name="1"))
    links = page.locator("tbody th a")
    assert [one.get_attribute("href") for one in links.all()] == [f"/console/events/{id}"]


def test_their_profile_at_each_site(browser: Browser, tmp_path: Path) -> None:
    """Orders with their money, courses and what was handed in, where a mapping counts them."""
    counting = """
    [connectors.sandbox]
    type = "sandbox"
    [[routes]]
    name = "counts"
    events = ["order.*"]
    connector = "sandbox"
    [[routes.upsert]]
    object = "contact"
    fields.orders = "{{ profile.order_count }}"
    """
    with gateway(write_config(tmp_path, textwrap.dedent(counting))) as running:
        body = json.loads(read_sample("order.placed") or b"{}")
        wait_for(running, post(running, "order.placed", json.dumps(body).encode()), "delivered")
        (event,) = running.admin("/api/events")["items"]
        with at_overview(browser, running.url) as page:
            page.goto(f"/console/people?email={event['person']}")
            profile = page.get_by_role("region", name="Profile at springfield").inner_text()
            assert "1 paid, " in profile
            assert "0 quizzes" in profile


def test_somebody_with_very_many_records(page: Page, running: Running) -> None:
    """The events come first, the records after them, most of them folded away; forgetting tells how
    many there are, and of what.
    """
    number = newcomer()
    email, order = f"buyer{number}@example.edu", json.loads(read_sample("order.placed") or b"{}")
    for _ in range(60):
        customer = {**order["customer"], "id": number, "email": email}
        id = post(
            running,
            "order.placed",
            json.dumps({**order, "id": newcomer(), "customer": customer}).encode(),
        )
    wait_for(running, id, "delivered")
    page.goto(f"/console/people?email={email}")
    assert page.locator("h2").all_inner_texts() == [
        "At the connectors",
        "Events",
        "Records in CRMs",
    ]
    records = page.get_by_role("region", name="Records in CRMs")
    assert records.locator("tbody tr:visible").count() == 20
    click(records.get_by_text("41 more records"))
    assert records.locator("tbody tr:visible").count() == 61
    click(page.get_by_role("link", name="Older"))
    assert page.url.endswith("#events")
    click(page.get_by_role("link", name="Forget this person"))
    question = page.get_by_role("main")
    assert "at sandbox: deal, 60 records" in question.inner_text()
    assert question.locator("details li:visible").count() == 0
    assert "in quarantine" in question.inner_text()


def test_a_connector_that_is_paused(page: Page, running: Running) -> None:
    """Is said to be, with the reason: what waits for this person does not wait for them alone."""
    waiting = running.admin("/api/events?state=pending&connector=hubspot")["items"][0]
    page.goto(f"/console/people?email={waiting['person']}")
    row = (
        page.get_by_role("region", name="At the connectors")
        .locator("tbody tr", has_text="hubspot")
        .inner_text()
    )
    assert "paused" in row
    assert "HubSpot refuses the access token" in row


def test_forgetting_reaches_into_the_quarantine(page: Page, running: Running) -> None:
    """As the question says: a call in which the address stands goes, too."""
    email = f"aside{newcomer()}@example.edu"
    id = post(running, "account.created", json.dumps({"id": newcomer(), "mail": email}).encode())
    page.goto(f"/console/people?email={email}")
    click(page.get_by_role("link", name="Forget this person"))
    assert "Those in which this address stands go too" in page.get_by_role("main").inner_text()
    click(page.get_by_role("button", name="Forget this person"))
    assert page.get_by_role("status").inner_text() == "Erased: 1 event that was theirs alone."
    visitor = Visitor(running.url, signed_in_cookie(running.url))
    assert visitor.get(f"/console/events/{id}").status_code == 404


def test_an_address_with_anything_in_it(page: Page, running: Running) -> None:
    """Signs that mean something in an address are carried along safely, from the list to the page
    and to the question.
    """
    email = "ada+a&b=c%2f#x?y/z@example.edu"
    delivered(running, 3002, email=email)
    page.goto("/console/events")
    click(page.get_by_role("link", name=email).first)
    assert page.get_by_role("heading", level=1).inner_text() == email
    click(page.get_by_role("link", name="Forget this person"))
    assert page.get_by_role("heading", level=1).inner_text() == f"Forget {email}?"
    assert page.locator("input[name=email]").input_value() == email


def test_somebody_unknown(page: Page) -> None:
    """Is said to be unknown; another can be looked up."""
    page.goto("/console/people?email=nobody@example.edu")
    assert page.get_by_text("Nothing is known of this address.").is_visible()
    click(page.get_by_role("link", name="Look up another"))
    page.get_by_label("E-mail address").fill("learner10@example.edu")
    click(page.get_by_role("button", name="Look up"))
    assert page.get_by_role("heading", level=1).inner_text() == "learner10@example.edu"


def forget(page: Page, running: Running, number: int) -> None:
    email = f"learner{number}@example.edu"
    alone = delivered(running, number)
    enrolment = json.loads(read_sample("course.enrolled") or b"")
    enrolment["userList"] = [
        {"id": number, "first_name": "Ada", "last_name": "Gone", "email": email},
        {
            "id": 3000 + number,
            "first_name": "Ben",
            "last_name": "Stays",
            "email": f"ben{number}@example.edu",
        },
    ]
    shared = wait_for(
        running, post(running, "course.enrolled", json.dumps(enrolment).encode()), "delivered"
    )
    page.goto(f"/console/people?email={email}")
    click(page.get_by_role("link", name="Forget this person"))
    question = page.get_by_role("main").inner_text()
    for said in (
        "This cannot be undone",
        "at sandbox: contact",
        "backups of the store",
        "every payload is looked through",
    ):
        assert said in question
    click(page.get_by_role("button", name="Forget this person"))
    told = page.get_by_role("status").inner_text()
    assert "1 event that was theirs alone" in told
    assert "1 event that goes on without them" in told
    visitor = Visitor(running.url)
    visitor.sign_in()
    assert visitor.get(f"/console/events/{alone}").status_code == 404
    left = visitor.get(f"/console/events/{shared}").text
    assert email not in left
    assert f"ben{number}@example.edu" in left
    page.goto(f"/console/people?email={email}")
    assert page.get_by_text("Nothing is known of this address.").is_visible()


def test_forgetting(page: Page, running: Running) -> None:
    """The page says first what goes and what is outside reach; then what was removed.

    Others of a shared event keep theirs.
    """
    forget(page, running, newcomer())


def test_forgetting_in_the_crms_too(page: Page, running: Running) -> None:
    """The plan comes first, with what is left to people; then both are told.

    Asked without, no CRM is.
    """
    number = newcomer()
    delivered(running, number)
    page.goto(f"/console/people/forget?email=learner{number}@example.edu")
    assert "would" not in page.get_by_role("main").inner_text()
    click(page.get_by_role("link", name="Plan to erase them from the CRMs too"))
    question = page.get_by_role("main").inner_text()
    assert "sandbox, records: this connector cannot erase: look in the CRM itself" in question
    assert "hubspot" in question
    click(page.get_by_role("button", name="Forget this person, in the CRMs too"))
    told = page.get_by_role("status").inner_text()
    assert "hubspot" in told
    assert "This gateway keeps what it knows of them" in told
    assert running.admin(f"/api/people/learner{number}@example.edu")["records"]


def test_forgetting_without_a_script(plain_page: Page, running: Running) -> None:
    """The same forms."""
    forget(plain_page, running, newcomer())


def test_no_forgetting_for_a_forged_form(running: Running) -> None:
    """Nor for what is no address."""
    delivered(running, 3005)
    visitor = Visitor(running.url)
    visitor.sign_in()
    assert (
        visitor.post(
            "/console/people/forget", {"email": "learner3005@example.edu"}, csrf=""
        ).status_code
        == 403
    )
    visitor.get("/console/people")
    for wrong in ("", "example.edu", "@"):
        assert visitor.post("/console/people/forget", {"email": wrong}).status_code == 422
    assert (
        "learner3005@example.edu"
        in visitor.get("/console/people?email=learner3005@example.edu").text
    )
    assert running.admin("/api/people/learner3005@example.edu")["records"]


@pytest.mark.parametrize(
    "email", ["%00", "%ED%A0%80", "a" * 5000, "%E2%80%AE@x", "=HYPERLINK(%22x%22)"]
)
def test_nothing_in_an_address_breaks_the_page(running: Running, email: str) -> None:
    """Whatever is asked for is unknown, and no more."""
    visitor = Visitor(running.url)
    visitor.sign_in()
    assert visitor.get(f"/console/people?email={email}").status_code == 200
