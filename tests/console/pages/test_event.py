"""The page of one event: what came, what was understood, and its story."""

from __future__ import annotations

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, Page

from receiver.aom import read_sample
from receiver.console.views.story.operator_acts import MOST
from tests.console.browser import click
from tests.console.calls import (
    dead,
    delivered,
    newcomer,
    noted,
    post,
    quarantined,
    story,
    wait_for,
)
from tests.console.conftest import account, at_overview
from tests.console.story_steps import steps
from tests.console.visitor import NO_TLS, Visitor, signed_in_cookie
from tests.fakes.hubspot import FakeHubSpot
from tests.processes import Running, gateway, until, write_config

HUBSPOT = """
[connectors.crm]
type = "hubspot"
access_token = "{token}"
base_url = "{url}"
portal_id = 4711

[[routes]]
name = "to-the-crm"
events = ["account.created"]
connector = "crm"

[[routes.upsert]]
object = "contact"
fields.firstname = "{{{{ person.first_name }}}}"
"""


def test_what_came_beside_what_was_understood(page: Page, running: Running) -> None:
    """The payload stands there as it was sent, and beside it the form that mappings see; above, how
    it was recognised.
    """
    id = delivered(running, 2001, surprise=[1.50, {}])
    page.goto(f"/console/events/{id}")
    raw = page.get_by_role("region", name="As it came").locator("pre").inner_text()
    assert '"surprise": [\n    1.5,\n    {}\n  ]' in raw
    normal = (
        page.get_by_role("region", name="Normal form, as mappings see it")
        .locator("pre")
        .inner_text()
    )
    assert '"date_registered": "2026-03-01T14:30:00-05:00"' in normal
    facts = page.get_by_role("region", name="What it is").inner_text()
    for fact in (
        "New Account Created",
        "by the name in the URL",
        "surprise",
        "used by no schema",
        id,
        "learner2001@example.edu",
    ):
        assert fact in facts


def test_a_disagreement_is_shown(page: Page, running: Running) -> None:
    """Where URL and content say different things."""
    page.goto(f"/console/events/{post(running, 'quiz.submitted', account(2002))}")
    assert "Disagreement" in page.get_by_role("region", name="What it is").inner_text()
    assert "quiz.submitted" in page.get_by_role("region", name="What it is").inner_text()


def test_the_story_of_a_dead_letter(page: Page, running: Running) -> None:
    """When it was tried, how long that took, what was sent and what came back."""
    page.goto(f"/console/events/{dead(running, 2003)}")
    sandbox = page.get_by_role("region", name="sandbox")
    assert "lastname: This name is <b>refused</b>. (INVALID_NAME)" in sandbox.inner_text()
    row = sandbox.locator("li.attempt").first
    assert re.search(r"\d+ ms", row.inner_text())
    assert "INVALID_NAME field lastname" in row.inner_text()
    click(row.locator("summary"))
    assert "Refused" in row.get_by_role("row", name="lastname").inner_text()
    assert steps(page, "sandbox") == ["Queued", "Refused", "Given up: it is a dead letter"]
    assert "sandbox no: dead because lastname: This name is" in answers(page)[0]


def test_what_a_pending_delivery_waits_for(page: Page, running: Running) -> None:
    """Where its connector is paused, that stands there with the reason, and when it tries again. It
    was not tried itself: which account the token leads to is asked before.
    """
    waiting = running.admin("/api/events?state=pending&connector=hubspot")["items"][-1]
    page.goto(f"/console/events/{waiting['id']}")
    hubspot = page.get_by_role("region", name="hubspot").inner_text()
    assert "The connector is paused and tries again at 20" in hubspot
    assert "HubSpot refuses the access token" in hubspot
    assert steps(page, "hubspot")[-1].startswith("Waits for the connector; next try at 20")
    assert any(
        said.startswith("hubspot not yet: it waits because HubSpot refuses the access token")
        for said in answers(page)
    )


def test_the_faults_of_a_call_in_quarantine(page: Page, running: Running) -> None:
    """Each with its place."""
    page.goto(f"/console/events/{quarantined(running)}")
    faults = page.get_by_role("region", name="Why it is in quarantine")
    assert [" ".join(text.split()) for text in faults.locator("tbody tr").all_inner_texts()] == [
        "email is needed and missing"
    ]


def test_a_record_leads_to_the_crm(browser: Browser, tmp_path: Path) -> None:
    """The link goes to the record's page in the CRM, and tells the CRM nothing of where it
    stood.
    """
    with FakeHubSpot() as hubspot:
        config = write_config(tmp_path, HUBSPOT.format(token=hubspot.token, url=hubspot.url))
        with gateway(config) as running, at_overview(browser, running.url) as page:
            id = delivered(running, 1)
            page.goto(f"/console/events/{id}")
            click(page.locator("details.record summary").first)
            link = page.locator("details.record a").first
            assert re.fullmatch(
                r"https://app\.hubspot\.com/contacts/4711/record/0-1/\d+",
                link.get_attribute("href") or "",
            )
            assert "noreferrer" in (link.get_attribute("rel") or "")
            there = "a[href^='https://app.hubspot.com/contacts/4711/record/0-1/']"
            answer = page.get_by_role("region", name="Is it in the CRM?")
            assert answer.locator(there).count() == 1
            page.goto("/console/people?email=learner1@example.edu")
            for region in ("At the connectors", "Records in CRMs"):
                assert page.get_by_role("region", name=region).locator(there).count() == 1


def answers(page: Page) -> list[str]:
    found = page.get_by_role("region", name="Is it in the CRM?").locator("li").all_inner_texts()
    return [" ".join(text.split()) for text in found]


def test_the_story_begins_where_it_came(page: Page, running: Running) -> None:
    """From whom, as what it was recognised, and how long it took; at the top what it has written,
    and which connectors no route leads it to.
    """
    number = newcomer()
    page.goto(f"/console/events/{delivered(running, number)}")
    told = page.get_by_role("region", name="What became of it").locator("> ol > li > .what > .text")
    assert told.all_inner_texts() == [
        "Received from springfield; its URL names account.created",
        "Recognised as account.created by the name in the URL; it holds all that is needed",
    ]
    queued, written, done = steps(page, "sandbox")
    assert (queued, written) == ("Queued", "Written")
    assert re.fullmatch(r"Done, [\d.]+ (ms|s|min) after it was queued", done)
    sandbox, hubspot = answers(page)
    assert sandbox.startswith("sandbox yes: written at 20")
    assert f": contact learner{number}@example.edu as " in sandbox
    assert hubspot == "hubspot not sent there: no route takes account.created of springfield there"


def test_what_an_attempt_changed(page: Page, running: Running) -> None:
    """Of a record that was written before, the fields that differ, before and now; the others are
    folded away.
    """
    number, day = newcomer(), "Mar {}, 2026 02:30 PM"
    delivered(running, number, id=number, date_registered=day.format(1))
    id = delivered(running, number, id=number, date_registered=day.format(2))
    page.goto(f"/console/events/{id}")
    record = page.locator("details.record").first
    assert "(1 of 2 fields changed)" in record.inner_text()
    click(record.locator("summary").first)
    row = record.get_by_role("row", name="registered_at")
    assert row.locator("td").all_inner_texts() == [
        "2026-03-01 14:30:00-05:00",
        "2026-03-02 14:30:00-05:00",
    ]
    assert record.locator("tbody tr:visible").count() == 1
    assert record.get_by_role("row", name="aom_id", include_hidden=True).count() == 1


def test_the_story_of_a_call_that_was_amended(page: Page, running: Running) -> None:
    """Why it was kept aside as it came, who amended it, and that it was queued only then."""
    id, number = quarantined(running), newcomer()
    page.goto(f"/console/events/{id}")
    page.get_by_label("Payload").fill(account(number, id=number).decode())
    click(page.get_by_role("button", name="Check and deliver"))
    wait_for(running, id, "delivered")
    page.goto(f"/console/events/{id}")
    told = page.get_by_role("region", name="What became of it")
    assert told.locator("> ol > li > .what > .text").all_inner_texts() == [
        "Received from springfield; its URL names account.created",
        "Kept in quarantine",
        "Amended by admin",
        "Recognised as account.created by the name in the URL; it holds all that is needed",
    ]
    assert told.locator(".faults li").all_inner_texts() == ["email is needed and missing"]
    times = told.locator("> ol > li > .when time").all()
    received, _, amended, recognised = [one.get_attribute("datetime") for one in times]
    assert (received or "") < (amended or "") <= (recognised or "")


def test_a_write_of_many_events(page: Page, running: Running) -> None:
    """Only what the event itself wanted written is shown, and with how many others it was
    written.
    """
    email, order = (
        f"folded{newcomer()}@example.edu",
        json.loads(read_sample("order.placed") or b"{}"),
    )
    numbers = [newcomer() for _ in range(30)]
    ids = [
        post(running, "order.placed", json.dumps(of(order, email, number)).encode())
        for number in numbers
    ]
    for id in ids:
        wait_for(running, id, "delivered")
    found = {id: story(running, id)["deliveries"][0]["attempts"][-1]["others"] for id in ids}
    id, others = max(found.items(), key=lambda one: one[1])
    assert others > 3
    page.goto(f"/console/events/{id}")
    keys = page.locator("details.record > summary").all_inner_texts()
    assert [key.partition(" (")[0] for key in keys] == [
        f"contact {email}: saved",
        f"deal springfield:{numbers[ids.index(id)]}: saved",
    ]
    assert keys[1].endswith("(new record)")
    assert page.get_by_text(f"with {others} others of this person").is_visible()
    click(page.get_by_role("link", name="As it came"))
    assert page.url.endswith("#raw")


def of(order: dict[str, Any], email: str, number: int) -> dict[str, Any]:
    return {**order, "id": number, "customer": {**order["customer"], "id": number, "email": email}}


def test_an_event_of_many_people(page: Page, running: Running) -> None:
    """How many deliveries are in which state; the dead ones first, however late their people stand
    in it; the rest folded away.
    """
    number = newcomer()
    enrolment = json.loads(read_sample("course.enrolled") or b"{}")
    people = [
        {
            "id": n,
            "name": "x",
            "last_name": "Refused" if n == 209 else "Fine",
            "email": f"{number}-{n}@example.edu",
        }
        for n in range(210)
    ]
    id = wait_for(
        running,
        post(running, "course.enrolled", json.dumps({**enrolment, "userList": people}).encode()),
        "dead",
    )
    until(
        lambda: story(running, id)["counts"]["sandbox"].get("delivered") == 209,
        "all others have got it",
    )
    page.goto(f"/console/events/{id}")
    sandbox = page.get_by_role("region", name="sandbox")
    assert "1 dead, 209 delivered. Shown are 200" in sandbox.inner_text()
    assert f"{number}-209@example.edu" in sandbox.locator("article").first.inner_text()
    assert sandbox.locator("article:visible").count() == 20
    assert sandbox.get_by_text("180 more deliveries").is_visible()
    assert sandbox.locator("ol.timeline:visible").count() == 1  # of the dead one
    assert answers(page)[0].startswith("sandbox 1 dead, 209 delivered, the first because lastname")
    assert "and 190 more" in page.get_by_role("region", name="What it is").inner_text()
    click(page.get_by_role("button", name="Discard …").first)
    question = page.get_by_role("main").inner_text()
    assert f"sandbox does not get it for {number}-209@example.edu." in question
    assert "more." not in question


def test_a_large_payload(page: Page, running: Running) -> None:
    """Its beginning, with a way to all of it."""
    id = delivered(running, newcomer(), essay="lorem " * 50_000, last_word="the end of it")
    page.goto(f"/console/events/{id}")
    assert len(page.content()) < 300_000
    assert "the end of it" not in page.content()
    click(page.get_by_role("region", name="As it came").get_by_role("link", name="Show all of it"))
    assert page.url.endswith("?whole=yes#raw")
    assert "the end of it" in page.content()


def test_a_large_page_holds_nobody_up(running: Running) -> None:
    """Others are answered while it is made: nobody waits for most of the time that it takes."""
    id = delivered(running, newcomer(), essay=[7] * 200_000)
    visitor = Visitor(running.url, signed_in_cookie(running.url))
    with (
        ThreadPoolExecutor() as pool,
        httpx.Client(verify=NO_TLS, trust_env=False, timeout=30) as http,
    ):
        began, waits = time.monotonic(), []
        page = pool.submit(visitor.get, f"/console/events/{id}?whole=yes")
        while not page.done():
            asked = time.monotonic()
            http.get(f"{running.url}/healthz")
            waits.append(time.monotonic() - asked)
        took = time.monotonic() - began
    assert page.result().status_code == 200
    assert max(waits) < took / 2


def test_what_is_not_there(running: Running) -> None:
    """An event or a delivery that does not exist is said so."""
    id = dead(running, 2010)
    visitor = Visitor(running.url)
    visitor.sign_in()
    for missing in ("0" * 32, "%00", "..%2F", "%ED%A0%80"):
        assert visitor.get(f"/console/events/{missing}").status_code == 404
    visitor.get(f"/console/events/{id}")
    answer = visitor.post(f"/console/events/{id}/discard", {"delivery": "1", "confirmed": "yes"})
    assert answer.status_code == 404
    assert story(running, id)["state"] == "dead"


def test_acts_that_are_not_looked_at_are_spoken_of(tmp_path: Path) -> None:
    """With the way to all of them; where all were looked at nothing is said."""
    with gateway(write_config(tmp_path)) as running:
        id = delivered(running, 1)
        visitor = Visitor(running.url, signed_in_cookie(running.url))
        noted(running, id, MOST)
        assert "may be missing here" not in visitor.get(f"/console/events/{id}").text
        noted(running, id, 1)
        text = visitor.get(f"/console/events/{id}").text
        assert "What operators did before" in text
        assert "may be missing here" in text
