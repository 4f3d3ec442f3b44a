"""The page that compares an edited mapping with the one in force."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.console.browser import click
from tests.console.conftest import BACKWARDS, SCRIPT
from tests.console.visitor import Visitor
from tests.processes import ADMIN_TOKEN, Running, gateway, until, write_config

PAGE = "/console/set-up/diff"
OWN = """
[[routes]]
name = "orders"
events = ["order.*"]
connector = "sandbox"

[[routes.upsert]]
object = "deal"
key = "{{ source.name }}:{{ order.id }}"
fields.dealstage = "closed"
"""


def compare(page: Page, mapping: str, **choices: str) -> None:
    page.goto("/console/set-up/diff?fresh")
    page.get_by_label("Routes and snippets").fill(mapping)
    for label, choice in choices.items():
        page.get_by_label(label, exact=True).select_option(choice)
    click(page.get_by_role("button", name="Compare"))


def result(page: Page) -> Locator:
    """What came of it, once it is there."""
    region = page.get_by_role("region", name="What would change")
    for _ in range(200):
        region.wait_for()
        if region.get_by_text("running").count() == 0:
            return region
        time.sleep(0.3)
        page.reload()
    raise AssertionError("the comparison does not end")


def test_the_mapping_in_force_is_where_one_begins(page: Page) -> None:
    """It stands in the box, and differs in nothing from itself."""
    page.goto("/console/set-up")
    click(page.get_by_role("link", name="Compare a new mapping"))
    box = page.get_by_label("Routes and snippets")
    assert 'name = "to-hubspot"' in box.input_value()
    assert "pat-that-nobody-may-see" not in page.content()
    click(page.get_by_role("button", name="Compare"))
    assert "nothing differs" in result(page).inner_text()


def test_what_would_change(page: Page) -> None:
    """Field by field with examples, people and calls; what was written stays in the box."""
    compare(page, OWN)
    found = result(page)
    expect(found.get_by_role("heading", name="sandbox deal")).to_be_visible()
    text = found.inner_text()
    for words in ("fields.dealstage", '"closed"', "fields.dealname", "nothing"):
        assert words in text
    assert "call of up to" in text
    assert "concerned" in text
    assert page.get_by_label("Routes and snippets").input_value().strip() == OWN.strip()


def test_what_names_an_erased_person_goes(page: Page, running: Running) -> None:
    """Examples are keys of records, which may be addresses; the mapping stays in the box."""
    compare(page, OWN)
    assert "concerned" in result(page).inner_text()
    erased = httpx.delete(
        f"{running.url}/api/people/nobody@example.edu",
        headers={"Authorization": f"Bearer {ADMIN_TOKEN}"},
        trust_env=False,
        timeout=60,
    )
    assert erased.status_code == 200
    page.reload()
    assert page.get_by_label("Routes and snippets").input_value().strip() == OWN.strip()
    assert page.get_by_role("region", name="What would change").count() == 0


def test_an_erasure_at_another_process_ends_it_too(tmp_path: Path, postgresql_url: str) -> None:
    """The database is one, and so is the person."""
    (tmp_path / "other").mkdir()
    configs = [write_config(at, store=postgresql_url) for at in (tmp_path, tmp_path / "other")]
    with gateway(configs[0]) as one, gateway(configs[1]) as other:
        visitor = Visitor(one.url)
        visitor.sign_in()
        visitor.get(PAGE)
        visitor.post(PAGE, {"mapping": OWN, "limit": "10"})
        until(lambda: "0 events" in visitor.get(PAGE).text, "it is compared")
        erased = httpx.delete(
            f"{other.url}/api/people/nobody@example.edu",
            headers={"Authorization": f"Bearer {ADMIN_TOKEN}"},
            trust_env=False,
            timeout=60,
        )
        assert erased.status_code == 200
        until(lambda: "What would change" not in visitor.get(PAGE).text, "its result is gone")
        assert "fields.dealstage" in visitor.get(PAGE).text  # the mapping stays


def test_only_some_events(page: Page) -> None:
    """Of one name only what goes to the connector whose route is gone."""
    compare(page, OWN, Event="quiz.submitted")
    text = result(page).inner_text()
    assert "hubspot contact" in text
    assert "not written any more" in text
    assert "dealstage" not in text


def test_new_faults_lead_to_an_event(page: Page) -> None:
    """With their place in what was written."""
    compare(page, OWN.replace('"closed"', '"{{ 1 // 0 }}"'))
    found = result(page)
    assert "routes[0].upsert[0].fields.dealstage" in found.inner_text()
    click(found.get_by_role("link").first)
    page.wait_for_url("**/console/events/*")


@pytest.mark.parametrize(
    ("mapping", "where"),
    [
        (OWN.replace("order.id", "order.idd"), "routes[0].upsert[0].key"),
        (OWN + "[server]\nport = 1\n", "server"),
        (f'["{SCRIPT}{BACKWARDS}"]', "<script>"),
        ("[[routes]\nx = 1", "the mapping, line 1"),
    ],
)
def test_a_faulty_mapping(page: Page, mapping: str, where: str) -> None:
    """All faults with their places, and nothing is compared."""
    compare(page, mapping)
    region = page.get_by_role("region", name="This mapping has faults")
    assert where in region.inner_text()
    assert page.title() != "hacked"
