"""Tokens and event names as people paste them into AOM, against the real process."""

from __future__ import annotations

import base64
import socket
from collections.abc import Iterator

import httpx
import pytest

from tests.ingest.calls import ACCOUNT, ANNOUNCED, SECOND_TOKEN, account, kept, post
from tests.processes import ADMIN_TOKEN, TOKEN, Running, gateway, write_config


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with gateway(write_config(tmp_path_factory.mktemp("intake"), ANNOUNCED)) as running:
        yield running


def test_several_tokens_of_a_source(running: Running) -> None:
    """Both tokens of a source lead to it while they rotate."""
    first = post(running, "/in/lenient-token-of-the-tests", account(3)).json()
    again = post(running, f"/in/{SECOND_TOKEN}", account(3))
    assert (again.status_code, again.json()["id"]) == (200, first["id"])


@pytest.mark.parametrize(
    "path",
    [
        "/in/wrong",
        "/in/wrong/order.placed",
        "/in/%00",
        "/in/%F0%9F%92%A9",
        "/in/a%2Fb",
        f"/in/{TOKEN}x",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_wrong_token_in_the_address(running: Running, path: str, method: str) -> None:
    """A wrong token is 404, whatever it is, and nothing is kept."""
    before = kept(running)
    assert (
        httpx.request(method, running.url + path, content=account(5), trust_env=False).status_code
        == 404
    )
    assert kept(running) == before


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer wrong",
        "Basic wrong",
        "Basic d3Jvbmc6d3Jvbmc=",
        "Basic \u00e4",
        "Digest x",
    ],
)
def test_wrong_token_in_the_header(running: Running, header: str) -> None:
    """A wrong or missing token is 401 on /events, with the scheme that is asked for."""
    answer = httpx.post(
        running.url + "/events",
        content=account(5),
        headers={b"Authorization": header.encode()},
        trust_env=False,
    )
    assert answer.status_code == 401
    assert "Bearer" in answer.headers["www-authenticate"]


def test_token_in_the_header(running: Running) -> None:
    """Bearer, or Basic with the token as password, leads to the source."""
    basic = base64.b64encode(f"anyone:{TOKEN}".encode()).decode()
    assert post(running, "/events", account(6), Authorization=f"Bearer {TOKEN}").status_code == 202
    assert (
        post(
            running, "/events/account.created", account(7), Authorization=f"Basic {basic}"
        ).status_code
        == 202
    )


def test_a_slash_at_the_end_of_the_address(running: Running) -> None:
    """It is easily pasted along, and means nothing."""
    for number, path in enumerate((f"/in/{TOKEN}/", f"/in/{TOKEN}/account.created/")):
        assert post(running, path, account(200 + number)).status_code == 202


def test_greeting(running: Running) -> None:
    """GET on the URL answers one friendly line without a secret."""
    for path in (f"/in/{TOKEN}", f"/in/{TOKEN}/order.placed"):
        answer = httpx.get(running.url + path, trust_env=False)
        assert answer.status_code == 200
        assert answer.text.count("\n") == 1
        assert TOKEN not in answer.text


def test_other_methods(running: Running) -> None:
    """Other methods are refused, and told what is allowed."""
    answer = httpx.put(f"{running.url}/in/{TOKEN}", content=ACCOUNT, trust_env=False)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST")


def test_tokens_and_addresses_are_not_in_the_log(running: Running) -> None:
    """No line of the log holds a token or, by default, a learner's address."""
    post(running, f"/in/{TOKEN}/order.eaten", account(10))
    running.wait_until_delivered()
    log = running.log.read_text()
    assert "event.accepted" in log
    for secret in (TOKEN, SECOND_TOKEN, ADMIN_TOKEN, "example.edu"):
        assert secret not in log


@pytest.mark.parametrize(
    "path",
    [
        f"{TOKEN}%20/account.created",
        f"%0A{TOKEN}/account.created%0a",
        f"{TOKEN}%E2%80%8B/%E2%80%8Baccount.created",
        f"%EF%BB%BF{TOKEN}/account.created%C2%A0",
        f"{TOKEN}/account_created",
        f"{TOKEN}/Account.Created/",
        f"{TOKEN}/ACCOUNT-CREATED",
        f"{TOKEN}/account%20created",
        f"{TOKEN}/account.%E2%81%A0created",
        f"{TOKEN}%09%0D/%20",
    ],
)
def test_what_nobody_sees_is_no_part_of_an_address(running: Running, path: str) -> None:
    """Blanks, line ends and unseen characters around token and event name; case and separators in
    the name.
    """
    answer = posted_raw(running, path.encode(), account(abs(hash(path)) % 10**9))
    assert b" 202 Accepted" in answer
    assert b'"event":"account.created"' in answer


def posted_raw(running: Running, path: bytes, body: bytes) -> bytes:
    """As it stands: clients would mend the address."""
    host, port = running.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as sender:
        sender.sendall(
            b"POST /in/%b HTTP/1.1\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b"
            % (path, len(body), body)
        )
        return b"".join(iter(lambda: sender.recv(65536), b""))


def test_a_token_in_a_header_may_have_blanks_around_it(running: Running) -> None:
    """As in an address."""
    answer = httpx.post(
        f"{running.url}/events/Account_Created",
        content=account(77),
        headers={"Authorization": f"Bearer   {TOKEN}"},
        trust_env=False,
    )
    assert (answer.status_code, answer.json()["event"]) == (202, "account.created")


@pytest.mark.parametrize(
    "token", [TOKEN[:-1], TOKEN.upper(), f"{TOKEN[:5]}%20{TOKEN[5:]}", f"{TOKEN}x", "%20"]
)
def test_a_token_is_else_taken_to_the_letter(running: Running, token: str) -> None:
    """Inside of it everything counts."""
    assert b" 404 Not Found" in posted_raw(
        running, token.encode() + b"/account.created", account(3)
    )
