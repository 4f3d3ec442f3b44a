"""Who gets into the console, and who does not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from itsdangerous import Signer, URLSafeSerializer
from playwright.sync_api import Browser

from receiver.console.pages.sign_in import own_page
from receiver.console.session import COOKIE
from tests.console.browser import click, watched_page
from tests.console.conftest import sign_in
from tests.console.visitor import NO_TLS, Visitor, signed_in_cookie
from tests.processes import ADMIN_TOKEN, TOKEN, Running, gateway, write_config

PAGES = (
    "/console",
    "/console/events",
    "/console/attention",
    "/console/set-up",
    "/console/people/ada@example.edu",
    "/console/nowhere",
)
ACTIONS = ("/console/set-up/urls", "/console/set-up/explain", "/console/sign-out")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with gateway(write_config(tmp_path_factory.mktemp("sign-in"))) as running:
        yield running


@pytest.fixture
def visitor(running: Running) -> Visitor:
    return Visitor(running.url)


@pytest.mark.parametrize("path", PAGES)
def test_no_page_without_signing_in(visitor: Visitor, path: str) -> None:
    """Whoever is not signed in is sent to the door, which leads back."""
    answer = visitor.get(f"{path}?source=springfield")
    assert answer.status_code == 303
    assert answer.headers["location"] == str(
        httpx.URL("/console/sign-in", params={"next": f"{path}?source=springfield"})
    )


@pytest.mark.parametrize("path", ACTIONS)
def test_no_action_without_signing_in(visitor: Visitor, path: str) -> None:
    """Nothing is done for a form of somebody who is not signed in, even with a token that fits the
    session of the door.
    """
    visitor.get("/console/sign-in")
    answer = visitor.post(path, {"source": "springfield"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/sign-in")
    assert "Nothing was done" in visitor.get("/console/sign-in").text


def test_the_admin_token_opens_and_leads_on(visitor: Visitor) -> None:
    """After signing in the page opens that was asked for; the cookie is out of reach for scripts
    and other sites.
    """
    page = visitor.get("/console/sign-in?next=/console/events?state=dead")
    assert 'value="/console/events?state=dead"' in page.text
    answer = visitor.post(
        "/console/sign-in", {"token": f" {ADMIN_TOKEN}\n", "next": "/console/events?state=dead"}
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/events?state=dead")
    (cookie,) = [line for line in answer.headers.get_list("set-cookie") if line.startswith(COOKIE)]
    assert {part.strip().lower() for part in cookie.split(";")[1:]} == {
        "httponly",
        "max-age=43200",
        "path=/console",
        "samesite=strict",
    }
    assert ADMIN_TOKEN not in cookie
    assert visitor.get("/console").status_code == 200


def test_the_session_is_a_new_one_after_signing_in(visitor: Visitor) -> None:
    """What somebody else knows of the session of the door is worth nothing then."""
    visitor.get("/console/sign-in")
    before, csrf = dict(visitor.cookies), visitor.csrf
    visitor.sign_in()
    assert visitor.cookies[COOKIE] != before[COOKIE]
    assert (
        visitor.post("/console/set-up/urls", {"source": "springfield"}, csrf=csrf).status_code
        == 403
    )
    assert Visitor(visitor.url, before).get("/console").status_code == 303


@pytest.mark.parametrize("guess", ["", "wrong", TOKEN, ADMIN_TOKEN[:-1], ADMIN_TOKEN.upper()])
def test_a_wrong_token_is_refused(visitor: Visitor, guess: str) -> None:
    """With a page that says so; a source's token opens nothing either."""
    answer = visitor.sign_in(guess)
    assert (answer.status_code, "not the token of an operator" in answer.text) == (403, True)
    assert visitor.get("/console").status_code == 303
    visitor.sign_in()  # or else the guesses of several tests would be too many


def forge(cookie: str) -> str:
    """What it says, signed by somebody who does not know the key."""
    how: Any = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    forger = URLSafeSerializer(ADMIN_TOKEN, salt="console session", signer_kwargs=how)
    return str(forger.dumps(forger.loads_unsafe(cookie)[1]))


@pytest.mark.parametrize(
    "alter",
    [
        lambda cookie: cookie[:-2] + "xx",
        forge,
        lambda _cookie: "",
        lambda _cookie: "a.b.c",
        lambda _cookie: "\u00ff" * 20,
    ],
    ids=["altered", "signed by another", "empty", "nonsense", "no text"],
)
def test_a_cookie_that_does_not_hold_opens_nothing(
    running: Running, alter: Callable[[str], str]
) -> None:
    """Altered or forged: the door again."""
    cookie = alter(signed_in_cookie(running.url)[COOKIE])
    headers = {b"cookie": f"{COOKIE}={cookie}".encode("latin-1")}
    assert (
        httpx.get(
            f"{running.url}/console", headers=headers, verify=NO_TLS, trust_env=False
        ).status_code
        == 303
    )


@pytest.mark.parametrize("csrf", ["", "wrong", "\u00e9"], ids=["missing", "wrong", "no ASCII"])
@pytest.mark.parametrize("path", ACTIONS)
def test_a_form_without_its_token_does_nothing(visitor: Visitor, path: str, csrf: str) -> None:
    """A form has to come from a page of this session."""
    visitor.sign_in()
    answer = visitor.post(path, {"source": "springfield"}, csrf=csrf)
    assert (answer.status_code, "Nothing was done" in answer.text) == (403, True)
    assert visitor.get("/console").status_code == 200


def test_a_form_of_another_session_does_nothing(visitor: Visitor, running: Running) -> None:
    """The token of one browser's forms is worth nothing in another."""
    visitor.sign_in()
    other = Visitor(running.url)
    other.sign_in()
    other.get("/console")
    assert (
        visitor.post("/console/set-up/urls", {"source": "springfield"}, csrf=other.csrf).status_code
        == 403
    )


def test_signing_in_needs_its_form_too(visitor: Visitor) -> None:
    """Nobody signs somebody else in."""
    assert visitor.post("/console/sign-in", {"token": ADMIN_TOKEN}, csrf="").status_code == 403
    assert visitor.get("/console").status_code == 303


def test_twenty_guesses(tmp_path: Path) -> None:
    """All are refused, most with a wait; the right token is let in all the same, so that nobody can
    lock the operators out. The log counts them and holds none.
    """
    with gateway(write_config(tmp_path)) as running:
        visitor = Visitor(running.url)
        answers = [visitor.sign_in(f"guess-number-{n}") for n in range(20)]
        statuses = [answer.status_code for answer in answers]
        assert statuses[:5] == [403] * 5
        assert set(statuses) == {403, 429}
        assert statuses.count(429) >= 10
        assert all(
            int(answer.headers["retry-after"]) >= 1
            for answer in answers
            if answer.status_code == 429
        )
        assert visitor.get("/console").status_code == 303
        assert visitor.sign_in(ADMIN_TOKEN).status_code == 303
        assert visitor.get("/console").status_code == 200
        log = running.log.read_text()
    assert "guess-number" not in log
    assert ADMIN_TOKEN not in log
    events = [json.loads(line) for line in log.splitlines() if "console.sign_in" in line]
    assert [one["event"] for one in events].count("console.sign_in_refused") == statuses.count(403)
    assert {one["address"] for one in events} == {"127.0.0.1"}


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/console",
        "//evil.example/console",
        "/\\evil.example",
        "/console\\..\\evil",
        "javascript:alert(1)",
        "/consoles",
        "/in/token",
        "/console/\r\nSet-Cookie: a=b",
        "/console/sign-in?next=/console",
        "/console/sign-out",
        f"/console/{'a' * 2000}",
        "",
    ],
)
def test_next_leads_to_no_other_place(visitor: Visitor, address: str) -> None:
    """A link to our door must not lead on to somebody else's page."""
    assert own_page(address) == "/console"
    visitor.get("/console/sign-in")
    answer = visitor.post("/console/sign-in", {"token": ADMIN_TOKEN, "next": address})
    assert (answer.status_code, answer.headers["location"]) == (303, "/console")


def test_signing_out(visitor: Visitor) -> None:
    """The cookie is gone, and the door says so."""
    visitor.sign_in()
    visitor.get("/console")
    answer = visitor.post("/console/sign-out")
    assert (answer.status_code, answer.headers["location"], visitor.cookies[COOKIE]) == (
        303,
        "/console/sign-in",
        "",
    )
    assert "You are signed out." in visitor.get("/console/sign-in").text
    assert visitor.get("/console").status_code == 303


def test_a_copied_cookie_is_worth_nothing_after_signing_out(visitor: Visitor) -> None:
    """The session ends at the gateway, not in the browser alone; other sessions go on."""
    visitor.sign_in()
    visitor.get("/console")
    thief, colleague = (
        Visitor(visitor.url, dict(visitor.cookies)),
        Visitor(visitor.url, signed_in_cookie(visitor.url)),
    )
    assert thief.get("/console").status_code == 200
    visitor.post("/console/sign-out")
    assert thief.get("/console").status_code == 303
    assert colleague.get("/console").status_code == 200


@pytest.mark.parametrize(
    "fill",
    [{"next": "/console/" + "a" * 9_000}, {f"field{n}": "" for n in range(12)}],
    ids=["large", "many"],
)
def test_the_door_reads_no_large_form(visitor: Visitor, fill: dict[str, str]) -> None:
    """Anybody can send one: it is refused before it is read, whatever else it holds."""
    visitor.get("/console/sign-in")
    answer = visitor.post("/console/sign-in", {"token": ADMIN_TOKEN, **fill})
    assert answer.status_code in {400, 413}
    assert len(answer.text) < 4_000
    assert visitor.get("/console").status_code == 303


def test_behind_https_cookies_travel_by_https_alone(tmp_path: Path) -> None:
    """Where the gateway is reached by https."""
    with gateway(
        write_config(tmp_path, server='public_url = "https://hooks.example.edu"')
    ) as running:
        answer = Visitor(running.url).sign_in()
        assert all("secure" in line.lower() for line in answer.headers.get_list("set-cookie"))


def test_a_link_from_another_site_finds_the_session(
    browser: Browser, running: Running, tmp_path: Path
) -> None:
    """An alarm in a chat links to the console: whoever is signed in does not have to sign in again,
    though the cookie is strict.
    """
    chat = tmp_path / "chat.html"
    chat.write_text(f'<!doctype html><a href="{running.url}/console/events?state=dead">alarm</a>')
    with watched_page(browser, running.url) as page:
        sign_in(page)
        page.goto(chat.as_uri())
        click(page.get_by_role("link", name="alarm"))
        page.wait_for_url("**/console/events?state=dead")
        page.get_by_role("heading", level=1, name="Events").wait_for()


def test_the_door_in_a_browser(browser: Browser, running: Running) -> None:
    """A wrong token is told on the page; the right one leads to the page that was asked for;
    signing out leads back to the door.
    """
    with watched_page(browser, running.url, width=380, expected=("403",)) as page:
        page.goto("/console/set-up")
        page.get_by_label("Your token").fill("wrong")
        page.keyboard.press("Enter")
        assert page.get_by_role("alert").inner_text() == "That is not the token of an operator."
        page.get_by_label("Your token").fill(ADMIN_TOKEN)
        page.keyboard.press("Enter")
        page.wait_for_url("**/console/set-up")
        click(page.get_by_role("button", name="Sign out"))
        page.wait_for_url("**/console/sign-in")
        assert page.get_by_role("status").inner_text() == "You are signed out."


def test_nothing_that_anybody_gets_is_signed_with_a_token(visitor: Visitor) -> None:
    """Whoever has a signature can try tokens against it as fast as they like: no token is in it."""
    visitor.get("/console/sign-in")
    visitor.post("/console/sign-out", csrf="")
    assert visitor.cookies.keys() == {COOKIE, "aom_gateway_notice"}
    how: Any = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    slow = hashlib.scrypt(ADMIN_TOKEN.encode(), salt=b"aom-gateway console", n=2**14, r=8, p=1)
    for key in (ADMIN_TOKEN, slow):
        for name, salt in ((COOKIE, "console session"), ("aom_gateway_notice", "console notice")):
            signed = URLSafeSerializer(key, salt=salt, signer_kwargs=how)
            assert not signed.loads_unsafe(visitor.cookies[name])[0]
        id, *_ = URLSafeSerializer(key).loads_unsafe(visitor.cookies[COOKIE])[1]
        form = Signer(key, salt="console form", **how)
        assert not form.verify_signature(id.encode(), visitor.csrf)
