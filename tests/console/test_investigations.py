"""The five questions of docs/operators/investigate.md: its steps, taken in a browser from the start
page, lead to the answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page

from receiver.aom import read_sample
from tests.console.browser import click
from tests.console.calls import post, wait_for
from tests.console.conftest import at_overview
from tests.e2e.accounts import CRMS, Account, configure
from tests.e2e.operators import TOKENS
from tests.processes import Running, gateway, until

DOCUMENT = Path(__file__).parents[2] / "docs/operators/investigate.md"
MOST_CLICKS = 3
ORDER, LEARNER = 7301, "ada@example.edu"
SETTINGS = f"""
[operators.olaf]
token = "{TOKENS["olaf"]}"
role = "operator"
"""


def investigations() -> dict[str, list[str]]:
    """Question → its steps, as the document has them."""
    parts = re.split(r"^## (.+)$", DOCUMENT.read_text("utf-8"), flags=re.MULTILINE)[1:]
    return {
        question: re.findall(r"^\d+\. (.+)$", text, flags=re.MULTILINE)
        for question, text in zip(parts[::2], parts[1::2], strict=True)
    }


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A school with both CRMs: an order that was replayed, a learner whom Salesforce refuses, and
    an outage of HubSpot.
    """
    with ExitStack() as stack:
        accounts = {name: stack.enter_context(open_()) for name, open_ in CRMS.items()}
        config = configure(tmp_path_factory.mktemp("school"), *accounts.values())
        config.write_text(config.read_text("utf-8") + SETTINGS, "utf-8")
        running = stack.enter_context(gateway(config))
        have_order_replayed(running)
        have_learner_refused(running, accounts["salesforce"])
        have_outage(running, accounts["hubspot"])
        running.wait_until_delivered()
        yield running


def order(number: int, **buyer: object) -> bytes:
    body = json.loads(read_sample("order.placed") or b"{}")
    return json.dumps({**body, "id": number, "customer": {**body["customer"], **buyer}}).encode()


def have_order_replayed(running: Running) -> None:
    id = wait_for(running, post(running, "order.placed", order(ORDER)), "delivered")
    headers = {"Authorization": f"Bearer {TOKENS['olaf']}"}
    done = httpx.post(
        f"{running.url}/api/replay", json={"ids": [id]}, headers=headers, trust_env=False
    )
    assert done.status_code == 200, done.text
    wait_for(running, id, "delivered")


def have_learner_refused(running: Running, salesforce: Account) -> None:
    buyer: dict[str, object] = {"id": 71, "email": LEARNER}
    salesforce.spoil(buyer)
    wait_for(running, post(running, "order.placed", order(7302, **buyer)), "dead")


def have_outage(running: Running, hubspot: Account) -> None:
    """It costs time alone, but for the learner whom Salesforce refuses meanwhile."""
    hubspot.collapse()
    post(running, "order.placed", order(7400, id=80, email="night@example.edu"))
    until(lambda: _state(running, "hubspot") == "unavailable", "HubSpot is down")
    hubspot.clear()


def _state(running: Running, connector: str) -> str:
    return str(running.admin("/api/status")["connectors"][connector]["state"])


def take(page: Page, step: str) -> None:
    """One step of the document, which is a click or a press of Enter."""
    if written := re.fullmatch(r"Write `(.+)` into the box at the top\.", step):
        page.keyboard.press("/")
        page.keyboard.type(written[1])
        with page.expect_navigation():
            page.keyboard.press("Enter")
        return
    if column := re.fullmatch(r"Click the number under \*\*(.+)\*\*\.", step):
        heads = page.locator("#hours thead th").all_inner_texts()
        click(page.locator(f"#hours td:nth-child({heads.index(column[1]) + 1}) a").first)
        return
    name = re.fullmatch(r"Click \*\*(.+)\*\*\.", step)
    assert name, f"nobody can follow this: {step}"
    main = page.get_by_role("main")
    click(
        main.get_by_role("link", name=name[1], exact=True)
        .or_(main.locator("summary", has_text=name[1]))
        .first
    )


def reached(page: Page) -> None:
    records = page.get_by_role("region", name="Records of").get_by_role("row")
    (deal,) = records.filter(has_text="hubspot").all()
    assert f"springfield:{ORDER}" in deal.inner_text()


def refused(page: Page) -> None:
    rows = page.get_by_role("region", name="At the connectors").get_by_role("row")
    assert "something is missing" in rows.filter(has_text="salesforce").inner_text()
    assert "No jokes in names" in page.get_by_role("region", name="Events").inner_text()


def cost(page: Page) -> None:
    people = page.get_by_role("region", name="Events found").locator("tbody").inner_text()
    assert re.findall(r"\S+@\S+", people) == [LEARNER]
    assert page.get_by_role("link", name="CSV").is_visible()


def replayed(page: Page) -> None:
    assert "Replayed by olaf" in page.locator("#stories").inner_text()


def sending(page: Page) -> None:
    assert "The last call that was kept came" in page.locator("#sending").inner_text()


ANSWERS: Mapping[str, Callable[[Page], None]] = {
    f"Did order {ORDER} reach HubSpot?": reached,
    "Why is this learner not in Salesforce?": refused,
    "What did last night\u2019s outage cost?": cost,
    "Who replayed this?": replayed,
    "Is the school still sending?": sending,
}


def test_the_questions_are_those_of_the_document() -> None:
    """Each with its answer here."""
    assert list(investigations()) == list(ANSWERS)


@pytest.mark.parametrize("question", ANSWERS)
def test_a_question_is_answered_in_three_clicks(
    school: Running, browser: Browser, question: str
) -> None:
    """From the start page, by the document's steps."""
    steps = investigations()[question]
    assert 1 <= len(steps) <= MOST_CLICKS
    with at_overview(browser, school.url) as page:
        for step in steps:
            take(page, step)
        ANSWERS[question](page)
