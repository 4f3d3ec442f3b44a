"""The pages of problems, which everybody may see."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser

from receiver.http.problem_details import PROBLEMS
from tests.console.browser import watched_page
from tests.console.visitor import NO_TLS
from tests.processes import TOKEN, Running, gateway, write_config


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A gateway without operators, whose console is off."""
    config = write_config(tmp_path_factory.mktemp("problems"))
    lines = config.read_text("utf-8").splitlines()
    config.write_text("\n".join(one for one in lines if "admin_token" not in one), "utf-8")
    with gateway(config) as running:
        yield running


def get(running: Running, path: str, accept: str = "text/html") -> httpx.Response:
    headers = {"Accept": accept}
    return httpx.get(
        running.url + path, headers=headers, verify=NO_TLS, trust_env=False, timeout=30
    )


def test_an_answer_leads_to_the_page_of_its_problem(running: Running) -> None:
    """Without a session, and though the console is off."""
    answer = httpx.post(
        f"{running.url}/in/{TOKEN}", content=b"no JSON", verify=NO_TLS, trust_env=False, timeout=30
    )
    assert answer.status_code == 422
    page = get(running, answer.links["help"]["url"])
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "Look at the call in the console under Attention." in page.text


@pytest.mark.parametrize("status", PROBLEMS)
def test_each_problem_has_a_page(running: Running, status: int) -> None:
    """A program that asks for JSON alone gets that."""
    kind = PROBLEMS[status]
    assert f"<h1>{status} " in get(running, f"/problems/{status}").text
    told = get(running, f"/problems/{status}", "application/json").json()
    assert (told["status"], told["meaning"], told["remedy"]) == (
        status,
        kind.meaning,
        kind.remedy,
    )
    browser = "text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8"
    assert get(running, f"/problems/{status}", browser).headers["content-type"].startswith("text")


def test_all_are_listed(running: Running) -> None:
    """Each with a link to its own page."""
    text = get(running, "/problems").text
    assert all(f'href="/problems/{status}"' in text for status in PROBLEMS)
    assert len(get(running, "/problems", "application/json").json()) == len(PROBLEMS)


@pytest.mark.parametrize("path", ["999", "200", "nonsense", "%3Cscript%3E", "+422", "0422"])
def test_one_that_is_none_is_said_in_words(running: Running, path: str) -> None:
    """What was asked for is text."""
    page = get(running, f"/problems/{path}")
    assert page.status_code == 404
    assert "The gateway answers nothing with" in page.text
    assert "<script>" not in page.text
    told = get(running, f"/problems/{path}", "application/json")
    assert (told.status_code, told.json()["status"]) == (404, 404)


@pytest.mark.parametrize("path", ["/problems", "/problems/422"])
def test_they_have_their_style(browser: Browser, running: Running, path: str) -> None:
    """Nothing is asked of another host."""
    with watched_page(browser, running.url) as page:
        page.goto(path)
        assert page.get_by_role("navigation").count() == 0
        assert page.evaluate("document.styleSheets.length") > 0
