"""The stream that tells a page to look again."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, expect

from receiver.jobs.change_feed import MOST_OF_ONE
from tests.console.calls import delivered, newcomer, post
from tests.console.conftest import account, at_overview
from tests.console.visitor import NO_TLS, Visitor, signed_in_cookie
from tests.processes import ADMIN_TOKEN, Running, gateway, until, write_config

LIVE = "/console/live"
DANAS_TOKEN = "danas-token-of-the-tests"
DANA = f"""
[operators.dana]
token = "{DANAS_TOKEN}"
role = "viewer"
"""
MOST = 20  # lines that are waited for: there is one each ten seconds at least
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


async def open_stream(url: str, cookies: dict[str, str]) -> tuple[int, asyncio.StreamWriter]:
    """The status of the answer, and what closes the connection."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
    writer.write(f"GET {LIVE} HTTP/1.1\r\nHost: a\r\nCookie: {cookie}\r\n\r\n".encode())
    status = int((await reader.readline()).split()[1])
    return status, writer


async def open_streams(
    url: str, cookies: dict[str, str], number: int
) -> tuple[Counter[int], list[asyncio.StreamWriter]]:
    """So many at once: how many of each status there are, and what closes them."""
    opened = await asyncio.gather(*(open_stream(url, cookies) for _ in range(number)))
    return Counter(status for status, _ in opened), [writer for _, writer in opened]


def test_one_operator_leaves_room_for_others(tmp_path: Path) -> None:
    """Of streams that are asked for all at once no more are opened than there may be."""
    with gateway(write_config(tmp_path, server=DANA)) as running:
        admin, dana = (signed_in_cookie(running.url, one) for one in (ADMIN_TOKEN, DANAS_TOKEN))

        async def open_many() -> None:
            statuses, writers = await open_streams(running.url, admin, 2 * MOST_OF_ONE)
            assert statuses == {200: MOST_OF_ONE, 503: MOST_OF_ONE}
            status, writer = await open_stream(running.url, dana)
            assert status == 200
            for one in (*writers, writer):
                one.close()

        asyncio.run(open_many())


@pytest.mark.parametrize("early", [True, False])
def test_who_has_gone_is_let_go(quiet: Running, early: bool) -> None:
    """A browser closes its connection when somebody goes to another page: that ends the stream, and
    makes room, before a sign of life is due.
    """
    address = urlsplit(quiet.url)
    cookie = "; ".join(map("=".join, signed_in_cookie(quiet.url).items()))
    with socket.create_connection((address.hostname, address.port), timeout=60) as client:
        client.sendall(f"GET {LIVE} HTTP/1.1\r\nHost: a\r\nCookie: {cookie}\r\n\r\n".encode())
        if not early:
            assert client.recv(65536).startswith(b"HTTP/1.1 200 ")
        client.shutdown(socket.SHUT_WR)
        for told in iter(lambda: client.recv(65536), b""):
            assert b"still here" not in told


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
                stack.enter_context(listening(running.url, cookies)) for _ in range(MOST_OF_ONE)
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
