"""The list of events: what is found, and how its pages are turned."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from itertools import chain

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.console.browser import click
from tests.console.calls import dead, delivered, newcomer, post, quarantined
from tests.console.conftest import account, at_overview
from tests.console.visitor import Visitor, signed_in_cookie
from tests.processes import Running, gateway, write_config


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A gateway with 120 events, more than two pages."""
    with gateway(write_config(tmp_path_factory.mktemp("crowded"))) as running:
        for number in range(120):
            post(running, "account.created", account(number))
        running.wait_until_delivered()
        yield running


def people(page: Page) -> list[str]:
    page.wait_for_load_state()
    return page.locator("tbody tr a[href*='/console/people']").all_inner_texts()


def test_newest_first_with_their_ways_on(page: Page, running: Running) -> None:
    """Each row says what came and how it stands, and leads to the event and to the person."""
    number = newcomer()
    email = f"learner{number}@example.edu"
    id = dead(running, number)
    page.goto("/console/events")
    row = page.locator("tbody tr").first
    assert {"account.created", "dead", "springfield", email, "1 dead"} <= set(
        row.inner_text().replace("\t", "\n").split("\n")
    )
    click(row.get_by_role("link", name=email))
    assert page.get_by_role("heading", level=1).inner_text() == email
    click(page.get_by_role("link", name="account.created"))
    assert page.url.endswith(f"/console/events/{id}")


def test_a_search_is_an_address(page: Page, running: Running) -> None:
    """What is searched for stands in the address, which shows the same again, with the form filled
    as it was.
    """
    number = newcomer()
    email = f"learner{number}@example.edu"
    dead(running, number)
    delivered(running, number)
    page.goto("/console/events")
    page.get_by_label("Event", exact=True).select_option("account.created")
    page.get_by_label("State", exact=True).select_option("dead")
    page.get_by_label("Source", exact=True).select_option("springfield")
    page.get_by_label("Connector", exact=True).select_option("sandbox")
    page.get_by_label("E-mail").fill(f"Learner{number}@Example.edu ")
    click(page.get_by_role("button", name="Search"))
    assert people(page) == [email]
    address = page.url
    page.goto("/console/events")
    page.goto(address)
    assert people(page) == [email]
    assert page.get_by_label("State", exact=True).input_value() == "dead"
    click(page.get_by_role("link", name="Clear"))
    assert page.url.endswith("/console/events")


def test_times_are_those_of_the_reader(page: Page, running: Running) -> None:
    """The form takes times in the browser's zone, shows them so again, and asks the gateway in
    UTC.
    """
    number = newcomer()
    email = f"learner{number}@example.edu"
    delivered(running, number)
    page.goto(f"/console/events?since=2026-05-04T12:00&person={email}")
    # the browser is in New York
    assert page.get_by_label("From").input_value() == "2026-05-04T08:00"
    assert people(page) == [email]
    page.get_by_label("Before").fill("2026-05-04T09:30")
    click(page.get_by_role("button", name="Search"))
    assert "until=2026-05-04T13%3A30" in page.url
    assert page.get_by_text("Nothing fits this search.").is_visible()


@pytest.mark.parametrize(
    "since", ["2026-01-24T12:00:00.000Z", "2026-01-24T13:00%2B01:00", "2026-01-24"]
)
def test_times_that_a_field_cannot_show_stay(page: Page, since: str) -> None:
    """A link may hold a time with a zone, or a date: searching on keeps it."""
    page.goto(f"/console/events?since={since}")
    hour = "2026-01-23T19:00" if since.endswith("24") else "2026-01-24T07:00"
    assert page.get_by_label("From (America/New_York)").input_value() == hour
    click(page.get_by_role("button", name="Search"))
    assert f"since=2026-01-24T{'00' if since.endswith('24') else '12'}%3A00" in page.url


def test_times_that_a_field_cannot_show_stay_without_a_script(plain_page: Page) -> None:
    """The field shows them in UTC."""
    plain_page.goto("/console/events?since=2026-01-24T13:00:59%2B01:00")
    assert plain_page.get_by_label("From").input_value() == "2026-01-24T12:00"


def test_the_zone_is_told(page: Page, plain_page: Page) -> None:
    """That of the browser, or UTC; and a time fits into its field."""
    page.goto("/console/events")
    assert (
        page.get_by_role("contentinfo")
        .inner_text()
        .startswith("Times are in America/New_York (GMT-0")
    )
    assert (page.get_by_label("From").bounding_box() or {"width": 0})["width"] >= 220
    assert plain_page.get_by_role("contentinfo").inner_text() == "Times are in UTC."


def test_somebody_who_may_be_in_quarantine(page: Page, running: Running) -> None:
    """Where nothing is found of a person, the page says that the calls in quarantine were not
    looked through, and leads there.
    """
    quarantined(running)
    for address in (
        "/console/events?person=nobody@example.edu",
        "/console/people?email=nobody@example.edu",
    ):
        page.goto(address)
        assert (
            "in quarantine, in which nobody is looked up" in page.get_by_role("main").inner_text()
        )
        click(page.get_by_role("link", name="See them"))
        assert page.locator("tbody .badge-quarantined").count() >= 1


def test_pages_are_turned_both_ways(crowded: Running, browser: Browser) -> None:
    """Older leads through all events to the oldest, Newer the same way back; a filter stays on."""
    with at_overview(browser, crowded.url) as page:
        page.goto("/console/events?event=account.created")
        seen = [people(page)]
        while page.get_by_role("link", name="Older").count():
            click(page.get_by_role("link", name="Older"))
            seen.append(people(page))
        assert list(chain.from_iterable(seen)) == [
            f"learner{number}@example.edu" for number in reversed(range(120))
        ]
        for before in reversed(seen[:-1]):
            click(page.get_by_role("link", name="Newer"))
            assert people(page) == before
            assert "event=account.created" in page.url
        assert page.get_by_role("link", name="Newer").count() == 0


def test_without_a_script(plain_page: Page, running: Running) -> None:
    """The form works, and says that its times are UTC."""
    dead(running, 1005)
    plain_page.goto("/console/events")
    assert plain_page.get_by_label("From (UTC)").is_visible()
    plain_page.get_by_label("E-mail").fill("learner1005@example.edu")
    plain_page.get_by_label("From").fill("2026-01-01T00:00")
    click(plain_page.get_by_role("button", name="Search"))
    assert people(plain_page) == ["learner1005@example.edu"]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("since=yesterday", "is no time"),
        ("until=0001-01-01T00:00%2B23:00", "is no time"),
        ("state=lost", "There is no state"),
        ("group=12345678", "There is no group 12345678 any more"),
    ],
)
def test_what_cannot_be_searched_for(running: Running, query: str, says: str) -> None:
    """The page says what is wrong, and keeps what was asked."""
    visitor = Visitor(running.url)
    visitor.sign_in()
    answer = visitor.get(f"/console/events?{query}")
    assert answer.status_code == 422
    assert says in answer.text


@pytest.mark.parametrize(
    "value", ["%00", "%ED%A0%80", "%FF", "%E2%80%AE", "a" * 5000, "-1", "' OR 1=1 --"]
)
@pytest.mark.parametrize("name", ["before", "after", "person", "source", "event", "connector"])
def test_nothing_in_an_address_breaks_the_page(running: Running, name: str, value: str) -> None:
    """Whatever stands there, a list is shown, if an empty one."""
    visitor = Visitor(running.url)
    visitor.sign_in()
    assert visitor.get(f"/console/events?{name}={value}").status_code == 200


def test_what_fits_a_search_is_downloaded(running: Running) -> None:
    """As CSV that no spreadsheet calculates with, and as a line of JSON for each event."""
    visitor = Visitor(running.url, signed_in_cookie(running.url))
    number = newcomer()
    id = delivered(running, number, email=f"=cmd{number}@example.edu")
    for kind in ("csv", "json"):
        asked = f"/console/events/download/{kind}?person==cmd{number}@example.edu"
        answer = visitor.get(asked)
        assert answer.headers["content-disposition"] == f'attachment; filename="events.{kind}"'
        if kind == "csv":
            (row,) = csv.DictReader(answer.text.splitlines())
            assert (row["id"], row["person"]) == (id, f"'=cmd{number}@example.edu")
        else:
            (line,) = [json.loads(one) for one in answer.text.splitlines()]
            assert (line["id"], line["deliveries"]) == (id, {"delivered": 1})
    every = visitor.get("/console/events/download/json").text.splitlines()
    assert len(every) == len(running.admin("/api/events?limit=500")["items"])
    assert visitor.get("/console/events/download/pdf").status_code == 404
    assert Visitor(running.url).get("/console/events/download/csv").status_code == 303


def test_the_list_is_gone_through_by_the_keyboard(page: Page, running: Running) -> None:
    """`j` and `k` go down and up, Enter opens, `r` goes to what replays."""
    delivered(running, newcomer())
    id = delivered(running, newcomer())
    page.goto("/console/events")
    for key in "jjk":
        page.keyboard.press(key)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith(f"/console/events/{id}")
    page.keyboard.press("r")
    assert page.evaluate("document.activeElement.textContent").strip() == "Replay …"


def test_what_arrives_appears_by_itself(browser: Browser, running: Running) -> None:
    """On the first page of the list; nothing is swapped while somebody is at it."""
    with at_overview(browser, running.url) as page:
        page.clock.install()
        page.goto("/console/events")
        id = delivered(running, newcomer())
        page.clock.run_for(6000)
        expect(page.locator("tbody th a").first).to_have_attribute("href", f"/console/events/{id}")
