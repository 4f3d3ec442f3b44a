"""What needs attention: found by its reason, and mended."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.console.browser import click
from tests.console.calls import ask, dead, mended, newcomer, post, quarantined, story
from tests.console.conftest import account, at_overview
from tests.console.visitor import Visitor
from tests.processes import SANDBOX, Running, gateway, until, write_config

REFUSING = (
    SANDBOX
    + """
[[connectors.sandbox.refuse]]
object = "contact"
field = "lastname"
value = "One"
code = "FIRST"
message = "This is the first reason."

[[connectors.sandbox.refuse]]
object = "contact"
field = "lastname"
value = "Two"
code = "SECOND"
message = "This is the second reason."
"""
)
MISTAKEN = """
[connectors.crm]
type = "sandbox"
[[connectors.crm.refuse]]
object = "contact"
field = "rank"
pattern = "^ *$"
code = "INVALID_OPTION"
message = "'' is no option"

[[routes]]
name = "accounts"
events = ["account.created"]
connector = "crm"

[[routes.upsert]]
object = "contact"
fields.firstname = "{{ person.first_name }}"
fields.rank = " "
"""


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with gateway(write_config(tmp_path_factory.mktemp("refusing"), REFUSING)) as running:
        yield running


@pytest.fixture
def running(refusing: Running) -> Running:
    """A gateway with three dead letters of one reason, one of another, and two calls in quarantine,
    whatever it had before.
    """
    for what in ("/api/discard", "/api/quarantine/discard"):
        ask(refusing, what, {"source": "springfield"})
    for number, name in enumerate(("One", "Two", "One", "One")):
        post(refusing, "account.created", account(number, id=newcomer(), last_name=name))
    for _ in range(2):
        quarantined(refusing)
    until(lambda: counts(refusing) == (4, 2), "all are refused")
    return refusing


def headings(page: Page) -> list[str]:
    return page.locator("article h3").all_inner_texts()


def counts(running: Running) -> tuple[int, int]:
    status = running.admin("/api/status")
    return status["dead"], status["quarantined"]


def offers(page: Page, button: str) -> bool:
    """Whether the page has the button by now: its numbers may be a second old."""
    page.goto("/console/attention")
    return page.get_by_role("button", name=button, include_hidden=True).count() == 1


def test_groups_by_their_reasons(page: Page) -> None:
    """The largest first, or the newest; each with its number, an example, and its events."""
    page.goto("/console/attention")
    first, second = (
        "lastname: This is the first reason. (FIRST)",
        "lastname: This is the second reason. (SECOND)",
    )
    assert headings(page) == [first, second, "email: is needed and missing"]
    group = page.get_by_role("article", name=first)
    assert group.locator(".count").inner_text().split()[0] == "3"
    click(group.get_by_role("link", name="Example"))
    assert page.get_by_text(first).first.is_visible()
    page.goto("/console/attention")
    click(page.get_by_role("article", name=first).get_by_role("link", name="Events"))
    assert page.locator("tbody tr").count() == 3
    assert page.get_by_text(first).is_visible()


def test_the_newest_first(browser: Browser, running: Running) -> None:
    """A group that got one more since stands before a larger one."""
    dead(running, 9, last_name="Two")
    with at_overview(browser, running.url) as page:
        page.goto("/console/attention")
        click(page.get_by_role("link", name="newest first"))
        assert headings(page)[0] == "lastname: This is the second reason. (SECOND)"


def open_group(page: Page, reason: str) -> None:
    page.goto("/console/attention")
    click(page.get_by_role("article", name=reason).get_by_role("link", name="group").first)


def test_one_or_several_of_a_group(page: Page, running: Running) -> None:
    """Only what is ticked is discarded, after a question; with nothing ticked nothing happens."""
    open_group(page, "first reason")
    click(page.get_by_role("button", name="Discard the ticked ones"))
    assert page.get_by_role("status").inner_text() == "Nothing was ticked, so nothing was done."
    page.get_by_role("checkbox", name="learner0@example.edu").check()
    page.get_by_role("checkbox", name="learner3@example.edu").check()
    click(page.get_by_role("button", name="Discard the ticked ones"))
    assert page.get_by_role("heading", level=1).inner_text() == "Discard 2 of 3 deliveries?"
    click(page.get_by_role("button", name="Discard"))
    assert page.get_by_role("status").inner_text() == "2 deliveries discarded."
    assert counts(running) == (2, 2)
    people = {one["person"] for one in running.admin("/api/events?state=dead")["items"]}
    assert people == {"learner1@example.edu", "learner2@example.edu"}


def test_a_whole_group(page: Page, running: Running) -> None:
    """A question says how many; the other groups stay."""
    open_group(page, "first reason")
    click(page.get_by_role("button", name="Discard all 3"))
    assert page.get_by_role("heading", level=1).inner_text() == "Discard all 3 deliveries?"
    click(page.get_by_role("button", name="Discard"))
    assert page.get_by_role("status").inner_text() == "3 deliveries discarded."
    assert counts(running) == (1, 2)


def test_the_quarantine(browser: Browser, running: Running) -> None:
    """Without a script: checked again as a whole, and discarded in part."""
    with at_overview(browser, running.url, javascript=False) as page:
        page.goto("/console/attention")
        click(page.get_by_role("button", name="Check all again"))
        assert page.get_by_role("status").inner_text() == "0 calls accepted; 2 still have faults."
        open_group(page, "email: is needed and missing")
        page.get_by_role("checkbox").first.check()
        click(page.get_by_role("button", name="Discard the ticked ones"))
        click(page.get_by_role("button", name="Discard"))
        assert page.get_by_role("status").inner_text() == "1 call discarded."
        assert counts(running) == (4, 1)
        open_group(page, "email: is needed and missing")
        page.get_by_role("checkbox").first.check()
        click(page.get_by_role("button", name="Check the ticked ones again"))
        assert page.get_by_role("status").inner_text() == "0 calls accepted; 1 still has faults."


def test_a_whole_group_is_checked_again(page: Page, running: Running) -> None:
    """All of it, and nothing else; on the page all can be ticked at once."""
    ids = [one["id"] for one in running.admin("/api/events?state=quarantined")["items"]]
    other = post(running, "account.created", b"no JSON %d" % newcomer())
    for id in (*ids, other):
        mended(running, id, account(newcomer(), id=newcomer()))
    open_group(page, "email: is needed and missing")
    page.get_by_label("Tick all on this page").check()
    assert all(box.is_checked() for box in page.locator("tbody input[type=checkbox]").all())
    page.get_by_label("Tick all on this page").uncheck()
    assert not any(box.is_checked() for box in page.locator("tbody input[type=checkbox]").all())
    click(page.get_by_role("button", name="Check all 2 again"))
    assert page.get_by_role("status").inner_text() == "2 calls accepted; 0 still have faults."
    assert {story(running, id)["state"] for id in ids} <= {"pending", "delivered"}
    assert story(running, other)["state"] == "quarantined"


def test_more_groups_than_a_page_holds(running: Running, browser: Browser) -> None:
    """The page says how many there are, and leads to the others; each has its own page."""
    for number in range(103):
        post(running, "account.created", b" " * (number + 10) + b"no JSON")
    with at_overview(browser, running.url) as page:
        page.goto("/console/attention?by=newest")
        quarantine = page.get_by_role("region", name="In quarantine")
        assert quarantine.get_by_text("Groups 1 to 100 of 104.").is_visible()
        assert "column 114" in headings(page)[2]
        click(quarantine.get_by_role("link", name="More groups"))
        assert quarantine.get_by_text("Groups 101 to 104 of 104.").is_visible()
        assert headings(page)[-1] == "email: is needed and missing"
        click(page.get_by_role("link", name="Check again or discard").first)
        assert page.get_by_role("button", name="Check all 1 again").is_visible()
        page.go_back()
        click(page.get_by_role("link", name="Groups before"))
        assert page.get_by_role("article").count() == 102


def test_all_that_is_dead_at_a_connector(page: Page, running: Running) -> None:
    """Whatever it died of: replayed, or discarded after a question."""
    until(lambda: offers(page, "Replay all 4 at sandbox"), "all four are offered")
    click(page.get_by_text("All that is dead at a connector"))
    click(page.get_by_role("button", name="Replay all 4 at sandbox"))
    click(page.get_by_role("button", name="Replay"))
    assert page.get_by_role("status").inner_text() == "4 deliveries replayed."
    until(lambda: counts(running) == (4, 2), "all are dead again")
    page.goto("/console/attention")
    until(lambda: offers(page, "Discard all 4 at sandbox"), "all four are offered again")
    click(page.get_by_text("All that is dead at a connector"))
    click(page.get_by_role("button", name="Discard all 4 at sandbox"))
    assert (
        page.get_by_role("heading", level=1).inner_text()
        == "Discard all 4 that are dead at sandbox?"
    )
    click(page.get_by_role("button", name="Discard"))
    assert page.get_by_role("status").inner_text() == "4 deliveries discarded."
    assert counts(running) == (0, 2)


def test_a_group_that_is_gone(running: Running) -> None:
    """Whoever comes too late is told so, whatever they wanted."""
    visitor = Visitor(running.url)
    visitor.sign_in()
    for action in ("replay", "discard", "revalidate"):
        visitor.get("/console/attention")
        answer = visitor.post(
            f"/console/attention/12345678/{action}", {"scope": "all", "confirmed": "yes"}
        )
        assert (answer.status_code, answer.headers["location"]) == (303, "/console/attention")
        assert "not there any more" in visitor.get("/console/attention").text
    assert visitor.get("/console/attention/%00").status_code == 303


@pytest.mark.parametrize(
    "path",
    [
        "revalidate",
        "{group}/replay",
        "{group}/discard",
        "{group}/revalidate",
        "dead/replay",
        "dead/discard",
    ],
)
def test_no_action_for_a_forged_form(running: Running, path: str) -> None:
    """Without the token of the session nothing is done."""
    visitor = Visitor(running.url)
    visitor.sign_in()
    group = running.admin("/api/groups")["dead"][0]["id"]
    for token in ("", "forged"):
        answer = visitor.post(
            f"/console/attention/{path.format(group=group)}",
            {"scope": "all", "confirmed": "yes", "connector": "sandbox"},
            csrf=token,
        )
        assert answer.status_code == 403
    assert counts(running) == (4, 2)


def test_a_mistake_in_the_mapping(browser: Browser, tmp_path: Path) -> None:
    """It killed 500 deliveries.

    It is found by its reason, mended in the file, and two clicks later all 500 are right, though
    their lanes have moved on meanwhile.
    """
    config = write_config(tmp_path, MISTAKEN)
    with gateway(config) as running:
        for number in range(500):
            post(running, "account.created", account(number, first_name="Old"))
        until(lambda: running.admin("/api/status")["dead"] == 500, "all are dead")
        config.write_text(config.read_text().replace('fields.rank = " "', 'fields.rank = "none"'))
        running.terminate()
    with gateway(config) as running:
        for number in range(250):
            post(running, "account.created", account(number, first_name="New"))
        running.wait_until_delivered()
        with at_overview(browser, running.url) as page:
            page.goto("/console/attention")
            click(
                page.get_by_role("article", name="'' is no option").get_by_role(
                    "link", name="Replay"
                )
            )
            click(page.get_by_role("button", name="Replay all 500"))
            question = page.get_by_role("main").inner_text()
            for fact in ("500 deliveries", "250 of the same people", "crm 750", "500 people"):
                assert fact in question
            click(page.get_by_role("button", name="Replay"))
            expect(
                page.get_by_text(
                    "500 deliveries replayed. With them 250 later of the same people, so "
                    "that the order is kept."
                ).first
            ).to_be_visible()
            assert running.wait_until_delivered()["dead"] == 0
            came = page.get_by_role("region", name="What came of it")
            expect(came.get_by_role("link", name="500 deliveries delivered")).to_be_visible()
            page.goto("/console/attention")
            assert page.get_by_text("Nothing needs attention.").is_visible()
        names = {
            one["key"]: one["fields"]["firstname"] for one in running.records("crm", "contact")
        }
    assert names == {
        f"learner{number}@example.edu": "New" if number < 250 else "Old" for number in range(500)
    }


def test_what_was_done_stays_to_be_seen(browser: Browser, tmp_path: Path) -> None:
    """Attention lists the work and what came of it, and the log has it too."""
    config = write_config(tmp_path, MISTAKEN)
    with gateway(config) as running, at_overview(browser, running.url) as page:
        ids = [post(running, "account.created", account(number)) for number in range(20)]
        until(lambda: running.admin("/api/status")["dead"] == 20, "all are dead")
        open_group(page, "is no option")
        click(page.get_by_role("button", name="Replay all 20"))
        click(page.get_by_role("button", name="Replay"))
        page.goto("/console/attention")
        done = page.get_by_text("1 piece of work done lately")
        assert (done.bounding_box() or {"y": 0})["y"] > (
            page.get_by_role("heading", level=1).bounding_box() or {"y": 0}
        )["y"]
        click(done)
        expect(page.get_by_text("Replay: 20 at crm")).to_be_visible()
        assert page.locator(".jobs").get_by_text("20 deliveries replayed.").is_visible()
        until(lambda: running.admin("/api/status")["dead"] == 20, "all are dead again")
        assert len(story(running, ids[0])["deliveries"][0]["attempts"]) == 2
        assert running.terminate() == 0
    assert "Traceback" not in running.log.read_text()
    assert [
        line
        for line in running.log.read_text().splitlines()
        if json.loads(line)["event"] == "job.done"
    ]


def test_groups_are_downloaded(running: Running) -> None:
    """All of them, and what is in each; nothing is a formula to a spreadsheet."""
    visitor = Visitor(running.url)
    visitor.sign_in()
    groups = running.admin("/api/groups")
    answer = visitor.get("/console/attention/download/csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="attention.csv"'
    rows = list(csv.DictReader(answer.text.splitlines()))
    assert [row["id"] for row in rows] == [
        one["id"] for one in (*groups["dead"], *groups["quarantined"])
    ]
    items = [
        json.loads(line)
        for line in visitor.get("/console/attention/download/json").text.splitlines()
    ]
    assert [str(one["count"]) for one in items] == [row["count"] for row in rows]
    group = groups["dead"][0]
    page = visitor.get(f"/console/attention/{group['id']}").text
    assert f"/console/events/download/csv?group={group['id']}" in page
    listed = visitor.get(f"/console/events/download/json?group={group['id']}").text.splitlines()
    assert len(listed) == group["count"]
