"""What all pages of the console have in common, and addresses that are no page."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from receiver.console.pages.sign_in import own_page
from receiver.console.session import COOKIE
from tests.console.calls import quarantined
from tests.console.visitor import NO_TLS, Visitor, signed_in_cookie
from tests.processes import Running, gateway, until, write_config


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with gateway(write_config(tmp_path_factory.mktemp("pages"))) as running:
        yield running


@pytest.fixture
def visitor(running: Running) -> Visitor:
    return Visitor(running.url)


@pytest.mark.parametrize("path", ["/console/sign-in", "/console", "/console/nowhere"])
def test_every_page_says_what_a_browser_must_not_do(visitor: Visitor, path: str) -> None:
    """No foreign code, no frames, nothing kept in a cache."""
    if path != "/console/sign-in":
        visitor.sign_in()
    headers = visitor.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


def test_unknown_pages(visitor: Visitor) -> None:
    """Are 404 pages of the console, for those who are signed in."""
    visitor.sign_in()
    for path in ("/console/nowhere", "/console/set-up/nowhere"):
        assert visitor.get(path).status_code == 404
    assert visitor.get("/console/set-up/urls").status_code == 404


def test_the_first_page_with_a_slash(visitor: Visitor) -> None:
    """Leads to the first page, from the door too."""
    assert own_page("/console/") == "/console/"
    visitor.sign_in()
    answer = visitor.get("/console/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console")


@pytest.mark.parametrize(
    "path", ["/console/nowhere", "/console/events", "/console", "/console/sign-in"]
)
@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_a_method_that_no_page_takes(visitor: Visitor, method: str, path: str) -> None:
    """Is answered by a page of the console, never by a problem for programs."""
    visitor.sign_in()
    headers = {"Cookie": f"{COOKIE}={visitor.cookies[COOKIE]}"}
    answer = httpx.request(
        method, visitor.url + path, headers=headers, verify=NO_TLS, trust_env=False
    )
    assert answer.status_code == (415 if (method, path) == ("POST", "/console/sign-in") else 404)
    assert answer.headers["content-type"].startswith("text/html")


def test_a_defect_is_a_page_too(tmp_path: Path) -> None:
    """The log has what happened; here by a row that nobody can read."""
    with gateway(write_config(tmp_path)) as running:
        id = quarantined(running)
        with closing(sqlite3.connect(tmp_path / "aom-gateway.db")) as store, store:
            store.execute("UPDATE event SET faults = '{'")
        answer = Visitor(running.url, signed_in_cookie(running.url)).get(f"/console/events/{id}")
        assert (answer.status_code, answer.headers["content-type"]) == (
            500,
            "text/html; charset=utf-8",
        )
        assert "Its log says where." in answer.text
        told = json.loads(
            until(
                lambda: [
                    line
                    for line in running.log.read_text().splitlines()
                    if "console.failed" in line
                ],
                "it is logged",
            )[0]
        )
        assert told["path"] == f"/console/events/{id}"


def test_a_body_that_is_no_form(visitor: Visitor) -> None:
    """Is refused whatever it is."""
    visitor.sign_in()
    headers = {"Cookie": f"{COOKIE}={visitor.cookies[COOKIE]}"}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for content, more, status in (
        (b"{}", {"Content-Type": "application/json"}, 415),
        (b"a=\xff\xfe", form, 400),
        (b"a=b&" * 2_000, form, 400),
        (b"a" * (65 * 1024), form, 413),
    ):
        answer = httpx.post(
            f"{visitor.url}/console/set-up/urls",
            content=content,
            headers={**headers, **more},
            verify=NO_TLS,
            trust_env=False,
        )
        assert answer.status_code == status


def test_without_an_admin_token_there_is_no_console(tmp_path: Path) -> None:
    """It is off, and says why."""
    config = write_config(tmp_path)
    config.write_text(
        "\n".join(
            line for line in config.read_text().splitlines() if not line.startswith("admin_token")
        )
    )
    with gateway(config) as running:
        for path in ("/console", "/console/events", "/console/sign-in"):
            answer = Visitor(running.url).get(path)
            assert (answer.status_code, "server.admin_token" in answer.json()["detail"]) == (
                404,
                True,
            )
