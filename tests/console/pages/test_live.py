"""The stream that tells a page to look again."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import islice
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from receiver.jobs.change_feed import MOST as MOST_FOLLOWERS
from tests.console.calls import delivered, newcomer, post
from tests.console.conftest import account, at_overview
from tests.console.visitor import NO_TLS, Visitor, signed_in_cookie
from tests.processes import ADMIN_TOKEN, Running, gateway, until, write_config

LIVE = "/console/live"
MOST = 20  # lines that are waited for: there is one each ten seconds at least
FEW = 3  # of these, which a slow machine may write before it sees that nobody reads
SECOND = """
[sources.shelbyville]
tokens = ["token-of-shelbyville-0123456789"]
"""


@contextmanager
def listening(url: str, cookies: dict[str, str]) -> Iterator[Iterator[str]]:
    """The lines of the stream, up to its end."""
    with httpx.stream(
        "GET", url + LIVE, cookies=cookies, verify=NO_TLS, trust_env=False, timeout=60
    ) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["x-accel-buffering"] == "no"
        assert answer.headers["cache-control"] == "no-store"
        yield (line for line in answer.iter_lines() if line)


def test_what_comes_is_told(quiet: Running) -> None:
    """As an event that says nothing of what it was."""
    with listening(quiet.url, signed_in_cookie(quiet.url)) as lines:
        assert next(lines) == ": it is followed"
        stop = threading.Event()

        def keep_coming() -> None:
            while not stop.wait(0.5):
                post(quiet, "account.created", account(newcomer()))

        coming = threading.Thread(target=keep_coming)
        coming.start()
        try:
            told = next(line for line in lines if not line.startswith(":"))
            assert (told, next(lines)) == ("event: change", "data: look again")
        finally:
            stop.set()
            coming.join()


def test_nobody_else_listens(quiet: Running) -> None:
    """Whoever is not signed in is led to the door."""
    answer = Visitor(quiet.url).get(LIVE)
    assert answer.status_code == 303
    assert "/console/sign-in" in answer.headers["location"]


def test_it_ends_with_the_session(quiet: Running) -> None:
    """Soon after signing out, wherever that was done."""
    visitor = Visitor(quiet.url)
    visitor.sign_in()
    visitor.get("/console")
    with listening(quiet.url, visitor.cookies) as lines:
        assert next(lines) == ": it is followed"
        assert visitor.post("/console/sign-out").status_code == 303
        assert len(list(islice(lines, MOST))) < MOST


@pytest.mark.parametrize("how", ["reload", "stop"])
def test_it_ends_with_the_configuration(tmp_path: Path, how: str) -> None:
    """A reload lets it go, so that the page asks the new one; and a gateway that is told to stop
    does not wait for it.
    """
    config = write_config(tmp_path)
    with gateway(config) as running:
        with listening(running.url, signed_in_cookie(running.url)) as lines:
            assert next(lines) == ": it is followed"
            if how == "reload":
                config.write_text(config.read_text() + SECOND)
                answer = httpx.post(
                    f"{running.url}/api/reload",
                    headers={"Authorization": f"Bearer {ADMIN_TOKEN}"},
                    verify=NO_TLS,
                    trust_env=False,
                    timeout=60,
                )
                assert answer.status_code == 200
                assert len(list(islice(lines, MOST))) < MOST
            else:
                assert running.terminate() == 0
                assert len(list(islice(lines, MOST))) < MOST
        if how == "stop":
            assert "Traceback" not in running.log.read_text()
            assert "graceful" not in running.log.read_text()


def test_it_ends_with_its_reader(quiet: Running) -> None:
    """Whoever has closed their end makes room at once, not when a sign of life meets nobody."""
    host, _, port = quiet.url.removeprefix("http://").partition(":")
    cookies = "; ".join(f"{name}={value}" for name, value in signed_in_cookie(quiet.url).items())
    with (
        socket.create_connection((host, int(port)), timeout=60) as reader,
        reader.makefile("rb") as lines,
    ):
        reader.sendall(f"GET {LIVE} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookies}\r\n\r\n".encode())
        assert any(b"it is followed" in line for line in lines)
        reader.shutdown(socket.SHUT_WR)
        assert b"".join(islice(lines, MOST)).count(b"still here") < FEW


def test_so_many_are_told_and_no_more(tmp_path: Path) -> None:
    """Who finds no room is told when to come again; whoever goes makes room."""
    with gateway(write_config(tmp_path)) as running:
        cookies = signed_in_cookie(running.url)

        def ask() -> httpx.Response:
            with httpx.stream(
                "GET",
                running.url + LIVE,
                cookies=cookies,
                verify=NO_TLS,
                trust_env=False,
                timeout=60,
            ) as answer:
                return answer

        with ExitStack() as stack:
            all_lines = [
                stack.enter_context(listening(running.url, cookies)) for _ in range(MOST_FOLLOWERS)
            ]
            assert {next(lines) for lines in all_lines} == {": it is followed"}
            refused = ask()
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "30")
        until(lambda: ask().status_code == 200, "there is room again")


def test_a_page_shows_at_once_what_arrives(browser: Browser, running: Running) -> None:
    """The clock of the page stands still: it is the stream that brings it."""
    with at_overview(browser, running.url) as page:
        with page.expect_response(lambda answer: answer.url.endswith(LIVE)) as opened:
            page.goto("/console/events")
        assert opened.value.status == 200
        page.clock.pause_at(page.evaluate("Date.now()") + 1)

        def is_shown() -> bool:
            """Another one arrives each time, since those before the stream began are not told."""
            link = page.locator(
                f"tbody th a[href='/console/events/{delivered(running, newcomer())}']"
            )
            with suppress(AssertionError):
                expect(link).to_be_visible(timeout=5_000)
            return link.count() == 1

        until(is_shown, "an arrival is shown without a tick of the page's clock")
