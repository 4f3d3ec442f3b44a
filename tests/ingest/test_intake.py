"""The table of answers, case by case, against the real process over real sockets."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from starlette.responses import Response

from receiver.aom import SourceContext, read_sample
from receiver.inbox import Inbox, NewEvent
from receiver.ingest.intake import Intake, IntakeCall
from receiver.ingest.validation import build_validator
from receiver.mapping import RouteTable
from receiver.settings import load_settings
from receiver.telemetry import GatewayMetrics
from tests.processes import ADMIN_TOKEN, TOKEN, Running, gateway, write_config

ACCOUNT = read_sample("account.created") or b""

SECOND_TOKEN = "the-next-token-while-rotating"
ANNOUNCED = """
[sources.lenient]
tokens = ["lenient-token-of-the-tests", "the-next-token-while-rotating"]
invalid_status = 202

[connectors.sandbox]
type = "sandbox"
mapping = "standard"
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with gateway(write_config(tmp_path_factory.mktemp("intake"), ANNOUNCED)) as running:
        yield running


def post(running: Running, path: str, body: bytes, **headers: str) -> httpx.Response:
    return httpx.post(
        running.url + path, content=body, headers=headers, trust_env=False, timeout=30
    )


def kept(running: Running) -> list[str]:
    """The ids of what was kept last."""
    return [item["id"] for item in running.admin("/api/events")["items"]]


def account(number: int) -> bytes:
    return json.dumps(
        {
            "id": number,
            "email": f"learner{number}@example.edu",
            "date_registered": "Aug 11, 2020 04:58 PM",
        }
    ).encode()


def test_accepted(running: Running) -> None:
    """A recognised event is answered 202 with its id, its name and its deliveries."""
    answer = post(running, f"/in/{TOKEN}", account(1))
    assert answer.status_code == 202
    body = answer.json()
    assert body == {
        "id": body["id"],
        "event": "account.created",
        "status": "accepted",
        "deliveries": 1,
    }


def test_accepted_where_no_route_wants_it(running: Running) -> None:
    """An event without a route is kept, with no delivery."""
    answer = post(
        running, f"/in/{TOKEN}/announcement.created", read_sample("announcement.created") or b""
    )
    assert (answer.status_code, answer.json()["deliveries"]) == (202, 0)


def test_duplicate(running: Running) -> None:
    """The same content again is 200 with the first id; another order of keys and other white space
    is the same content.
    """
    first = post(running, f"/in/{TOKEN}", account(2)).json()
    reordered = json.dumps(dict(reversed(json.loads(account(2)).items())), indent=1).encode()
    for body in (account(2), reordered):
        answer = post(running, f"/in/{TOKEN}", body)
        assert answer.status_code == 200
        assert (answer.json()["status"], answer.json()["id"]) == ("duplicate", first["id"])


@pytest.mark.parametrize(
    ("path", "body", "fault"),
    [
        ("", b"not json", ""),
        ("", b'{"hello": "world"}', ""),
        ("/order.eaten", ACCOUNT, "url"),
        (
            "/account.created",
            b'{"id": 7, "email": "nobody", "date_registered": "Aug 11, 2020 04:58 PM"}',
            "email",
        ),
        (
            "/order.placed",
            b'{"id": 7, "status": "COMPLETED", "line_items": [], "customer": {"id": 1}}',
            "customer.email",
        ),
    ],
    ids=["not JSON", "unknown shape", "unknown event name", "schema fault", "nested schema fault"],
)
def test_quarantined(running: Running, path: str, body: bytes, fault: str) -> None:
    """What cannot be delivered is kept and answered 422 as a problem with a path and a message per
    fault.
    """
    answer = post(running, f"/in/{TOKEN}{path}", body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["kept"] is True
    assert fault in [error["path"] for error in problem["errors"]]
    assert all(error["message"] for error in problem["errors"])
    kept = running.admin(f"/api/events/{problem['id']}")
    assert kept["state"] == "quarantined"


def test_quarantined_with_a_lenient_status(running: Running) -> None:
    """A source may have AOM answered 202 for what is kept in quarantine; the body says the same."""
    answer = post(running, "/in/lenient-token-of-the-tests", b"[]")
    assert answer.status_code == 202
    assert (answer.headers["content-type"], answer.json()["kept"]) == (
        "application/problem+json",
        True,
    )


def test_quarantined_twice_is_kept_once(running: Running) -> None:
    """The same refused content again gets the same id."""
    first, second = (post(running, f"/in/{TOKEN}", b'{"a": "b"}') for _ in range(2))
    assert (first.status_code, second.status_code) == (422, 422)
    assert first.json()["id"] == second.json()["id"]


def test_several_tokens_of_a_source(running: Running) -> None:
    """Both tokens of a source lead to it while they rotate."""
    first = post(running, "/in/lenient-token-of-the-tests", account(3)).json()
    again = post(running, f"/in/{SECOND_TOKEN}", account(3))
    assert (again.status_code, again.json()["id"]) == (200, first["id"])


def test_same_content_of_two_sources(running: Running) -> None:
    """Duplicates are told apart by source: two schools may send the same."""
    assert post(running, f"/in/{TOKEN}", account(4)).status_code == 202
    assert post(running, f"/in/{SECOND_TOKEN}", account(4)).status_code == 202


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


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "text/plain", "application/x-www-form-urlencoded", "nonsense"],
)
def test_any_content_type(running: Running, content_type: str) -> None:
    """The content type does not matter if the body is JSON."""
    body = account(100 + len(content_type))
    assert post(running, f"/in/{TOKEN}", body, **{"Content-Type": content_type}).status_code == 202


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


@pytest.mark.parametrize("chunked", [False, True])
def test_too_large(running: Running, chunked: bool) -> None:
    """A body over the limit is 413, announced or not, and is not kept."""
    big = b'{"a": "' + b"x" * 2 * 1024 * 1024 + b'"}'
    before = kept(running)
    content = iter([big[:1000], big[1000:]]) if chunked else big
    try:
        answer = httpx.post(
            f"{running.url}/in/{TOKEN}", content=content, trust_env=False, timeout=30
        )
        assert answer.status_code == 413
    except httpx.WriteError:
        assert chunked  # the connection was closed on the rest of a body that was refused
    assert kept(running) == before
    assert (
        'requests_turned_away_total{reason="too_large"}'
        in httpx.get(running.url + "/metrics", trust_env=False).text
    )


HOSTILE = {
    "empty": b"",
    "NUL": b"\0",
    "NUL in a string": (
        b'{"id": 1, "email": "a@b.edu", "date_registered": "x", "first_name": "a\\u0000b"}'
    ),
    "raw NUL in a string": b'{"id": 1, "email": "a\0@b.edu"}',
    "lone surrogate": (
        b'{"id": 1, "email": "a@b.edu", "date_registered": "x", "first_name": "\\ud800"}'
    ),
    "lone surrogate as a key": (
        b'{"\\udfff": 1, "id": 1, "email": "a@b.edu", "date_registered": "x"}'
    ),
    "deep brackets": b"[" * 10_000,
    "deep brackets, closed": b"[" * 10_000 + b"]" * 10_000,
    "deep objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "NaN": b'{"id": NaN, "email": "a@b.edu", "date_registered": "x"}',
    "Infinity": (
        b'{"id": 1, "status": "COMPLETED", "order_total": -Infinity, '
        b'"line_items": [], "customer": {"email": "a@b.edu"}}'
    ),
    "huge number": b'{"id": ' + b"9" * 400 + b', "email": "a@b.edu", "date_registered": "x"}',
    "huge amount": b'{"id": 1, "status": "COMPLETED", "order_total": '
    + b"9" * 400
    + b', "line_items": [], "customer": {"email": "h@b.edu"}}',
    "huge exponent": (
        b'{"id": 2, "status": "COMPLETED", "order_total": 1e999999999, '
        b'"line_items": [], "customer": {"email": "h@b.edu"}}'
    ),
    "huge text": (
        b'{"id": 3, "status": "COMPLETED", "order_total": "1e999999999", '
        b'"line_items": [], "customer": {"email": "x@b.edu"}}'
    ),
    "duplicate keys": (
        b'{"id": 1, "id": 2, "email": "dup@b.edu", "email": "dup2@b.edu", "date_registered": "x"}'
    ),
    "invalid UTF-8": b'{"id": 1, "email": "a@b.edu", "first_name": "\xff\xfe"}',
    "UTF-16": '{"id": 1}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"id": 1, "email": "bom@b.edu", "date_registered": "x"}',
    "a number": b"1",
    "a string": b'"x"',
    "null": b"null",
    "true": b"true",
    "list of events": b'[{"id": 1}]',
    "wrong types": b'{"id": {}, "email": [], "date_registered": {"a": 1}}',
    "wrong types, order": (
        b'{"id": [], "status": {}, "line_items": "x", "customer": "y", "order_total": {}}'
    ),
    "people that are none": b'{"userList": [1, null, "x", []], "enrolled_courses_list": [null]}',
    "half a body": b'{"id": 1, "email": "a@b.edu"',
    "long strings": json.dumps(
        {"id": 1, "email": "a" * 100_000 + "@b.edu", "date_registered": "x" * 100_000}
    ).encode(),
    "many keys": json.dumps(
        {f"k{n}": n for n in range(20_000)} | {"id": 1, "email": "m@b.edu", "date_registered": "x"}
    ).encode(),
    "2 MiB": b"[" + b"1," * 1024 * 1024 + b"1]",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize(
    "path",
    [
        "",
        "/account.created",
        "/order.placed",
        "/course.enrolled",
        "/%00",
        "/%ED%A0%80",
        "/" + "x" * 3000,
    ],
)
def test_hostile_bodies(running: Running, body: bytes, path: str) -> None:
    """Nothing that a sender can send is an error of ours; what is accepted is delivered or dies
    with a reason.
    """
    answer = post(running, f"/in/{TOKEN}{path}", body)
    assert answer.status_code in {200, 202, 413, 422}, answer.text
    if answer.status_code == 422:
        assert answer.json()["errors"]
        assert running.admin(f"/api/events/{answer.json()['id']}")["state"] == "quarantined"


def test_hostile_bodies_do_not_stop_deliveries(running: Running) -> None:
    """After all that, the gateway still delivers."""
    assert post(running, f"/in/{TOKEN}", account(8)).status_code == 202
    running.wait_until_delivered()
    assert "learner8@example.edu" in {
        record["key"] for record in running.records("sandbox", "contact")
    }


def test_a_length_of_thousands_of_digits(running: Running) -> None:
    """A number that Python would not read is compared all the same: leading zeros mean nothing, a
    huge one is too large.
    """
    host, port = running.url.removeprefix("http://").split(":")
    for length, status in (("0" * 5000 + "2", b"422"), ("9" * 19, b"413")):
        with socket.create_connection((host, int(port)), timeout=30) as sender:
            sender.sendall(
                f"POST /in/{TOKEN} HTTP/1.1\r\nHost: x\r\nContent-Length: "
                f"{length}\r\n\r\n{{}}".encode()
            )
            assert sender.recv(1000).split()[1] == status


def test_sender_that_goes_away(running: Running) -> None:
    """A body that is cut off is not kept and does no harm."""
    host, port = running.url.removeprefix("http://").split(":")
    before = kept(running)
    with socket.create_connection((host, int(port))) as sender:
        sender.sendall(
            f"POST /in/{TOKEN} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{{".encode()
        )
    assert kept(running) == before
    assert post(running, f"/in/{TOKEN}", account(9)).status_code == 202


def test_tokens_and_addresses_are_not_in_the_log(running: Running) -> None:
    """No line of the log holds a token or, by default, a learner's address."""
    post(running, f"/in/{TOKEN}/order.eaten", account(10))
    running.wait_until_delivered()
    log = running.log.read_text()
    assert "event.accepted" in log
    for secret in (TOKEN, SECOND_TOKEN, ADMIN_TOKEN, "example.edu"):
        assert secret not in log


def test_full_disk_is_503_and_recovers(tmp_path: Path) -> None:
    """Where the store cannot be written the answer is 503 with Retry-After; when there is room
    again, so are accepts.
    """
    config = write_config(tmp_path)
    with gateway(config, prefix=["prlimit", f"--fsize={4 * 1024 * 1024}:unlimited"]) as running:
        answers = [post(running, f"/in/{TOKEN}", _padded(number, 200_000)) for number in range(30)]
        while answers[-1].status_code == 202 or len(answers) < 40:
            answers.append(post(running, f"/in/{TOKEN}", _padded(len(answers), 2000)))
            assert len(answers) < 400
        refused = answers[-1]
        assert (refused.status_code, refused.headers["retry-after"], refused.json()["kept"]) == (
            503,
            "10",
            False,
        )
        assert httpx.get(running.url + "/readyz", trust_env=False).status_code == 503
        subprocess.run(["prlimit", f"--pid={running.process.pid}", "--fsize=unlimited"], check=True)
        assert post(running, f"/in/{TOKEN}", account(1000)).status_code == 202
        assert httpx.get(running.url + "/readyz", trust_env=False).status_code == 200
        answered = {answer.json()["id"] for answer in answers if answer.status_code == 202}
        assert answered <= {item["id"] for item in running.admin("/api/events?limit=500")["items"]}


# --- addresses as people paste them ---


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


# --- bodies in gzip ---


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZIP"])
@pytest.mark.parametrize("size", [0, 300_000])
def test_a_body_in_gzip_is_unpacked(running: Running, encoding: str, size: int) -> None:
    """It is kept as what was packed, so that all that looks at it later can read it."""
    body = _padded(500 + size + len(encoding) + encoding.isupper(), size)
    answer = post(running, f"/in/{TOKEN}", gzip.compress(body), **{"Content-Encoding": encoding})
    assert answer.status_code == 202
    assert running.admin(f"/api/events/{answer.json()['id']}")["raw"] == body.decode()


def test_a_body_in_several_parts_of_gzip(running: Running) -> None:
    """`cat a.gz b.gz` is gzip."""
    body = account(601)
    answer = post(
        running,
        f"/in/{TOKEN}",
        gzip.compress(body[:9]) + gzip.compress(body[9:]),
        **{"Content-Encoding": "gzip"},
    )
    assert answer.status_code == 202


def test_a_body_that_only_says_gzip(running: Running) -> None:
    """Some relays unpack it and leave the header."""
    assert (
        post(running, f"/in/{TOKEN}", account(602), **{"Content-Encoding": "gzip"}).status_code
        == 202
    )


@pytest.mark.parametrize("number", [1_048_577, 50_000_000])
def test_a_bomb_is_too_large(running: Running, number: int) -> None:
    """The limit is that of what is unpacked."""
    answer = post(
        running, f"/in/{TOKEN}", gzip.compress(b" " * number), **{"Content-Encoding": "gzip"}
    )
    assert (answer.status_code, answer.json()["kept"]) == (413, False)


def test_many_parts_are_no_way_to_take_time(running: Running) -> None:
    """Fifty thousand empty ones are refused before they are looked at, and kept as they came."""
    answer = post(
        running, f"/in/{TOKEN}", gzip.compress(b"") * 50_000, **{"Content-Encoding": "gzip"}
    )
    assert (answer.status_code, answer.json()["kept"]) == (422, True)


@pytest.mark.parametrize("cut", [slice(0, -9), slice(0, 12), slice(0, 3)])
def test_gzip_that_is_broken_is_kept_as_it_came(running: Running, cut: slice) -> None:
    """In quarantine, with the reason: what authenticates may never come again."""
    body = gzip.compress(account(603))[cut]
    answer = post(running, f"/in/{TOKEN}/account.created", body, **{"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.json()["kept"]) == (422, True)
    assert "is not the gzip that Content-Encoding says" in answer.json()["errors"][0]["message"]


# --- one sender beside others ---


def test_a_source_has_a_limit(tmp_path: Path) -> None:
    """What is above it is answered 429 with a time and not kept; other sources are not concerned;
    after that time it is taken.
    """
    config = write_config(tmp_path, ANNOUNCED, source="limit = { events = 3, seconds = 6 }")
    with gateway(config) as running:
        answers = [post(running, f"/in/{TOKEN}", account(number)) for number in range(5)]
        assert [answer.status_code for answer in answers] == [202, 202, 202, 429, 429]
        wait = int(answers[-1].headers["retry-after"])
        assert 1 <= wait <= 2
        assert answers[-1].json()["kept"] is False
        assert len(kept(running)) == 3
        assert post(running, "/in/lenient-token-of-the-tests", account(9)).status_code == 202
        assert (
            'turned_away_total{reason="limit"} 2.0'
            in httpx.get(f"{running.url}/metrics", trust_env=False).text
        )
        time.sleep(wait)
        assert post(running, f"/in/{TOKEN}", account(4)).status_code == 202


def _many_people(number: int) -> bytes:
    """A commit of its own, and not a short one."""
    users = [{"id": n, "email": f"u{number}.{n}@example.edu", "name": "A B"} for n in range(3_000)]
    return json.dumps(
        {"userList": users, "enrolled_courses_list": [{"id": 1, "title": "C"}]}
    ).encode()


def _many_keys(number: int) -> bytes:
    """One MiB that takes long to validate."""
    return json.dumps(
        {**json.loads(account(number)), **{f"unknown_{number}_{n}": n for n in range(35_000)}}
    ).encode()


@pytest.mark.parametrize("make", [_many_keys, _many_people])
def test_large_bodies_do_not_hold_up_others(running: Running, make: Callable[[int], bytes]) -> None:
    """Two dozen at once are taken one by one, and others in turn with them: nobody waits for more
    than a few.
    """
    bodies = [make(10_000 + number) for number in range(24)]

    async def scenario() -> tuple[float, float]:
        async with httpx.AsyncClient(trust_env=False, timeout=120) as http:
            started = time.perf_counter()
            large = [
                asyncio.create_task(http.post(f"{running.url}/in/{TOKEN}", content=body))
                for body in bodies
            ]
            slowest, number = 0.0, 20_000
            while not all(task.done() for task in large):
                for request in (
                    http.get(f"{running.url}/healthz"),
                    http.post(f"{running.url}/in/{SECOND_TOKEN}", content=account(number)),
                ):
                    before = time.perf_counter()
                    assert (await request).status_code in (200, 202)
                    slowest = max(slowest, time.perf_counter() - before)
                number += 1
            assert {task.result().status_code for task in large} == {202}
            return slowest, time.perf_counter() - started

    slowest, all_of_them = asyncio.run(scenario())
    assert slowest < all_of_them / 4


def _filled(wrap: Callable[[list[object]], object], make: Callable[[int], object]) -> bytes:
    """A body of nearly one MiB of such entries."""
    size = len(json.dumps(make(10_000)).encode()) + 2
    return json.dumps(
        wrap([make(number) for number in range(10_000, 10_000 + 1_000_000 // size)])
    ).encode()


def _order(**parts: object) -> dict[str, object]:
    return {"id": 1, "status": "COMPLETED", "customer": {"email": "worst@example.edu"}, **parts}


def _nested(depth: int) -> list[object]:
    return [_nested(depth - 1)] if depth else []


WORST: dict[str, Callable[[], bytes]] = {
    "notes with entities": lambda: _filled(
        lambda entries: _order(notes=entries), lambda n: f"note &amp; {n} &#8217;"
    ),
    "notes of one entity": lambda: _filled(lambda entries: _order(notes=entries), lambda _: "&lt;"),
    "names with entities": lambda: json.dumps(_order(transaction_ref="&#8217;" * 140_000)).encode(),
    "no people": lambda: _filled(lambda entries: {"receivers": entries}, lambda _: {}),
    "people without address": lambda: _filled(
        lambda entries: {"receivers": entries}, lambda n: {"email": f"p{n}"}
    ),
    "line items": lambda: _filled(lambda entries: _order(line_items=entries), lambda _: {}),
    "line items with money": lambda: _filled(
        lambda entries: _order(line_items=entries), lambda n: {"total": f"x{n}"}
    ),
    "lists in lists": lambda: _filled(
        lambda entries: _order(notes=entries), lambda _: _nested(150)
    ),
    "unknown keys": lambda: json.dumps(_order(**{f"{n:x}": 0 for n in range(70_000)})).encode(),
    "blanks in an id": lambda: json.dumps(
        _order() | {"id": "\u00e9" + " " * 1_000_000 + "b"}
    ).encode(),
    "blanks in an address": lambda: json.dumps(
        _order(customer={"email": "\u00e9" + " " * 1_000_000 + "b"})
    ).encode(),
    "a long status": lambda: json.dumps(_order() | {"status": "&amp; -_" * 130_000}).encode(),
}


@pytest.mark.parametrize("worst", WORST)
def test_no_body_holds_up_others(running: Running, worst: str) -> None:
    """Of the worst ones a dozen at once.

    A quarter of a second of the gateway's own work; ten times that on a slow machine. What other
    processes take of the machine meanwhile does not count.
    """
    body = WORST[worst]()
    assert 400_000 < len(body) <= 1_048_576

    async def scenario() -> float:
        async with httpx.AsyncClient(trust_env=False, timeout=120) as http:
            large = [
                asyncio.create_task(http.post(f"{running.url}/in/{TOKEN}", content=body + b" " * n))
                for n in range(12)
            ]
            slowest, number = 0.0, 30_000 + list(WORST).index(worst) * 1000
            while not all(task.done() for task in large):
                for request in (
                    http.get(f"{running.url}/healthz"),
                    http.post(f"{running.url}/in/{SECOND_TOKEN}", content=account(number)),
                ):
                    before = running.cpu_seconds()
                    assert (await request).status_code in (200, 202)
                    slowest = max(slowest, running.cpu_seconds() - before)
                number += 1
            assert {task.result().status_code for task in large} <= {200, 202, 422}
            return slowest

    assert asyncio.run(scenario()) < 2.5


def test_an_event_for_many_is_written_before_the_next_large_body_is_validated(
    tmp_path: Path,
) -> None:
    """Both compute: who waits for the commit would wait for both."""
    sound = build_validator(
        {"s": SourceContext("s", ZoneInfo("UTC"), "USD")},
        RouteTable.compile(load_settings(write_config(tmp_path, ANNOUNCED))),
    )
    stored: list[int] = []

    def decide(source: str, named: str | None, body: bytes, received_at: datetime) -> NewEvent:
        with closing(sqlite3.connect(tmp_path / "inbox.db")) as store:
            stored.append(store.execute("SELECT count(*) FROM event").fetchone()[0])
        validated = sound(source, named, body, received_at)
        return replace(validated, lanes=tuple(("sandbox", person) for person in validated.people))

    async def scenario() -> None:
        inbox = await Inbox.open(f"sqlite:///{tmp_path / 'inbox.db'}", dedup_hours=24)
        intake = Intake({}, decide, inbox, GatewayMetrics())
        await asyncio.gather(*(intake.take(_call(_many_people(number))) for number in range(4)))
        await inbox.aclose()

    asyncio.run(scenario())
    assert stored == [0, 1, 2, 3]


def _padded(number: int, size: int) -> bytes:
    return json.dumps({**json.loads(account(number)), "note": "x" * size}).encode()


def test_a_defect_is_one_calls_alone(tmp_path: Path) -> None:
    """Calls are judged in groups; where judging one fails, the others of its group are kept all the
    same.
    """
    sound = build_validator(
        {"s": SourceContext("s", ZoneInfo("UTC"), "USD")},
        RouteTable.compile(load_settings(write_config(tmp_path))),
    )

    def decide(source: str, named: str | None, body: bytes, received_at: datetime) -> NewEvent:
        if body == b"bad":
            raise ZeroDivisionError
        return sound(source, named, body, received_at)

    async def answers() -> list[object]:
        inbox = await Inbox.open(f"sqlite:///{tmp_path / 'inbox.db'}", dedup_hours=24)
        intake = Intake({}, decide, inbox, GatewayMetrics())
        calls = [intake.take(_call(body)) for body in (account(1), b"bad", account(2))]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        await inbox.aclose()
        return [getattr(outcome, "status_code", type(outcome)) for outcome in outcomes]

    assert asyncio.run(answers()) == [202, ZeroDivisionError, 202]


def test_a_defect_in_judging_loses_nothing(tmp_path: Path) -> None:
    """Whoever sends may never send it again: the bytes are in quarantine, and are judged anew once
    the defect is mended.
    """
    settings = load_settings(write_config(tmp_path))
    routes, (source,) = RouteTable.compile(settings), settings.sources.values()

    async def scenario() -> None:
        inbox = await Inbox.open(f"sqlite:///{tmp_path / 'inbox.db'}", dedup_hours=24)
        defective = build_validator({}, routes)  # it knows not even the source
        intake = Intake({"s": source}, defective, inbox, GatewayMetrics())
        answer = await intake.take(_call(account(1)))
        assert answer.status_code == 422
        (kept,) = await inbox.list_quarantined()
        assert kept.body == account(1)
        assert kept.faults == (("", "met a defect of the gateway (KeyError); its log says where"),)
        sound = build_validator({"s": SourceContext("s", ZoneInfo("UTC"), "USD")}, routes)
        assert await inbox.accept_revalidated(
            kept.id, sound("s", None, kept.body, kept.received_at), now=kept.received_at
        )
        await inbox.aclose()

    asyncio.run(scenario())


POISON = "a\ud800@example.edu"  # half of a character: no database has a way to write it


@pytest.mark.parametrize(
    "poisoned",
    [
        {"name": POISON},
        {"how": POISON},
        {"people": (POISON,)},
        {"lanes": (("crm", POISON),)},
        {"people": (POISON,), "lanes": (("crm", POISON),), "name": POISON},
    ],
    ids=["name", "how", "people", "lanes", "several"],
)
def test_what_no_database_takes_is_set_aside(tmp_path: Path, poisoned: dict[str, Any]) -> None:
    """Validation lets none of it through today.

    If it did, the bytes would be in quarantine all the same, and make no delivery.
    """
    (source,) = load_settings(write_config(tmp_path)).sources.values()

    def decide(source: str, named: str | None, body: bytes, received_at: datetime) -> NewEvent:
        return replace(_judged(source, named, body, received_at), **poisoned)

    async def scenario() -> None:
        inbox = await Inbox.open(f"sqlite:///{tmp_path / 'inbox.db'}", dedup_hours=24)
        intake = Intake({"s": source}, decide, inbox, GatewayMetrics())
        answer = await intake.take(_call(account(1)))
        assert answer.status_code == 422
        problem = json.loads(bytes(answer.body))
        (fault,) = problem["errors"]
        assert (problem["kept"], problem["event"], fault["path"]) == (True, None, "")
        assert fault["message"].startswith("the event cannot be stored")
        (kept,) = await inbox.list_quarantined()
        assert (kept.id, kept.body, kept.faults) == (
            problem["id"],
            account(1),
            (("", fault["message"]),),
        )
        assert (await inbox.find_event(kept.id)).deliveries == ()
        await inbox.aclose()

    asyncio.run(scenario())


def test_what_can_not_even_be_set_aside_is_refused(tmp_path: Path) -> None:
    """The sender may come again; nothing is kept, and the answer does not say what could not be
    written.
    """
    (source,) = load_settings(write_config(tmp_path)).sources.values()

    async def scenario() -> None:
        inbox = await Inbox.open(f"sqlite:///{tmp_path / 'inbox.db'}", dedup_hours=24)
        intake = Intake({POISON: source}, _judged, inbox, GatewayMetrics())
        answer = await intake.take(replace(_call(account(1)), source=POISON))
        assert isinstance(answer, Response)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
        assert json.loads(bytes(answer.body))["kept"] is False
        assert b"ud800" not in bytes(answer.body)
        assert await inbox.list_quarantined() == []
        await inbox.aclose()

    asyncio.run(scenario())


def _judged(source: str, named: str | None, body: bytes, received_at: datetime) -> NewEvent:
    """A sound event for one person at one connector."""
    return NewEvent(
        source=source,
        name="account.created",
        how="shape",
        disagreement=None,
        named=named,
        body=body,
        digest=sha256(body).digest(),
        received_at=received_at,
        lanes=(("crm", "a@example.edu"),),
        people=("a@example.edu",),
    )


def _call(body: bytes) -> IntakeCall:
    return IntakeCall("s", None, body, datetime.now(UTC))
